import { sql } from 'drizzle-orm'
import { boolean, index, integer, pgTable, text, type PgColumnBuilder, type PgTable } from 'drizzle-orm/pg-core'
import { guardOf } from '../../schema/access.ts'
import { isStored, type Field } from '../../schema/field.ts'
import { joins, type JoinColumn } from '../../schema/joins.ts'
import type { Module } from '../../schema/module.ts'
import { modules } from '../../schema/modules.ts'
import { columnOf, moment } from '../columns.ts'

/** The column that counts the writes to a record: its version for optimistic locking. */
export const versionColumn = 'record_version'

/**
 * The table of a module: SuiteCRM's name, columns and meaning, custom fields in the same table, and `record_version`.
 *
 * Indexes: newest first, by user, by owner, by last change, by each id that leads to another record, and by name without case.
 */
export function recordTable(module: Module): PgTable {
  const stored = Object.entries(module.fields).filter(([, field]) => isStored(field))
  const columns: Record<string, PgColumnBuilder> = {}
  for (const [name, field] of stored) columns[name] = recordColumn(name, field)
  columns.deleted = boolean().notNull().default(false)
  columns[versionColumn] = integer().notNull().default(1)

  return pgTable(module.table, columns, () => {
    const has = (name: string) => Object.hasOwn(columns, name)
    const on = (suffix: string, expressions: string) => index(`${module.table}_${suffix}`).on(sql.raw(expressions))
    const changed = momentKey('date_modified')
    return [
      ...(has('date_entered') ? [on('newest', `${momentKey('date_entered')}, id`)] : []),
      ...(has('date_modified') ? [on('changed', `${changed}, id`)] : []),
      ...(has('assigned_user_id') && has('date_modified') ? [on('owned', `assigned_user_id, ${changed}, id`)] : []),
      ...ownIndex(module, has).map(expressions => on('own', expressions)),
      ...nameColumns.filter(has).map(name => on(`by_${name}`, `${textKey(name)}, id`)),
      ...stored.filter(([name, field]) => leadsToRecord(name, field)).map(([name]) => on(name, name)),
    ]
  })
}

// What rows are compared and sorted by. The same expression stands in indexes, conditions and sort orders, so that the
// planner finds the one for the other. Empty values come first, as in SuiteCRM; because none is null, a page begins
// after one row comparison. Indexes cover deleted rows too: PostgreSQL does not use the statistics of an expression
// that only a partial index has, and then reads a million rows where one is wanted (measured on PostgreSQL 15).

/** Text: without case, by code point. */
export const textKey = (column: string) => `(coalesce(lower(${column}), '') collate "C")`

/** A moment or a day. */
export const momentKey = (column: string) => `coalesce(${column}, '-infinity')`

/**
 * Whose a record is: the user it is assigned to, else who made it. Undefined for records that nobody owns.
 *
 * @param column  writes a column's name, e.g. with an alias
 */
export function ownerKey(has: (name: string) => boolean, column: (name: string) => string = name => name) {
  const [assigned, maker] = ['assigned_user_id', 'created_by'].map(name => (has(name) ? column(name) : undefined))
  return assigned && maker ? `coalesce(nullif(${assigned}, ''), ${maker})` : (assigned ?? maker)
}

/** For users whose roles let them see no more than what is theirs: newest first, as lists are. */
function ownIndex(module: Module, has: (name: string) => boolean): readonly string[] {
  const isOwned = guardOf(module.name).kind === 'roles' && module.name !== 'Users'
  const key = isOwned ? ownerKey(has) : undefined
  return key && has('date_entered') ? [`${key}, ${momentKey('date_entered')}, id`] : []
}

const nameColumns = ['name', 'last_name', 'user_name', 'document_name', 'email_address']

/** Does the column hold the id of another record that lists and links are asked by? */
const leadsToRecord = (name: string, field: Field) =>
  name !== 'id' &&
  name !== 'assigned_user_id' &&
  name !== 'created_by' &&
  name !== 'modified_user_id' &&
  name !== 'currency_id' &&
  (field.db === 'id' ||
    field.kind === 'id' ||
    (field.kind === 'relate' && field.db === undefined) ||
    name.endsWith('_id'))

function recordColumn(name: string, field: Field): PgColumnBuilder {
  if (name === 'id') return text().primaryKey()
  if (field.autoIncrement) return integer().generatedByDefaultAsIdentity()
  return columnOf(field)
}

/** A table in the middle of many-to-many relationships, with an index for each direction. */
export function joinTable(name: string, own: Readonly<Record<string, JoinColumn>>): PgTable {
  const columns: Record<string, PgColumnBuilder> = { id: text().primaryKey() }
  for (const [column, { kind, default: value }] of Object.entries(own)) {
    if (kind === 'bool') columns[column] = value === undefined ? boolean() : boolean().default(value === '1')
    else columns[column] = value === undefined ? columnOf({ kind }) : text().default(value)
  }
  columns.date_modified = moment()
  columns.deleted = boolean().notNull().default(false)
  const keys = Object.entries(own).filter(([, column]) => column.kind === 'id' && !column.default)
  return pgTable(name, columns, () =>
    keys.map(([column]) =>
      index(`${name}_${column}`.slice(0, 63))
        .on(sql.raw(column))
        .where(sql`not deleted`),
    ),
  )
}

/** The tables of the modules that exist without customisation, by table name. */
export const recordTables = Object.fromEntries(modules.map(module => [module.table, recordTable(module)]))

/** The join tables, by name. */
export const joinTables = Object.fromEntries(Object.entries(joins).map(([name, own]) => [name, joinTable(name, own)]))
