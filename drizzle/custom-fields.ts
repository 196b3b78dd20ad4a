import { createHash } from 'node:crypto'
import { getTableConfig, pgTable } from 'drizzle-orm/pg-core'
import { catalogOf, coreCatalog, type Catalog } from '../schema/catalog.ts'
import { isStored, type Field, type FieldKind } from '../schema/field.ts'
import type { Module } from '../schema/module.ts'
import type { Connection } from './client.ts'
import { columnOf } from './columns.ts'
import { ident } from './names.ts'
import { ownCatalog } from './own-catalog.ts'
import { studioField, type FieldRow } from './import/studio.ts'
import { versionColumn } from './tables/records.ts'

export type CustomField = { readonly module: Module; readonly name: string; readonly field: Field }

/** A described field that cannot be one here, and why. */
export type RefusedField = { readonly module: string; readonly name: string; readonly reason: string }

/**
 * The catalog of this installation: the core's modules and its own, with the custom fields that the database describes
 * and has columns for. Read once at start-up and after every change of definitions.
 */
export async function loadCatalog(sql: Connection, core: Catalog = coreCatalog): Promise<Catalog> {
  return withFields(sql, await ownCatalog(sql, core))
}

async function withFields(sql: Connection, core: Catalog): Promise<Catalog> {
  const { fields } = customFields(await readFieldRows(sql), core)
  const types = await columnTypes(sql, core)
  return extendCatalog(
    core,
    fields.flatMap(({ module, name, field }) => {
      const fitting = isStored(field) ? fieldFitting(field, types.get(`${module.table}.${name}`)) : field
      return fitting ? [{ module, name, field: fitting }] : []
    }),
  )
}

/** The fields that the database describes, removed ones left out, in SuiteCRM's order. */
export const readFieldRows = (sql: Connection) =>
  sql<
    FieldRow[]
  >`select id, name, vname, custom_module, type, len, required, default_value, audited, ext1, ext2, ext3, ext4,
      label, sensitive
    from fields_meta_data where deleted is not true order by id collate "C"`

/**
 * Turns descriptions into fields. Fields that the core has already stay as the core defines them.
 *
 * @returns the fields, and the descriptions that cannot become one
 */
export function customFields(rows: readonly FieldRow[], core: Catalog) {
  const fields: CustomField[] = []
  const refused: RefusedField[] = []
  const taken = new Set<string>()
  for (const row of rows) {
    const [name, moduleName] = [row.name ?? '', row.custom_module ?? '']
    const module = core.byName.get(moduleName)
    const known = module && Object.hasOwn(module.fields, name) ? module.fields[name] : undefined
    if (known?.source === 'custom_fields') continue
    const reason = reasonAgainst(name, module, known, taken.has(`${moduleName}.${name}`))
    taken.add(`${moduleName}.${name}`)
    if (reason || !module) refused.push({ module: moduleName, name, reason: reason ?? '' })
    else fields.push({ module, name, field: fieldOf(module, name, row, core) })
  }
  return { fields, refused }
}

/** What a module of the installation's own was made with is no addition to it; names of additions end in `_c`. */
function fieldOf(module: Module, name: string, row: FieldRow, core: Catalog): Field {
  const field = studioField(name, row, core.lists)
  const isAddition = coreCatalog.byName.has(module.name) || name.endsWith('_c')
  return isAddition || !isStored(field) ? field : { ...field, source: 'db' }
}

/** A catalog with more fields. */
export function extendCatalog(core: Catalog, fields: readonly CustomField[]): Catalog {
  const added = new Map<Module, Record<string, Field>>()
  for (const { module, name, field } of fields) added.set(module, { ...added.get(module), [name]: field })
  const modules = core.modules.map(module => ({ ...module, fields: { ...module.fields, ...added.get(module) } }))
  return added.size > 0 ? catalogOf(modules, core) : core
}

/** The column's type as PostgreSQL's `format_type` writes it. */
export function columnTypeOf(field: Field): string {
  const [column] = getTableConfig(pgTable('t', { column: columnOf(field) })).columns
  const type = (column?.getSQLType() ?? 'text').replace(', ', ',')
  return /^(timestamp|time)\b/.test(type) ? `${type} without time zone` : type
}

/** Gives a table another column, and an index when it leads to other records. Does nothing when it is there. */
export async function addColumn(
  sql: Connection,
  table: string,
  name: string,
  field: Field,
  type = columnTypeOf(field),
) {
  await sql.unsafe(`alter table ${ident(table)} add column if not exists ${ident(name)} ${type}`)
  if (field.kind !== 'id') return
  const index = `${table}_${name}`
  const short = index.length <= nameLengthMax ? index : `${index.slice(0, 54)}_${digest(index)}`
  await sql.unsafe(`create index if not exists ${ident(short)} on ${ident(table)} (${ident(name)}) where not deleted`)
}

const digest = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 8)

/** PostgreSQL cuts longer names off, GraphQL has its own idea of others, and filters use some words themselves. */
const nameForm = /^[a-z][a-z0-9_]*$/
const nameLengthMax = 63
const reserved = new Set([versionColumn, 'id', 'and', 'or', 'not', 'concat', 'constructor'])

function reasonAgainst(name: string, module: Module | undefined, known: Field | undefined, isTaken: boolean) {
  if (!module) return 'its module does not exist here'
  if (!nameForm.test(name) || name.length > nameLengthMax)
    return `a name here is at most ${nameLengthMax} of a-z, 0-9 and _, the first a letter`
  if (known || reserved.has(name)) return 'the module has a field of that name'
  return isTaken ? 'it is described twice' : undefined
}

/** The field as it can be used with the column that is there; undefined when there is none. */
function fieldFitting(field: Field, type: string | undefined): Field | undefined {
  if (type === undefined) return undefined
  if (type === columnTypeOf(field)) return field
  const { db: _db, precision: _precision, len: _len, options: _options, ...rest } = field
  const numeric = /^numeric\((\d+),(\d+)\)$/.exec(type)
  if (numeric) return { ...rest, kind: 'float', len: numeric[1], precision: numeric[2] }
  const kind = kindsByType[type]
  return kind && { ...rest, kind }
}

const kindsByType: Readonly<Record<string, FieldKind>> = {
  text: 'varchar',
  boolean: 'bool',
  integer: 'int',
  'double precision': 'float',
  date: 'date',
  'timestamp(0) without time zone': 'datetimecombo',
  'time(0) without time zone': 'time',
}

async function columnTypes(sql: Connection, core: Catalog): Promise<Map<string, string>> {
  const rows = await sql<{ name: string; type: string }[]>`
    select c.relname || '.' || a.attname as name, format_type(a.atttypid, a.atttypmod) as type
    from pg_class c join pg_attribute a on a.attrelid = c.oid
    where c.relnamespace = current_schema()::regnamespace and c.relname = any(${[...core.byTable.keys()]})
      and a.attnum > 0 and not a.attisdropped`
  return new Map(rows.map(({ name, type }) => [name, type]))
}
