import { isLink } from './field.ts'
import { resolveLink, type Link } from './link.ts'
import { lists, type OptionList } from './lists.ts'
import type { Module } from './module.ts'
import { modules } from './modules.ts'
import { relationships, type Relationship } from './relationships.ts'

/** What exists in one installation: the modules as customised there, indexed the ways the rooms ask for them. */
export type Catalog = {
  /** Counts the changes of an installation's definitions; 0 without any. */
  readonly version: number
  readonly modules: readonly Module[]
  readonly relationships: ReadonlyMap<string, Relationship>
  /** The lists that options are chosen from, by name. */
  readonly lists: ReadonlyMap<string, OptionList>
  readonly byName: ReadonlyMap<string, Module>
  readonly byTable: ReadonlyMap<string, Module>
  /** By GraphQL type name. */
  readonly byType: ReadonlyMap<string, Module>
  /** By any name that SuiteCRM's APIs accept: the module's, its class's or its object's. */
  readonly byAlias: ReadonlyMap<string, Module>
  /** The links of a module that lead somewhere, by field name. */
  readonly links: (module: Module) => ReadonlyMap<string, Link>
}

type Around = Pick<Catalog, 'version' | 'relationships' | 'lists'>

const core: Around = {
  version: 0,
  relationships: new Map(Object.entries(relationships)),
  lists: new Map(Object.entries(lists)),
}

/**
 * Indexes a set of modules. Pure; a change of metadata makes a new catalog.
 *
 * @param around  what belongs to them; another catalog's, or the core's
 */
export function catalogOf(all: readonly Module[], { version, relationships, lists }: Around = core): Catalog {
  const links = new Map<Module, ReadonlyMap<string, Link>>()
  const catalog: Catalog = {
    version,
    modules: all,
    relationships,
    lists,
    byName: new Map(all.map(module => [module.name, module])),
    byTable: new Map(all.map(module => [module.table, module])),
    byType: new Map(all.map(module => [module.graphql.type, module])),
    byAlias: new Map([
      ...all.map(module => [module.objectName, module] as const),
      ...all.map(module => [module.beanClass, module] as const),
      ...all.map(module => [module.name, module] as const),
    ]),
    links: module => links.get(module) ?? new Map(),
  }
  for (const module of all) links.set(module, linksOf(catalog, module))
  return catalog
}

/** The catalog without any customisation. */
export const coreCatalog = catalogOf(modules)

function linksOf(catalog: Catalog, module: Module) {
  const names = Object.keys(module.fields).filter(name => isLink(module.fields[name]!))
  return new Map(
    names.flatMap(name => {
      const link = resolveLink(catalog, module, name)
      return link ? [[name, link] as const] : []
    }),
  )
}
