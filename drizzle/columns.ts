import {
  boolean,
  date,
  doublePrecision,
  integer,
  numeric,
  text,
  time,
  timestamp,
  type PgColumnBuilder,
} from 'drizzle-orm/pg-core'
import type { Field, FieldKind, StoredAs } from '../schema/field.ts'

/** A moment in UTC, without zone and fractions of seconds, handled as text: `2030-03-04 10:30:00`. */
export const moment = () => timestamp({ precision: 0, mode: 'string' })

type ColumnOf = (field: Pick<Field, 'len' | 'precision'>) => PgColumnBuilder

const byStorage = {
  id: () => text(),
  varchar: () => text(),
  int: () => integer(),
  double: () => doublePrecision(),
  datetime: moment,
} satisfies Record<StoredAs, ColumnOf>

/** The column of each kind of field. Kinds that are never stored have no column of their own. */
const byKind = {
  id: () => text(),
  name: () => text(),
  user_name: () => text(),
  fullname: null,
  varchar: () => text(),
  text: () => text(),
  longtext: () => text(),
  emailbody: () => text(),
  phone: () => text(),
  url: () => text(),
  email: () => text(),
  enum: () => text(),
  dynamicenum: () => text(),
  multienum: () => text(),
  parent_type: () => text(),
  bool: () => boolean(),
  int: () => integer(),
  float: field =>
    field.precision === undefined
      ? doublePrecision()
      : numeric({ precision: Number(field.len ?? 18), scale: Number(field.precision) }),
  currency: () => numeric({ precision: 26, scale: 6 }),
  date: () => date({ mode: 'string' }),
  datetime: moment,
  datetimecombo: moment,
  time: () => time({ precision: 0 }),
  relate: () => text(),
  assigned_user_name: () => text(),
  parent: () => text(),
  link: null,
  file: () => text(),
  image: () => text(),
  function: null,
  readonly: null,
  none: null,
} satisfies Record<FieldKind, ColumnOf | null>

/**
 * The column that holds a stored field.
 *
 * @throws Error  the kind is never stored (a mistake in a definition)
 */
export function columnOf(field: Pick<Field, 'kind' | 'db' | 'len' | 'precision'>): PgColumnBuilder {
  const column = field.db ? byStorage[field.db] : byKind[field.kind]
  if (!column) throw new Error(`a ${field.kind} field has no column`)
  return column(field)
}
