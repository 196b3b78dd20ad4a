import { createHash } from 'node:crypto'
import { coreCatalog, type Catalog } from '../../schema/catalog.ts'
import { isStored, type Field } from '../../schema/field.ts'
import { joins } from '../../schema/joins.ts'
import { fieldOf } from '../../schema/module.ts'
import type { Pool } from '../client.ts'
import { versionColumn } from '../tables/records.ts'
import { quoted, type SourceColumn, type SourceTable } from './source.ts'
import { converterFor, type Convert } from './values.ts'

/** How one table is read there and written here. */
export type TablePlan = {
  readonly table: string
  readonly source: SourceTable
  /** The `_cstm` table whose columns go into the same rows. */
  readonly custom: SourceTable | undefined
  /** The first column is the primary key. */
  readonly columns: readonly [ColumnPlan, ...ColumnPlan[]]
  /** Rows count the writes to them. */
  readonly hasVersion: boolean
  /** Changes when other columns are read or written. */
  readonly signature: string
}

export type ColumnPlan = {
  readonly name: string
  /** As PostgreSQL's `format_type` writes it. */
  readonly type: string
  readonly isRequired: boolean
  /** The expression that reads it. */
  readonly read: string
  readonly convert: Convert
  /** Values are never shown. */
  readonly isSecret: boolean
}

export type TargetColumn = {
  readonly name: string
  readonly type: string
  readonly isRequired: boolean
  readonly isIdentity: boolean
}

/** SuiteCRM's tables that are neither a module's nor between modules. `config` is another: it has no key, see settings.ts. */
const companions = [
  'fields_meta_data',
  'emails_text',
  'emails_email_addr_rel',
  'user_preferences',
  'acl_actions',
  'acl_roles_actions',
  'tracker',
]

/** The tables to import in this order: fields first, because they make columns. */
export const tablesOf = (catalog: Catalog): readonly string[] => [
  ...new Set([...companions, ...catalog.byTable.keys(), ...Object.keys(joins), ...ownPairs(catalog)]),
]

/** The tables in the middle of links that only this installation has. */
const ownPairs = ({ relationships }: Catalog) =>
  [...relationships].flatMap(([name, { join }]) => (join && !coreCatalog.relationships.has(name) ? [join[0]] : []))

export const keyOf = (table: string) => (table === 'emails_text' ? 'email_id' : 'id')

/** SuiteCRM sets it with every change of a record. */
export const latestColumn = 'date_modified'

export const customTableOf = (table: string) => `${table}_cstm`

/** The columns of our tables as they are, custom ones included. */
export async function targetTables(pool: Pool): Promise<Map<string, Map<string, TargetColumn>>> {
  const rows = await pool<{ table: string; name: string; type: string; required: boolean; identity: boolean }[]>`
    select c.relname as table, a.attname as name, format_type(a.atttypid, a.atttypmod) as type,
           a.attnotnull as required, a.attidentity <> '' as identity
    from pg_class c join pg_attribute a on a.attrelid = c.oid
    where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped
    order by c.relname, a.attnum`
  const tables = new Map<string, Map<string, TargetColumn>>()
  for (const { table, name, type, required, identity } of rows) {
    const columns = tables.get(table) ?? new Map<string, TargetColumn>()
    tables.set(table, columns.set(name, { name, type, isRequired: required, isIdentity: identity }))
  }
  return tables
}

/** Plans one table. Columns that only one side has are left out; see differences.ts for what is said about them. */
export function planOf(
  catalog: Catalog,
  source: SourceTable,
  custom: SourceTable | undefined,
  target: ReadonlyMap<string, TargetColumn>,
): TablePlan | undefined {
  const table = source.name
  const key = keyOf(table)
  const columns = [...target.values()].flatMap(column => {
    const place = placeOf(catalog, table, column.name, source, custom)
    return place ? [columnPlan(catalog, table, column, place)] : []
  })
  const first = columns.find(column => column.name === key)
  if (!first) return undefined
  const all = [first, ...columns.filter(column => column !== first)] as const
  const parts = all.map(({ name, type, read }) => [name, type, read])
  return {
    table,
    source,
    custom,
    columns: [...all],
    hasVersion: target.has(versionColumn),
    signature: createHash('sha256').update(JSON.stringify(parts)).digest('hex'),
  }
}

type Place = { readonly alias: 't' | 'c'; readonly column: SourceColumn }

/** Where a column of ours is there: custom fields in the `_cstm` table, all others in the table itself. */
export function placeOf(
  catalog: Catalog,
  table: string,
  name: string,
  source: SourceTable,
  custom: SourceTable | undefined,
): Place | undefined {
  if (name === versionColumn) return undefined
  const isCustom = fieldAt(catalog, table, name)?.source === 'custom_fields'
  const column = isCustom ? custom?.columns.get(name) : source.columns.get(name)
  return column && { alias: isCustom ? 'c' : 't', column }
}

function fieldAt(catalog: Catalog, table: string, name: string): Field | undefined {
  const module = catalog.byTable.get(table)
  const field = module && fieldOf(module, name)
  return field && isStored(field) ? field : undefined
}

function columnPlan(catalog: Catalog, table: string, target: TargetColumn, { alias, column }: Place): ColumnPlan {
  const name = `${alias}.${quoted(column.name)}`
  const isInexact = ['float', 'double', 'real'].includes(column.type)
  return {
    name: target.name,
    type: target.type,
    isRequired: target.isRequired,
    read: isInexact ? `cast(${name} as char)` : column.type === 'bit' ? `${name} + 0` : name,
    convert: converterFor(target.type, { isId: isId(catalog, table, target.name), isInexact }),
    isSecret: fieldAt(catalog, table, target.name)?.sensitive === true || secretNames.test(target.name),
  }
}

/** Wrong values of these are counted, never shown. */
const secretNames = /hash|secret|token|passw|pwd|contents|raw_source/

function isId(catalog: Catalog, table: string, name: string) {
  const field = fieldAt(catalog, table, name)
  if (field) return field.db === 'id' || field.kind === 'id' || (field.kind === 'relate' && field.db === undefined)
  const join = joins[table]
  if (join) return name === 'id' || (Object.hasOwn(join, name) && join[name]?.kind === 'id')
  return table !== 'fields_meta_data' && /(^|_)id$/.test(name)
}

/** The statement that reads a table in the order of its key. Its last column is the key of the `_cstm` row, if there is one. */
export function readStatement(plan: TablePlan, after: boolean): string {
  const [key] = plan.columns
  const cells = plan.columns.map(column => column.read)
  return `select ${[...cells, ...(plan.custom ? ['c.id_c'] : [])].join(', ')} from ${sourcesOf(plan)}
    ${after ? `where ${key.read} > ?` : ''} order by ${key.read}`
}

/** What a statement that sums up what {@link readStatement} reads answers. */
const summaries = {
  rows: 'count(*)',
  /** Rows with a row in the `_cstm` table. */
  custom: 'count(c.id_c)',
  /** When SuiteCRM last changed one of them. */
  latest: `cast(max(t.${latestColumn}) as char)`,
}

/** Sums up what {@link readStatement} reads, all of it or up to a key. */
export function summaryStatement(plan: TablePlan, what: keyof typeof summaries, upTo: boolean): string {
  return `select ${summaries[what]} from ${sourcesOf(plan)} ${upTo ? `where ${plan.columns[0].read} <= ?` : ''}`
}

const sourcesOf = ({ source, custom, columns: [key] }: TablePlan) =>
  `${quoted(source.name)} t${custom ? ` left join ${quoted(custom.name)} c on c.id_c = ${key.read}` : ''}`
