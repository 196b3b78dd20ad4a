import type { Catalog } from '../../schema/catalog.ts'
import { isMany } from '../../schema/link.ts'
import type { Module } from '../../schema/module.ts'
import { isArray, type PhpArray } from '../v8/php-array.ts'
import { badParameter } from './problem.ts'
import type { Shape, ShapeOf } from './shape.ts'

/** What a client wants to see of the records of one module, and of those that their links lead to. */
export type Wanted = {
  readonly shape: Shape
  readonly attributes: readonly string[]
  readonly relationships: readonly string[]
  readonly includes: ReadonlyMap<string, Wanted>
}

/** How deep `include` may follow links, and how many paths it may name. */
export const includeDepthMax = 3
export const includePathsMax = 20

/** At most this many records are included over one link of one record; the link's own address has the others. */
export const includedMax = 100

type Fields = ReadonlyMap<string, ReadonlySet<string>>
type Paths = ReadonlyMap<string, Paths>

/**
 * Reads `include` and `fields[...]`.
 *
 * @throws Problem  BAD_REQUEST: a module, field or link that does not exist
 */
export function wantedOf(catalog: Catalog, shapeOf: ShapeOf, module: Module, query: PhpArray): Wanted {
  const fields = fieldsOf(catalog, shapeOf, query)
  return wantedBelow(shapeOf, fields, module, includesOf(query), '')
}

function wantedBelow(shapeOf: ShapeOf, fields: Fields, module: Module, paths: Paths, at: string): Wanted {
  const shape = shapeOf(module)
  const only = fields.get(module.name)
  const includes = new Map<string, Wanted>()
  for (const [name, deeper] of paths) {
    const link = shape.links.get(name)
    if (!link) throw badParameter('include', `${module.name} has no relationship ${at}${name}`)
    includes.set(name, wantedBelow(shapeOf, fields, link.target, deeper, `${at}${name}.`))
  }
  const links = [...shape.links.keys()]
  return {
    shape,
    attributes: [...shape.attributes.keys()].filter(name => !only || only.has(name)),
    // What is included must be reachable over a link of the record that leads to it.
    relationships: links.filter(name => !only || only.has(name) || includes.has(name)),
    includes,
  }
}

function fieldsOf(catalog: Catalog, shapeOf: ShapeOf, query: PhpArray): Fields {
  const given = query.get('fields')
  if (given === undefined) return new Map()
  if (!isArray(given)) throw badParameter('fields', 'Name the module: fields[Accounts]=name')
  return new Map(
    [...given].map(([type, list]) => {
      const parameter = `fields[${type}]`
      const module = catalog.byAlias.get(type)
      if (!module) throw badParameter(parameter, `There is no module ${type}`)
      if (typeof list !== 'string') throw badParameter(parameter, 'Write names with commas between')
      const shape = shapeOf(module)
      const names = list.split(',').filter(Boolean)
      const unknown = names.filter(name => name !== 'id' && !shape.attributes.has(name) && !shape.links.has(name))
      if (unknown.length > 0) throw badParameter(parameter, `${module.name} has no field ${unknown.join(', ')}`)
      return [module.name, new Set(names)] as const
    }),
  )
}

function includesOf(query: PhpArray): Paths {
  const given = query.get('include') ?? ''
  if (typeof given !== 'string')
    throw badParameter('include', 'Write paths with commas between: contacts,contacts.leads')
  const paths = given.split(',').filter(Boolean)
  if (paths.length > includePathsMax) throw badParameter('include', `At most ${includePathsMax} paths`)
  const root: Tree = new Map()
  for (const path of paths) {
    const names = path.split('.')
    if (names.length > includeDepthMax) throw badParameter('include', `A path follows at most ${includeDepthMax} links`)
    let node = root
    for (const name of names) {
      const next: Tree = node.get(name) ?? new Map()
      node.set(name, next)
      node = next
    }
  }
  return root
}

type Tree = Map<string, Tree>

/** The selection of the graph that answers what is wanted. Links of many records are one statement for all of them. */
export function selectionText({ shape, attributes, includes }: Wanted): string {
  const links = [...includes].map(([name, inner]) => {
    const link = shape.links.get(name)
    const selection = selectionText(inner)
    return link && isMany(link)
      ? `${name}(first: ${includedMax}, sort: [{ field: id }]) { nodes { ${selection} } pageInfo { hasNextPage } }`
      : `${name} { ${selection} }`
  })
  return ['id record_version', ...attributes, ...links].join(' ')
}
