import type { CustomLink, CustomModule } from '../../schema/custom-module.ts'
import { coreCatalog, type Catalog } from '../../schema/catalog.ts'
import { checkGraphqlNames, checkModuleName, namesFor } from '../../schema/custom-names.ts'
import { HouseError } from '../../schema/errors.ts'
import { fieldOf } from '../../schema/module.ts'
import type { Connection, Pool } from '../client.ts'
import { momentOf } from '../context.ts'
import { createTable } from '../create-table.ts'
import { customFields } from '../custom-fields.ts'
import { holdDefinitions } from '../definitions.ts'
import { ownCatalog, readModules, withModules } from '../own-catalog.ts'
import { joinTable, recordTable } from '../tables/records.ts'
import { begin } from '../transaction.ts'
import type { Source, SourceColumn } from './source.ts'
import { labelOf, type FieldRow } from './studio.ts'
import { suitecrmModules } from './suitecrm-modules.ts'

/** A module that only the installation at the source has, and is a module here: since now, or since an import before. */
export type TakenModule = { readonly module: string; readonly table: string; readonly links: readonly string[] }

/** A module, or one of its links (`Boats.boats_accounts`), that cannot be one here, and why. */
export type RefusedModule = { readonly module: string; readonly reason: string }

/** A row of SuiteCRM's `relationships`: the one place in its database that knows modules with their tables. */
type Related = Readonly<Record<(typeof relatedColumns)[number], string>>

const relatedColumns = [
  'relationship_name',
  'lhs_module',
  'lhs_table',
  'rhs_module',
  'rhs_table',
  'join_table',
  'join_key_lhs',
  'join_key_rhs',
] as const

/**
 * Makes modules of those that the source has beside SuiteCRM's: made by its Module Builder, or by hand. Each gets a table
 * with SuiteCRM's names, a field for every column, and its links, whose pairs stay in SuiteCRM's tables in the middle.
 */
export async function makeModules(pool: Pool, source: Source, now: Date) {
  const moment = momentOf(now)
  const related = await readRelated(source)
  const tables = new Map(
    related.flatMap(each => [[each.lhs_module, each.lhs_table] as const, [each.rhs_module, each.rhs_table] as const]),
  )
  const refused: RefusedModule[] = []
  const taken: TakenModule[] = []
  const wanted = [...tables].filter(
    ([name, table]) => name !== '' && !suitecrmModules.has(name) && isRecords(source, table),
  )
  if (wanted.length === 0) return { taken, refused }
  await begin(pool, async sql => {
    await holdDefinitions(sql, now)
    for (const [name, table] of wanted) {
      const reason = await takeModule(sql, source, { name, table, moment })
      if (reason === undefined) taken.push({ module: name, table, links: [] })
      else refused.push({ module: name, reason })
    }
    for (const each of related) {
      if (!taken.some(({ module }) => module === each.lhs_module || module === each.rhs_module)) continue
      const link = await takeLink(sql, source, each, moment)
      if (!link) continue
      if ('reason' in link) refused.push(link)
      else {
        const index = taken.findIndex(({ module }) => module === link.owner)
        const own = taken[index]
        if (own) taken[index] = { ...own, links: [...own.links, link.name] }
      }
    }
  })
  return { taken, refused }
}

async function readRelated(source: Source): Promise<Related[]> {
  const table = source.tables.get('relationships')
  if (!table || !relatedColumns.every(name => table.columns.has(name))) return []
  const all: Related[] = []
  const columns = relatedColumns.map(name => `coalesce(${name}, '')`).join(', ')
  for await (const rows of source.read(`select ${columns} from relationships where not deleted order by 1, 2, 4`))
    for (const row of rows)
      all.push(Object.fromEntries(relatedColumns.map((name, index) => [name, String(row[index] ?? '')])) as Related)
  return all
}

/** Does the table hold records as SuiteCRM's modules keep them? */
function isRecords({ tables }: Source, table: string) {
  const columns = tables.get(table)?.columns
  return columns !== undefined && ['id', 'deleted', 'date_modified'].every(name => columns.has(name))
}

type Wanted = { readonly name: string; readonly table: string; readonly moment: string }

/** @returns why not; undefined when the module is here now */
async function takeModule(sql: Connection, source: Source, { name, table, moment }: Wanted) {
  const catalog = await ownCatalog(sql, coreCatalog)
  const known = (await readModules(sql)).find(each => each.name === name)
  if (known && known.table !== table) return `there is a module ${name} with the table ${known.table} here`
  if (!known) {
    const own = { name, label: name.replace(/_/g, ' '), links: [], ...namesFor(name, {}), table }
    const reason = (await reasonAgainst(sql, catalog, own)) ?? undefined
    if (reason !== undefined) return reason
    const made = withModules(catalog, [own]).byName.get(name)
    if (made) await createTable(sql, recordTable(made))
    const { label, type, one, many } = own
    await sql`insert into custom_modules ${sql({
      ...{ name, label, type, one, many, table_name: table, links: '[]' },
      ...{ date_entered: moment, date_modified: moment, modified_user_id: null },
    })}`
  }
  await describeColumns(sql, source, { name, table, moment })
  return undefined
}

async function reasonAgainst(sql: Connection, catalog: Catalog, own: CustomModule): Promise<string | undefined> {
  const { name, table } = own
  const alike = [...catalog.byAlias.keys()].find(alias => alias.toLowerCase() === name.toLowerCase())
  if (alike !== undefined) return `there is a module ${alike} here`
  const [removed] = await sql`select from custom_modules where lower(name) = ${name.toLowerCase()}`
  if (removed) return 'it was removed here: restore it, or purge it, and import again'
  const [there] = await sql<{ taken: boolean }[]>`select to_regclass(quote_ident(${table})) is not null as taken`
  if (there?.taken || table.length > 40) return `its table ${table} cannot be made here: the name is taken, or too long`
  try {
    checkModuleName(name)
    checkGraphqlNames(own, catalog.modules)
  } catch (error) {
    if (error instanceof HouseError) return error.message
    throw error
  }
  return undefined
}

/** Describes the columns that not every module has as fields; descriptions that are here already stay. */
async function describeColumns(sql: Connection, source: Source, { name, table, moment }: Wanted) {
  const catalog = await ownCatalog(sql, coreCatalog)
  const module = catalog.byName.get(name)
  const columns = [...(source.tables.get(table)?.columns.values() ?? [])]
  const rows = columns.flatMap(column => {
    const type = studioTypeOf(column)
    if (type === undefined || !module || fieldOf(module, column.name)) return []
    return [{ ...noSettings, ...type, id: `${name}${column.name}`, name: column.name, custom_module: name }]
  })
  const { fields } = customFields(rows, catalog)
  const fit = new Set(fields.map(field => field.name))
  for (const row of rows.filter(row => fit.has(row.name)))
    await sql`insert into fields_meta_data ${sql({ ...row, label: labelOf(row.name), date_modified: moment, deleted: false })}
      on conflict (id) do nothing`
}

const noSettings = {
  ...{ vname: null, len: null, required: false, default_value: null, audited: false, label: null, sensitive: null },
  ...{ ext1: null, ext2: null, ext3: null, ext4: null },
} satisfies Partial<FieldRow>

/** What Studio would call a field with such a column. Bytes are no field. */
function studioTypeOf(column: SourceColumn): Pick<FieldRow, 'type' | 'len' | 'ext1'> | undefined {
  const { type, length = 0, precision = 0, scale = 0, isFlag } = column
  const plain = (type: string, len: number | null = null, ext1: string | null = null) => ({ type, len, ext1 })
  if (isFlag) return plain('bool')
  if (type === 'char' && length === 36) return plain('id')
  if (type === 'varchar' || type === 'char') return plain('varchar', length)
  if (/text$/.test(type) || type === 'json' || type === 'enum' || type === 'set' || type === 'time')
    return plain('text')
  if (/^(tiny|small|medium)int$|^int$|^year$/.test(type)) return plain('int')
  if (type === 'bigint') return plain('decimal', 20, '0')
  if (type === 'decimal')
    return scale === 6 && precision === 26 ? plain('currency') : plain('decimal', precision, String(scale))
  if (type === 'float' || type === 'double') return plain('float')
  if (type === 'date') return plain('date')
  return type === 'datetime' || type === 'timestamp' ? plain('datetimecombo') : undefined
}

/** Adds a link with the table that Studio has put in the middle. Undefined for what is no such link, or is here already. */
async function takeLink(sql: Connection, source: Source, related: Related, moment: string) {
  const { relationship_name: name, join_table: table, join_key_lhs: lhs, join_key_rhs: rhs } = related
  const columns = source.tables.get(table)?.columns
  if (!columns || ![lhs, rhs, 'id', 'deleted'].every(key => columns.has(key))) return undefined
  const modules = await readModules(sql)
  const isLeft = modules.some(each => each.name === related.lhs_module)
  const [near, far] = isLeft ? [lhs, rhs] : [rhs, lhs]
  const [nearModule, module] = isLeft
    ? [related.lhs_module, related.rhs_module]
    : [related.rhs_module, related.lhs_module]
  const own = modules.find(each => each.name === nearModule)
  if (!own || own.links.some(link => link.name === name)) return undefined
  const refuse = (reason: string) => ({ module: `${own.name}.${name}`, reason })
  const catalog = await ownCatalog(sql, coreCatalog)
  const [ownModule, other] = [catalog.byName.get(own.name), catalog.byName.get(module)]
  if (!ownModule || !other) return refuse(`it leads to ${module}, which does not exist here`)
  if (fieldOf(ownModule, name) || fieldOf(other, name))
    return refuse('there is a field of that name at one of its ends')
  if (!/^[a-z][a-z0-9_]*$/.test(name) || [name, table, near, far].some(each => each.length > 60))
    return refuse('its name, or that of its table, cannot be one here')
  const [there] = await sql<{ taken: boolean }[]>`select to_regclass(quote_ident(${table})) is not null as taken`
  if (there?.taken) return refuse(`there is a table ${table} here`)
  const link: CustomLink = { name, module, many: true, label: labelOf(module), pairs: { table, near, far } }
  await createTable(sql, joinTable(table, { [near]: { kind: 'id' }, [far]: { kind: 'id' } }))
  await sql`update custom_modules set links = ${JSON.stringify([...own.links, link])}::json, date_modified = ${moment}
    where name = ${own.name}`
  return { owner: own.name, name }
}
