import { alterPatiently } from '../../drizzle/alter.ts'
import { audit } from '../../drizzle/audit.ts'
import { momentOf, type Context } from '../../drizzle/context.ts'
import { addColumn, columnTypeOf } from '../../drizzle/custom-fields.ts'
import { changeDefinitions, type Changed } from '../../drizzle/definitions.ts'
import { studioField } from '../../drizzle/import/studio.ts'
import { ident, literal } from '../../drizzle/names.ts'
import { guardOf } from '../../schema/access.ts'
import { HouseError } from '../../schema/errors.ts'
import { isStored, type Field } from '../../schema/field.ts'
import { fieldOf, type Module } from '../../schema/module.ts'
import { breaksBetween, refuseBreak } from './breaking.ts'
import { changedRow, hasOptions, newRow, type AddedKind, type FieldSettings, type StoredField } from './field-row.ts'
import { checkOptions, forgetList, writeList, type Option } from './lists.ts'
import { additionName } from '../../schema/custom-names.ts'

/** A field that this installation added to a module. */
export type CustomField = {
  readonly module: string
  readonly name: string
  readonly kind: string
  readonly label: string | null
  readonly length: number | null
  readonly default: string | null
  readonly required: boolean
  readonly audited: boolean
  readonly sensitive: boolean
  readonly list: string | null
  readonly relatedModule: string | null
  /** Since when it is not served any more; its values are kept until it is purged. */
  readonly removedAt: string | null
}

export type NewField = FieldSettings & {
  /** With or without the `_c` at its end. */
  readonly name: string
  readonly kind: AddedKind
  readonly precision?: number | null
  /** For relate: the module whose records it shows. */
  readonly module?: string | null
  /** For enum and multienum, in place of `list`: options of its own. */
  readonly options?: readonly Option[] | null
}

const invalid = (field: string, message: string) => new HouseError('INVALID', message, { field })
const fieldsMax = 500

/** The fields that this installation added, by module and name. */
export async function listFields(
  { sql }: Context,
  { module, removed = false }: { module?: string | null; removed?: boolean | null },
): Promise<CustomField[]> {
  const rows = await sql<StoredField[]>`select * from fields_meta_data
    where custom_module is not null and name is not null and (${module ?? null}::text is null or custom_module = ${module ?? null})
      and (${removed ?? false} or deleted is not true)
    order by custom_module, name limit 10000`
  return rows.map(shown)
}

/**
 * Adds a field to a module: a column of its table, which existing records have the default in, and its description. One
 * that was removed comes back with its values, if it is to hold the same.
 *
 * @throws INVALID   `field` says what cannot be
 * @throws CONFLICT  the module has a field of that name, or had one of another kind
 */
export async function addField(ctx: Context, moduleName: string, given: NewField): Promise<Changed<CustomField>> {
  const name = additionName(given.name)
  return changeDefinitions(ctx, async ctx => {
    const module = customisable(ctx, moduleName)
    checkFree(module, name)
    await checkRoom(ctx, module)
    const row = await rowFor(ctx, module, name, given)
    for (const each of [...idRowOf(ctx, row), row]) await storeField(ctx, module, each)
    audit(ctx, { action: 'field.added', id: idOf(row), after: shown(row) })
    return shown(row)
  })
}

/**
 * Changes what is said of a field. What it holds stays.
 *
 * @param force  also when that takes something from clients
 * @throws NOT_FOUND  the installation added no such field
 * @throws INVALID    `field` says what cannot be
 * @throws CONFLICT   it takes something from clients
 */
export async function changeField(
  ctx: Context,
  moduleName: string,
  name: string,
  given: FieldSettings,
  force = false,
): Promise<Changed<CustomField>> {
  return changeDefinitions(ctx, async ctx => {
    const row = await knownField(ctx, moduleName, name)
    const changed = changedRow(ctx, row, given)
    const breaks = breaksBetween(defined(ctx, row), defined(ctx, changed))
    await refuseBreak(
      ctx,
      breaks.map(what => ({ module: moduleName, field: row.name, what })),
      force,
    )
    const { id: _, ...values } = changed
    await ctx.sql`update fields_meta_data set ${ctx.sql(values)} where id = ${row.id}`
    const after = { ...shown(changed), ...(force ? { forced: true } : {}) }
    audit(ctx, { action: 'field.changed', id: idOf(row), before: shown(row), after })
    return shown(changed)
  })
}

/**
 * Serves a field no longer. Its values stay: added again, it has them still.
 *
 * @param force  also when clients use it
 * @throws NOT_FOUND  the installation added no such field
 * @throws CONFLICT   clients may use it
 */
export async function removeField(
  ctx: Context,
  moduleName: string,
  name: string,
  force = false,
): Promise<Changed<CustomField>> {
  return changeDefinitions(ctx, async ctx => {
    const row = await knownField(ctx, moduleName, name)
    const owner = ctx.catalog.byName.get(moduleName)
    const shower = Object.entries(owner?.fields ?? {}).find(
      ([, field]) => field.kind === 'relate' && field.idName === row.name,
    )
    if (shower) throw invalid('name', `${row.name} holds the record that ${shower[0]} shows; remove that`)
    const rows = [row.name, ...(row.type === 'relate' && row.ext3 ? [row.ext3] : [])]
    await refuseBreak(
      ctx,
      rows.map(field => ({ module: moduleName, field, what: 'goes' })),
      force,
    )
    const removedAt = momentOf(ctx.now())
    await ctx.sql`update fields_meta_data set deleted = true, date_modified = ${removedAt}
      where custom_module = ${moduleName} and name = any (${rows})`
    const after = { removedAt, ...(force ? { forced: true } : {}) }
    audit(ctx, { action: 'field.removed', id: idOf(row), before: shown(row), after: { ...shown(row), ...after } })
    return shown({ ...row, deleted: true, date_modified: removedAt })
  })
}

/** Requests that began before a removal may run for so long. */
const purgeAfterMs = 60_000

/**
 * Drops what a removed field has kept. Nothing brings it back.
 *
 * @throws NOT_FOUND  there is no removed field of that name
 * @throws CONFLICT   it is served, or was a minute ago
 */
export async function purgeField(ctx: Context, moduleName: string, name: string): Promise<Changed<CustomField>> {
  return changeDefinitions(ctx, async ctx => {
    const row = await anyField(ctx, moduleName, name)
    if (!row.deleted) throw new HouseError('CONFLICT', `${moduleName}.${row.name} is served; remove it first`)
    const removedAt = Date.parse(`${row.date_modified.replace(' ', 'T')}Z`)
    if (ctx.now().getTime() - removedAt < purgeAfterMs)
      throw new HouseError('CONFLICT', 'Requests that began before it was removed may still run; try again in a minute')
    const rows = [row.name, ...(row.type === 'relate' && row.ext3 ? [row.ext3] : [])]
    const module = ctx.catalog.byName.get(moduleName)
    if (module)
      await alterPatiently(ctx.sql, module.table, async sql => {
        for (const column of rows)
          await sql.unsafe(`alter table ${ident(module.table)} drop column if exists ${ident(column)}`)
      })
    await ctx.sql`delete from fields_meta_data where custom_module = ${moduleName} and name = any (${rows})`
    await forgetList(ctx.sql, listNameFor(moduleName, row.name))
    audit(ctx, { action: 'field.purged', id: idOf(row), before: shown(row) })
    return shown(row)
  })
}

/** @throws INVALID  there is no such module, or fields cannot be added to it */
function customisable({ catalog }: Context, name: string): Module {
  const module = catalog.byName.get(name)
  if (!module) throw invalid('module', `There is no module ${JSON.stringify(name.slice(0, 60))}`)
  if (guardOf(name).kind !== 'roles') throw invalid('module', `${name} cannot have fields of an installation's own`)
  return module
}

function checkFree(module: Module, name: string) {
  if (fieldOf(module, name))
    throw new HouseError('CONFLICT', `${module.name} has a field ${name} already`, { field: 'name' })
}

async function checkRoom({ sql }: Context, { name, table }: Module) {
  const [count] = await sql<{ n: number }[]>`select count(*)::integer as n from pg_attribute
    where attrelid = ${table}::regclass and attnum > 0`
  if ((count?.n ?? 0) >= fieldsMax) throw invalid('module', `${name} has ${fieldsMax} columns, and no room for more`)
}

/** The row of a new field; its options are stored, if they are its own. */
export async function rowFor(ctx: Context, module: Module, name: string, given: NewField): Promise<StoredField> {
  const { kind, precision, options, module: target } = given
  const related =
    kind === 'relate' ? { module: relatedModule(ctx, target), idField: idNameFor(ctx, module, target) } : undefined
  if (target != null && kind !== 'relate') throw invalid('module', `A ${kind} shows no record of another module`)
  const named = { module: module.name, name, kind, precision, related }
  if (!hasOptions(kind)) {
    if (options) throw invalid('options', `A ${kind} has no options`)
    return newRow(ctx, named, given)
  }
  if (!options) {
    if (given.list == null) throw invalid('list', `Name the list that ${name} chooses from, or give options`)
    return newRow(ctx, named, given)
  }
  if (given.list != null) throw invalid('list', 'Name a list or give options, not both')
  checkOptions(options)
  const list = listNameFor(module.name, name)
  await writeList(ctx, list, options)
  const lists = new Map(ctx.catalog.lists).set(list, Object.fromEntries(options.map(({ key, label }) => [key, label])))
  return newRow({ ...ctx, catalog: { ...ctx.catalog, lists } }, named, { ...given, list })
}

/** The list that is made for a field. */
const listNameFor = (module: string, name: string) => `${module.toLowerCase()}_${name}_list`

function relatedModule({ catalog }: Context, name: string | null | undefined): string {
  const module = catalog.byName.get(name ?? '')
  if (!module) throw invalid('module', 'Name the module whose records it shows')
  return module.name
}

/** As Studio calls them: account_id_c, account_id1_c, ... */
function idNameFor({ catalog }: Context, module: Module, target: string | null | undefined): string {
  const base = (catalog.byName.get(target ?? '')?.objectName ?? '').toLowerCase()
  const names = ['', ...Array.from({ length: 99 }, (_, i) => String(i + 1))].map(n => `${base}_id${n}_c`)
  return names.find(name => !fieldOf(module, name)) ?? `${base}_id_c`
}

/** The field that holds the id of the record that a relate field shows. */
function idRowOf(ctx: Context, row: StoredField): readonly StoredField[] {
  if (row.type !== 'relate' || !row.ext3) return []
  const label = `${row.label ?? ''} ID`.trim()
  const { module, name } = { module: row.custom_module, name: row.ext3 }
  return [{ ...newRow(ctx, { module, name, kind: 'varchar' }, { label }), type: 'id', len: 36 }]
}

/** Stores the description and makes the column, or takes again the one that was kept. */
async function storeField(ctx: Context, module: Module, row: StoredField) {
  const { sql } = ctx
  const field = defined(ctx, row)
  const { id, ...values } = row
  await sql`insert into fields_meta_data ${sql({ id, ...values })} on conflict (id) do update set ${sql(values)}`
  if (!isStored(field)) return
  const type = columnTypeOf(field)
  const kept = await keptType(ctx, module, row.name)
  if (kept !== undefined && kept !== type) {
    throw new HouseError(
      'CONFLICT',
      `${module.name} had a field ${row.name} that held ${kept}; purge that one, or choose another name`,
      { field: 'name' },
    )
  }
  if (kept !== undefined) return
  await alterPatiently(sql, module.table, async sql => {
    await addColumn(sql, module.table, row.name, field, `${type}${initially(type, field)}`)
    // What a new record begins with, whoever makes it says; the column has the default for the records that are there.
    await sql.unsafe(`alter table ${ident(module.table)} alter column ${ident(row.name)} drop default`)
  })
}

const initially = (type: string, { default: value }: Field) =>
  value === null || value === undefined || value === '' ? '' : ` default ${literal(String(value))}::${type}`

async function keptType({ sql }: Context, { table }: Module, name: string): Promise<string | undefined> {
  const [column] = await sql<{ type: string }[]>`select format_type(atttypid, atttypmod) as type from pg_attribute
    where attrelid = ${table}::regclass and attname = ${name} and attnum > 0 and not attisdropped`
  return column?.type
}

async function knownField(ctx: Context, module: string, name: string): Promise<StoredField> {
  const row = await anyField(ctx, module, name)
  if (row.deleted) throw missing(module, name)
  return row
}

async function anyField({ sql }: Context, module: string, name: string): Promise<StoredField> {
  if (`${module}${name}`.includes('\0')) throw missing(module, name)
  const names = [name, `${name}_c`]
  const [row] = await sql<StoredField[]>`select * from fields_meta_data
    where custom_module = ${module} and name = any (${names}) order by deleted, name limit 1`
  if (!row) throw missing(module, name)
  return row
}

const missing = (module: string, name: string) =>
  new HouseError('NOT_FOUND', `${module.slice(0, 60)} has no field ${name.slice(0, 60)} that was added here`, {
    module,
    name,
  })

const defined = ({ catalog }: Context, row: StoredField): Field => studioField(row.name, row, catalog.lists)

const idOf = ({ custom_module: module, name }: StoredField) => `${module}.${name}`

const shown = (row: StoredField): CustomField => ({
  module: row.custom_module,
  name: row.name,
  kind: row.type,
  label: row.label,
  length: row.len,
  default: row.default_value,
  required: row.required ?? false,
  audited: row.audited ?? false,
  sensitive: row.sensitive ?? false,
  list: hasOptions(row.type) ? row.ext1 : null,
  relatedModule: row.type === 'relate' ? row.ext2 : null,
  removedAt: row.deleted ? row.date_modified : null,
})
