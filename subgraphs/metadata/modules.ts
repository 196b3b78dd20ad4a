import { alterPatiently } from '../../drizzle/alter.ts'
import { audit } from '../../drizzle/audit.ts'
import { momentOf, type Context } from '../../drizzle/context.ts'
import { createTable } from '../../drizzle/create-table.ts'
import { extendCatalog } from '../../drizzle/custom-fields.ts'
import { changeDefinitions, type Changed } from '../../drizzle/definitions.ts'
import { studioField } from '../../drizzle/import/studio.ts'
import { ident } from '../../drizzle/names.ts'
import { withModules } from '../../drizzle/own-catalog.ts'
import { joinTable, recordTable } from '../../drizzle/tables/records.ts'
import { guardOf } from '../../schema/access.ts'
import type { Catalog } from '../../schema/catalog.ts'
import { backLink, linkColumn, linkTable, type CustomLink, type CustomModule } from '../../schema/custom-module.ts'
import { checkFieldName, checkGraphqlNames, checkModuleName, namesFor } from '../../schema/custom-names.ts'
import { HouseError } from '../../schema/errors.ts'
import { fieldOf, type Module } from '../../schema/module.ts'
import { refuseBreak } from './breaking.ts'
import type { StoredField } from './field-row.ts'
import { rowFor, type NewField } from './fields.ts'

/** A module that this installation has beside SuiteCRM's. */
export type ListedModule = CustomModule & {
  /** Since when it is not served any more; its records are kept until it is purged. */
  readonly removedAt: string | null
}

export type NewModule = {
  /** The plural name that all APIs use, e.g. `Boats`. */
  readonly name: string
  readonly label?: string | null
  readonly type?: string | null
  readonly one?: string | null
  readonly many?: string | null
  /** Beside those that every module has: id, name, description, dates, who made, changed and owns it. */
  readonly fields?: readonly NewField[] | null
  readonly links?: readonly NewLink[] | null
}

export type NewLink = {
  readonly name: string
  readonly module: string
  readonly many?: boolean | null
  readonly label?: string | null
}

const invalid = (field: string, message: string) => new HouseError('INVALID', message, { field })
const conflict = (field: string, message: string) => new HouseError('CONFLICT', message, { field })

const fieldsMax = 200
const linksMax = 20

/** The modules that this installation has beside SuiteCRM's, by name. */
export const listModules = ({ sql }: Context, { removed = false }: { removed?: boolean | null } = {}) =>
  sql<ListedModule[]>`select name, label, type, one, many, table_name as "table", links, removed_at as "removedAt"
    from custom_modules where ${removed ?? false} or removed_at is null order by name limit 1000`

/**
 * Makes a module: a table with the columns and indexes that every module has, tables in the middle for links to many, and
 * its fields.
 *
 * @throws INVALID   `field` says what cannot be
 * @throws CONFLICT  there is, or was, something of that name
 */
export async function addModule(ctx: Context, given: NewModule): Promise<Changed<ListedModule>> {
  checkModuleName(given.name)
  const own = { name: given.name, label: labelOf(given), links: linksOf(given), ...namesFor(given.name, given) }
  return changeDefinitions(ctx, async ctx => {
    const { catalog, sql, principal, now } = ctx
    await checkNew(ctx, own)
    checkGraphqlNames(own, catalog.modules)
    checkLinks(catalog, own)
    const made = withModules(catalog, [own])
    const module = moduleIn(made, own.name)
    const rows = await fieldRows({ ...ctx, catalog: made }, module, given.fields ?? [])
    const whole = moduleIn(withFields(made, module, rows), own.name)
    await createTable(sql, recordTable(whole))
    for (const link of own.links.filter(({ many }) => many)) {
      const { table, near, far } = linkTable(own, link)
      await createTable(sql, joinTable(table, { [near]: { kind: 'id' }, [far]: { kind: 'id' } }))
    }
    const moment = momentOf(now())
    const { name, label, type, one, many, table } = own
    await sql`insert into custom_modules ${sql({
      ...{ name, label, type, one, many, table_name: table, links: JSON.stringify(own.links) },
      ...{ date_entered: moment, date_modified: moment, modified_user_id: principal.userId },
    })}`
    for (const row of rows) await sql`insert into fields_meta_data ${sql(row)}`
    audit(ctx, { action: 'module.added', id: name, after: { ...own, fields: rows.map(row => row.name) } })
    return { ...own, removedAt: null }
  })
}

/**
 * Serves a module no longer. Its records stay, and are there again when it is restored.
 *
 * @param force  although clients may use it
 * @throws NOT_FOUND  the installation has no such module beside SuiteCRM's
 * @throws CONFLICT   clients may use it
 */
export async function removeModule(ctx: Context, name: string, force = false): Promise<Changed<ListedModule>> {
  return changeDefinitions(ctx, async ctx => {
    const own = await knownModule(ctx, name, 'served')
    await refuseBreak(ctx, [{ module: own.name, what: 'goes, with all its records' }, ...lostLinks(own)], force)
    const removedAt = momentOf(ctx.now())
    await ctx.sql`update custom_modules set removed_at = ${removedAt}, date_modified = ${removedAt} where name = ${name}`
    const after = { ...own, removedAt, ...(force ? { forced: true } : {}) }
    audit(ctx, { action: 'module.removed', id: name, before: own, after })
    return { ...own, removedAt }
  })
}

/**
 * Serves a removed module again, with the records that it had.
 *
 * @throws NOT_FOUND  there is no removed module of that name
 * @throws INVALID    something else has its names in GraphQL by now
 */
export async function restoreModule(ctx: Context, name: string): Promise<Changed<ListedModule>> {
  return changeDefinitions(ctx, async ctx => {
    const own = await knownModule(ctx, name, 'removed')
    checkGraphqlNames(own, ctx.catalog.modules)
    await ctx.sql`update custom_modules set removed_at = null, date_modified = ${momentOf(ctx.now())} where name = ${name}`
    audit(ctx, { action: 'module.restored', id: name, before: own, after: { ...own, removedAt: null } })
    return { ...own, removedAt: null }
  })
}

/** Requests that began before a removal may run for so long. */
const purgeAfterMs = 60_000

/**
 * Drops a removed module with all its records and pairs. Nothing brings them back.
 *
 * @throws NOT_FOUND  there is no removed module of that name
 * @throws CONFLICT   it was served a minute ago
 */
export async function purgeModule(ctx: Context, name: string): Promise<Changed<ListedModule>> {
  return changeDefinitions(ctx, async ctx => {
    const { sql } = ctx
    const own = await knownModule(ctx, name, 'removed')
    if (ctx.now().getTime() - Date.parse(`${(own.removedAt ?? '').replace(' ', 'T')}Z`) < purgeAfterMs)
      throw conflict('name', 'Requests that began before it was removed may still run; try again in a minute')
    const tables = [own.table, ...own.links.filter(({ many }) => many).map(link => linkTable(own, link).table)]
    for (const table of tables)
      await alterPatiently(sql, table, sql => sql.unsafe(`drop table if exists ${ident(table)}`))
    await sql`delete from fields_meta_data where custom_module = ${name}`
    await sql`delete from option_lists l where l.name ^@ ${`${name.toLowerCase()}_`}
      and not exists (select from fields_meta_data f where f.ext1 = l.name)`
    await sql`delete from securitygroups_records where module = ${name}`
    await sql`delete from acl_roles_actions where action_id in (select id from acl_actions where category = ${name})`
    await sql`delete from acl_actions where category = ${name}`
    await sql`delete from acl_roles_fields where module = ${name}`
    await sql`delete from custom_modules where name = ${name}`
    audit(ctx, { action: 'module.purged', id: name, before: own })
    return own
  })
}

function labelOf({ name, label }: NewModule): string {
  if (label == null) return name.replace(/_/g, ' ')
  if (label.trim() === '' || label.length > 100 || /\p{Cc}/u.test(label))
    throw invalid('label', 'A label has 1 to 100 characters, on one line')
  return label
}

function linksOf({ links }: NewModule): readonly CustomLink[] {
  if ((links?.length ?? 0) > linksMax) throw invalid('links', `A module is made with at most ${linksMax} links`)
  return (links ?? []).map(({ name, module, many, label }) => {
    checkFieldName(name, 'links')
    if (name.length > 20) throw invalid('links', 'The name of a link has at most 20 characters')
    return {
      name,
      module,
      many: many ?? false,
      label: label ?? name.charAt(0).toUpperCase() + name.slice(1).replace(/_/g, ' '),
    }
  })
}

/** @throws CONFLICT  there is, or was, a module or a table of that name */
async function checkNew({ sql, catalog }: Context, { name, table }: CustomModule) {
  const alike = [...catalog.byAlias.keys()].find(alias => alias.toLowerCase() === name.toLowerCase())
  if (alike !== undefined) throw conflict('name', `There is a module ${alike} already`)
  const [known] = await sql<
    { name: string }[]
  >`select name from custom_modules where lower(name) = ${name.toLowerCase()}`
  if (known) throw conflict('name', `${known.name} was removed: restore it, or purge it first`)
  const [taken] = await sql<{ taken: boolean }[]>`select to_regclass(${ident(table)}) is not null as taken`
  if (taken?.taken) throw conflict('name', `There is a table ${table} already`)
}

/** @throws INVALID  a link leads nowhere, or a name is taken at one of its ends */
function checkLinks(catalog: Catalog, own: CustomModule) {
  const bare = moduleIn(withModules(catalog, [{ ...own, links: [] }]), own.name)
  const taken = new Set(Object.keys(bare.fields))
  for (const link of own.links) {
    const target = link.module === own.name ? bare : catalog.byName.get(link.module)
    if (!target || guardOf(target.name).kind === 'administrators')
      throw invalid('links', `The link ${link.name} leads to no module: ${JSON.stringify(link.module.slice(0, 60))}`)
    for (const name of link.many ? [link.name] : [link.name, linkColumn(link), `${link.name}_name`]) {
      if (taken.has(name)) throw invalid('links', `The module has a field ${name} already`)
      taken.add(name)
    }
    const [back] = backLink(own, link)
    if (fieldOf(target, back)) throw invalid('links', `${target.name} has a field ${back} already`)
  }
}

async function fieldRows(ctx: Context, module: Module, fields: readonly NewField[]): Promise<StoredField[]> {
  if (fields.length > fieldsMax) throw invalid('fields', `A module is made with at most ${fieldsMax} fields`)
  const names = new Set(Object.keys(module.fields))
  const rows: StoredField[] = []
  for (const field of fields) {
    checkFieldName(field.name, 'fields')
    if (field.kind === 'relate') throw invalid('fields', `${field.name}: make a link to the module instead`)
    if (names.has(field.name)) throw invalid('fields', `Every module has a field ${field.name}, or it is there twice`)
    names.add(field.name)
    rows.push(await rowFor(ctx, module, field.name, field))
  }
  return rows
}

const withFields = (catalog: Catalog, module: Module, rows: readonly StoredField[]): Catalog =>
  extendCatalog(
    catalog,
    rows.map(row => ({ module, name: row.name, field: studioField(row.name, row, catalog.lists) })),
  )

function moduleIn(catalog: Catalog, name: string): Module {
  const module = catalog.byName.get(name)
  if (!module) throw new Error(`There is no module ${name}`)
  return module
}

const lostLinks = (own: CustomModule) =>
  own.links.map(link => ({ module: link.module, field: backLink(own, link)[0], what: 'leads nowhere' }))

async function knownModule(ctx: Context, name: string, state: 'served' | 'removed'): Promise<ListedModule> {
  const all = await listModules(ctx, { removed: true })
  const own = all.find(each => each.name === name && (each.removedAt === null) === (state === 'served'))
  if (own) return own
  throw new HouseError(
    'NOT_FOUND',
    `There is no ${state} module ${JSON.stringify(name.slice(0, 60))} of this installation's own`,
    { name },
  )
}
