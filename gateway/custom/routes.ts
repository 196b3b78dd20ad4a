import { namesIn, pathKeyOf, type Declaration } from '../../subgraphs/ops/endpoints/declaration.ts'

/** An endpoint in one of its versions. */
export type Stored = { readonly id: string; readonly version: number; readonly declaration: Declaration }

/** What an address leads to: the endpoints there by method, and the texts that stand in its variable parts. */
export type Found = { readonly byMethod: ReadonlyMap<string, Stored>; readonly values: readonly string[] }

/** Finds what an address leads to. */
export type FindRoute = (path: string) => Found | undefined

type Route = { readonly parts: readonly string[]; readonly byMethod: Map<string, Stored> }

const variable = '{}'

/** The routes of endpoints. Where several fit, the one whose fixed parts come first is meant: `/a/new` before `/a/{id}`. */
export function routesOf(endpoints: readonly Stored[]): FindRoute {
  const byKey = new Map<string, Route>()
  for (const stored of endpoints) {
    const { method, path } = stored.declaration
    const key = pathKeyOf(path)
    const route = byKey.get(key) ?? { parts: key.split('/').slice(2), byMethod: new Map<string, Stored>() }
    byKey.set(key, route)
    route.byMethod.set(method, stored)
  }
  const byLength = Map.groupBy(
    [...byKey.values()].sort((a, b) => (rankOf(a) < rankOf(b) ? -1 : 1)),
    ({ parts }) => parts.length,
  )
  return path => {
    const given = partsOf(path)
    const route =
      given && byLength.get(given.length)?.find(({ parts }) => parts.every((part, i) => fits(part, given[i])))
    return route && { byMethod: route.byMethod, values: given.filter((_part, i) => route.parts[i] === variable) }
  }
}

/** The values of a path by their names, which each method may have of its own. */
export const pathValues = ({ path }: Declaration, values: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(namesIn(path).map((name, i) => [name, values[i] ?? '']))

const rankOf = ({ parts }: Route) => parts.map(part => (part === variable ? '1' : '0')).join('')

const fits = (part: string, given = '') => (part === variable ? given !== '' : part === given)

/** The parts below /custom; undefined when one cannot be read. */
function partsOf(path: string): readonly string[] | undefined {
  try {
    return path.split('/').slice(1).map(decodeURIComponent)
  } catch {
    return undefined
  }
}
