import type { StoredEvent } from '../../drizzle/event-log.ts'
import type { Catalog } from '../../schema/catalog.ts'
import { HouseError } from '../../schema/errors.ts'

/** Which events somebody wants; what is left out does not narrow. */
export type Wanted = {
  readonly modules?: readonly string[]
  /** `Accounts.updated`, `Accounts.*`, `*.deleted`. */
  readonly types?: readonly string[]
  readonly ids?: readonly string[]
}

const listMax = 500

export const actions = ['created', 'updated', 'deleted', 'related', 'unrelated'] as const

/**
 * The test of what is wanted.
 *
 * @throws BAD_REQUEST  a module or a type that does not exist: nobody would ever hear of it
 */
export function wants(catalog: Catalog, wanted: Wanted): (event: StoredEvent) => boolean {
  const { modules, types, ids } = wanted
  for (const [argument, list] of Object.entries({ modules, types, ids })) {
    if (list && list.length > listMax) throw refused(argument, `At most ${listMax} ${argument} can be given`)
  }
  for (const name of modules ?? []) {
    if (!catalog.byName.has(name)) throw refused('modules', `There is no module ${name}`)
  }
  const named = types && types.length > 0 ? typesMatched(catalog, types) : undefined
  const within = modules && modules.length > 0 ? new Set(modules) : undefined
  const chosen = ids && ids.length > 0 ? new Set(ids) : undefined
  return ({ type, module, recordId }) =>
    (!named || named.has(type)) &&
    (!within || (module !== null && within.has(module))) &&
    (!chosen || (recordId !== null && chosen.has(recordId)))
}

/** The modules whose events can be among those wanted; undefined for all of them. */
export function modulesOf(catalog: Catalog, { modules, types }: Wanted): readonly string[] | undefined {
  const typed = types?.length
    ? new Set([...typesMatched(catalog, types)].map(type => type.split('.')[0] ?? ''))
    : undefined
  const named = modules?.length ? modules : undefined
  if (named && typed) return named.filter(name => typed.has(name))
  return named ?? (typed && typed.size < catalog.modules.length ? [...typed] : undefined)
}

function typesMatched(catalog: Catalog, types: readonly string[]): ReadonlySet<string> {
  const matched = new Set<string>()
  for (const text of types) {
    const [, module = '', action = ''] = /^(\*|\w+)\.(\*|[a-z]+)$/.exec(text) ?? (text === '*' ? ['', '*', '*'] : [])
    const of = catalog.modules.filter(({ name }) => module === '*' || name === module)
    const done = actions.filter(each => action === '*' || each === action)
    if (of.length === 0 || done.length === 0) {
      throw refused('types', `There is no event type ${text}: write Accounts.updated, Accounts.* or *.deleted`)
    }
    for (const { name } of of) for (const each of done) matched.add(`${name}.${each}`)
  }
  return matched
}

const refused = (argument: string, message: string) => new HouseError('BAD_REQUEST', message, { argument })
