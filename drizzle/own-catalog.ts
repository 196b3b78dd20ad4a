import { catalogOf, type Catalog } from '../schema/catalog.ts'
import { backLink, moduleOf, relationshipsOf, type CustomModule } from '../schema/custom-module.ts'
import type { Field } from '../schema/field.ts'
import type { OptionList } from '../schema/lists.ts'
import type { Connection } from './client.ts'

/** How often the definitions of this installation were changed. */
export async function definitionsVersion(sql: Connection): Promise<number> {
  const [row] = await sql<{ version: number }[]>`select version from metadata_version`
  return row?.version ?? 0
}

/** The core with the modules and lists that this installation has beside it; fields come on top. */
export async function ownCatalog(sql: Connection, core: Catalog): Promise<Catalog> {
  const version = await definitionsVersion(sql)
  const lists = await readLists(sql)
  const own = await readModules(sql)
  if (version === core.version && lists.size === 0 && own.length === 0) return core
  return withModules({ ...core, version, lists: new Map([...core.lists, ...lists]) }, own)
}

async function readLists(sql: Connection): Promise<ReadonlyMap<string, OptionList>> {
  const rows = await sql<{ name: string; options: [string, string][] }[]>`
    select name, options from option_lists order by name`
  return new Map(rows.map(({ name, options }) => [name, Object.fromEntries(options)]))
}

/** The modules beside SuiteCRM's, in the order of their making. */
export const readModules = (sql: Connection) =>
  sql<CustomModule[]>`select name, label, type, one, many, table_name as "table", links from custom_modules
    where removed_at is null order by date_entered, name`

/** A catalog with more modules, and the links that others get by them. A link to a module that is gone is left out. */
export function withModules(core: Catalog, own: readonly CustomModule[]): Catalog {
  const known = new Set([...core.modules, ...own].map(({ name }) => name))
  const standing = own.map(each => ({ ...each, links: each.links.filter(({ module }) => known.has(module)) }))
  const back = new Map<string, Record<string, Field>>()
  for (const module of standing)
    for (const link of module.links) {
      const [name, field] = backLink(module, link)
      back.set(link.module, { ...back.get(link.module), [name]: field })
    }
  const modules = [...core.modules, ...standing.map(moduleOf)].map(module => {
    const links = back.get(module.name)
    return links ? { ...module, fields: { ...module.fields, ...links } } : module
  })
  const relationships = new Map([...core.relationships, ...standing.flatMap(relationshipsOf)])
  return catalogOf(modules, { ...core, relationships })
}
