import type { Catalog } from '../../schema/catalog.ts'
import { fieldOf, type Module } from '../../schema/module.ts'
import { scalarOf, type Scalar } from '../../schema/graphql-types.ts'
import { phpNumber } from '../php.ts'
import { escapeHtml } from '../text.ts'
import { computedOf, isAbsentWhenNull, isNameWithAddress, type Row } from './computed.ts'
import { blanks, isBlankInLists, isEmailText, isEmptyInLists, isReadable } from './fields.ts'

/**
 * How a record was come by in SuiteCRM, which decides what some of its fields hold: read by id, as a row of a list, or
 * over a link.
 */
export type Mode = 'detail' | 'list' | 'link'

/** A field of an answer: what it takes from the graph's record, and how that is written. */
export type Column = {
  readonly name: string
  /** Fields of the graph that it is made of. */
  readonly from: readonly string[]
  /** undefined: the record does not have the field. */
  readonly read: (row: Row) => unknown
}

const constant = (name: string, value: unknown): Column => ({ name, from: [], read: () => value })

/** The column of a field of the module. Everything is text, as SuiteCRM answers what its database holds. */
export function columnOf(catalog: Catalog, module: Module, name: string, mode: Mode): Column {
  const field = fieldOf(module, name)
  if (!field || field.sensitive || name === 'user_hash') return constant(name, '')

  const computed = computedOf(module, name)
  if (computed) return { name, from: computed.from, read: computed.value }
  if (mode === 'list') {
    if (isNameWithAddress(module, name)) return nameWithAddress(name)
    if (isEmailText(catalog, module, name)) return constant(name, '')
    if (!isFilledInLists(module, name)) {
      if (isEmptyInLists(field)) return constant(name, '')
      if (isBlankInLists(catalog, module, field)) return constant(name, blanks)
    }
  }
  if (!isReadable(catalog, module, name)) return constant(name, '')
  const write = isEmailText(catalog, module, name) ? String : writers[scalarOf(catalog, module, name)]
  const empty = isAbsentWhenNull(module, name) ? undefined : ''
  return { name, from: [name], read: row => writeValue(row[name], write, empty) }
}

type Writer = (value: unknown) => string

const writers = {
  ID: text,
  String: text,
  Boolean: value => (value === true ? '1' : '0'),
  Int: String,
  Float: value => (typeof value === 'number' ? phpNumber(value) : String(value)),
  Decimal: String,
  Date: String,
  // 2030-03-04T10:30:00Z -> 2030-03-04 10:30:00
  DateTime: value => `${String(value).slice(0, 10)} ${String(value).slice(11, 19)}`,
  Time: String,
} satisfies Record<Scalar, Writer>

function text(value: unknown): string {
  return escapeHtml(String(value))
}

const writeValue = (value: unknown, write: Writer, empty: '' | undefined) =>
  value === null || value === undefined ? empty : write(value)

const nameWithAddress = (name: string): Column => ({
  name,
  from: ['full_name'],
  read: row => `${text(row.full_name ?? '')} &lt;&gt;`,
})

/** Their classes look up the account also in lists. @see fill_in_additional_detail_fields() of both */
const isFilledInLists = (module: Module, name: string) =>
  (name === 'account_name' || name === 'account_id') && (module.name === 'Contacts' || module.name === 'Opportunities')
