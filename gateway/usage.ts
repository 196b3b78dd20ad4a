import type { Pool } from '../drizzle/client.ts'
import { addUsage, markDeprecated, type UsageRow } from '../drizzle/usage.ts'
import { inTurns } from '../schema/steps.ts'
import type { Used } from '../schema/usage.ts'
import { announcedOf, type Announced } from './deprecations.ts'
import type { Report } from './error-mask.ts'
import type { Graphs } from './graphs.ts'
import type { RequestEntry } from './request-entry.ts'
import { findingDeprecated, together } from './used.ts'

/** Counts who uses what, for reports of what a removal would break. */
export type Usage = {
  /** Counts a request that is over. */
  add(entry: RequestEntry, uses: ReadonlySet<Used>): void
  /** Writes what was counted. */
  close(): Promise<void>
}

type Deps = {
  readonly sql: Pool
  readonly graphs: Graphs
  readonly announced: Announced
  readonly report: Report
}

/** So often what was counted is written. */
const writeMs = 5_000

/** Different things that are counted at most while the database is away; more are not. */
const talliesMax = 5_000

/** How often, and when first and last, in milliseconds since 1970. */
type Tally = { count: number; first: number; last: number }

type Caller = Pick<UsageRow, 'client_id' | 'key_id' | 'user_id' | 'door' | 'version'> & {
  readonly fields: Map<Used, Tally>
  readonly operations: Map<string, Tally>
}

/**
 * Counts what requests use. A request adds one to the tally of the whole set of names that its operations use; what the
 * names come to is worked out when they are written.
 */
export function openUsage({ sql, graphs, announced, report }: Deps): Usage {
  let callers = new Map<string, Caller>()
  let tallies = 0
  let deprecated: ReadonlySet<string> = new Set()
  let writing = Promise.resolve()

  const isDeprecated: IsDeprecated = (kind, name, { version }) =>
    kind === 'field' ? deprecated.has(name) : announcedOf({ version, operation: name }, announced).length > 0

  function tally<Key>(of: Map<Key, Tally>, key: Key, { count, first, last }: Tally) {
    const known = of.get(key)
    if (known) {
      known.count += count
      known.first = Math.min(known.first, first)
      known.last = Math.max(known.last, last)
    } else if (tallies < talliesMax) {
      tallies += 1
      of.set(key, { count, first, last })
    }
  }

  /** Counts again what could not be written. */
  function putBack(unwritten: ReadonlyMap<string, Caller>) {
    for (const [key, { fields, operations, ...caller }] of unwritten) {
      const to = callers.get(key) ?? { ...caller, fields: new Map(), operations: new Map() }
      callers.set(key, to)
      for (const [used, each] of fields) tally(to.fields, used, each)
      for (const [name, each] of operations) tally(to.operations, name, each)
    }
  }

  function write() {
    const counted = callers
    callers = new Map()
    tallies = 0
    if (counted.size === 0) return writing
    writing = writing
      .then(() => addUsage(sql, rowsOf(counted, isDeprecated)))
      .catch((error: unknown) => {
        report(error, 'usage')
        putBack(counted)
      })
    return writing
  }

  const timer = setInterval(() => void write(), writeMs)
  timer.unref()
  const unsubscribe = graphs.subscribe(({ api, catalog }) => {
    const finding = inTurns(findingDeprecated(api, catalog))
    writing = writing
      .then(async () => {
        const found = await finding
        deprecated = new Set(found.map(({ name }) => name))
        await markDeprecated(sql, [...deprecated])
      })
      .catch((error: unknown) => report(error, 'usage'))
  })

  return {
    add(entry, uses) {
      if (!isKnown(entry)) return
      const { door = '', version = '', at, operation } = entry
      const key = `${entry.client_id ?? ''} ${entry.key_id ?? ''} ${entry.user_id ?? ''} ${door} ${version}`
      let caller = callers.get(key)
      if (!caller) callers.set(key, (caller = callerOf(entry)))
      const once = { count: 1, first: at, last: at }
      if (operation !== undefined && door !== 'graphql') tally(caller.operations, operation, once)
      const used = wholeOf(uses)
      if (used) tally(caller.fields, used, once)
    },
    async close() {
      clearInterval(timer)
      unsubscribe()
      await write()
    },
  }
}

/** Somebody was let in. */
const isKnown = ({ user_id, client_id, outcome }: RequestEntry) =>
  (user_id ?? client_id) !== undefined && !refused.has(outcome)

const refused: ReadonlySet<string> = new Set(['unauthenticated', 'forbidden', 'limited'])

/** Users are told apart where there is no API client and no key. */
const callerOf = ({ client_id = '', key_id = '', user_id = '', door = '', version = '' }: RequestEntry): Caller => ({
  ...{ client_id, key_id, door, version, fields: new Map(), operations: new Map() },
  user_id: client_id === '' && key_id === '' ? user_id : '',
})

function wholeOf(uses: ReadonlySet<Used>): Used | undefined {
  let whole: Used | undefined
  for (const each of uses) whole = whole ? together(whole, each) : each
  return whole
}

type IsDeprecated = (kind: UsageRow['kind'], name: string, of: Pick<Caller, 'version'>) => boolean

/** One row for each name and caller. */
function rowsOf(callers: ReadonlyMap<string, Caller>, isDeprecated: IsDeprecated): UsageRow[] {
  const rows = new Map<string, UsageRow>()
  const add = (name: string, kind: UsageRow['kind'], of: Omit<Caller, 'fields' | 'operations'>, tally: Tally) => {
    const key = [name, of.client_id, of.key_id, of.user_id, of.door, of.version].join('\0')
    const known = rows.get(key)
    rows.set(key, {
      ...of,
      ...{ name, kind, deprecated: isDeprecated(kind, name, of) },
      count: (known?.count ?? 0) + tally.count,
      first_at: earlier(known?.first_at, new Date(tally.first).toISOString()),
      last_at: later(known?.last_at, new Date(tally.last).toISOString()),
    })
  }
  for (const { fields, operations, ...caller } of callers.values()) {
    for (const [used, tally] of fields) for (const name of used.names) add(name, 'field', caller, tally)
    for (const [name, tally] of operations) add(name, 'operation', caller, tally)
  }
  return [...rows.values()]
}

const earlier = (a: string | undefined, b: string) => (a !== undefined && a < b ? a : b)
const later = (a: string | undefined, b: string) => (a !== undefined && a > b ? a : b)
