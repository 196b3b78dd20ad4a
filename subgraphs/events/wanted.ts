import type { StoredEvent } from '../../drizzle/event-log.ts'
import type { Catalog } from '../../schema/catalog.ts'
import { HouseError } from '../../schema/errors.ts'
import { eventTypesOf } from '../../schema/event-types.ts'
import { platformSubjects } from '../../schema/platform-subjects.ts'

/** Which events somebody wants; what is left out does not narrow. */
export type Wanted = {
  /** Also what of the platform: `identity.client`. */
  readonly modules?: readonly string[]
  /** `Accounts.updated`, `Accounts.*`, `*.deleted`, `identity.*`. */
  readonly types?: readonly string[]
  readonly ids?: readonly string[]
}

const listMax = 500

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
    if (!catalog.byName.has(name) && !platformSubjects.has(name)) {
      throw refused('modules', `There is no module ${name}`)
    }
  }
  const named = types && types.length > 0 ? typesMatched(catalog, types) : undefined
  const within = modules && modules.length > 0 ? new Set(modules) : undefined
  const subjectOf = (type: string) => eventTypesOf(catalog).get(type)?.subject ?? ''
  if (named && within && ![...named].some(type => within.has(subjectOf(type)))) {
    throw refused('types', 'None of these types is of these modules')
  }
  const chosen = ids && ids.length > 0 ? new Set(ids) : undefined
  return ({ type, module, recordId }) =>
    (!named || named.has(type)) &&
    (!within || (module !== null && within.has(module))) &&
    (!chosen || (recordId !== null && chosen.has(recordId)))
}

/** The modules, and what of the platform, whose events are asked for; undefined where nothing narrows them. */
export function subjectsOf(catalog: Catalog, { modules, types }: Wanted): readonly string[] | undefined {
  const all = eventTypesOf(catalog)
  const typed = types?.length
    ? new Set([...typesMatched(catalog, types)].map(type => all.get(type)?.subject ?? ''))
    : undefined
  const named = modules?.length ? modules : undefined
  return named && typed ? named.filter(name => typed.has(name)) : (named ?? (typed && [...typed]))
}

/**
 * The types that a list names, patterns included.
 *
 * @throws BAD_REQUEST  one of them is no type and matches none
 */
export function typesMatched(catalog: Catalog, types: readonly string[]): ReadonlySet<string> {
  const all = eventTypesOf(catalog)
  const matched = new Set<string>()
  for (const text of types) {
    const isMeant = matcherOf(text)
    const found = isMeant ? [...all.keys()].filter(isMeant) : all.has(text) ? [text] : []
    if (found.length === 0) {
      throw refused('types', `There is no event type ${text}: write Accounts.updated, Accounts.* or *.deleted`)
    }
    for (const name of found) matched.add(name)
  }
  return matched
}

/** Undefined for what is no pattern. */
function matcherOf(text: string): ((name: string) => boolean) | undefined {
  if (text === '*' || text === '*.*') return () => true
  if (text.endsWith('.*')) return name => name.startsWith(text.slice(0, -1))
  return text.startsWith('*.') ? name => name.endsWith(text.slice(1)) : undefined
}

const refused = (argument: string, message: string) => new HouseError('BAD_REQUEST', message, { argument })
