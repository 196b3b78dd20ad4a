import type { Context } from '../../drizzle/context.ts'
import { findPage } from '../../drizzle/select.ts'
import { HouseError } from '../../schema/errors.ts'
import { filterOf, type FilterInput } from '../../schema/filter-input.ts'
import type { Filter } from '../../schema/filter.ts'
import type { Module } from '../../schema/module.ts'
import type { RecordEvent } from './event.ts'
import { beginning, followFeed, logOf } from './feed.ts'
import { permitWanted } from './permit.ts'
import { wants } from './wanted.ts'

/** What a subscriber asks for; what is left out does not narrow. */
export type Subscribing = {
  readonly ids?: readonly string[] | null
  /** `updated`, or `Accounts.updated`. */
  readonly types?: readonly string[] | null
  readonly filter?: unknown
  readonly cursor?: string | null
}

export type RecordChange = { readonly event: RecordEvent; readonly cursor: string; readonly module: Module }

/**
 * The changes of a module's records, without end.
 *
 * @throws BAD_REQUEST, CURSOR_EXPIRED  what is asked for cannot be
 * @throws INVALID    the filter
 * @throws FORBIDDEN  the token, or the roles
 */
export async function recordChanges(
  ctx: Context,
  module: Module,
  { ids, types, filter: given, cursor }: Subscribing,
): Promise<AsyncGenerator<RecordChange, void>> {
  const wanted = {
    modules: [module.name],
    ids: ids ?? undefined,
    types: types?.map(type => (type.includes('.') ? type : `${module.name}.${type}`)),
  }
  permitWanted(ctx, wanted)
  const isWanted = wants(ctx.catalog, wanted)
  const filter = readFilter(given)
  if (filter) await matching(ctx, module, filter, [''])
  const log = logOf(ctx)
  const from = await beginning(log, cursor ?? 'now')
  await log.read(from, 1)
  const { signal = new AbortController().signal, renew = () => Promise.resolve(ctx) } = ctx

  async function* changes(): AsyncGenerator<RecordChange, void> {
    for await (const { events } of followFeed(log, from, isWanted, renew, signal)) {
      const kept = filter && events.length > 0 ? await keptBy(await renew(), module, filter, events) : events
      for (const { event, cursor } of kept) yield { event, cursor: log.encode(cursor), module }
    }
  }
  return changes()
}

function readFilter(given: unknown): Filter | undefined {
  if (given === null || given === undefined) return undefined
  if (typeof given !== 'object' || Array.isArray(given)) {
    throw new HouseError('BAD_REQUEST', 'A filter is an object, such as { industry: { eq: "Retail" } }', {
      argument: 'filter',
    })
  }
  return filterOf(given as FilterInput)
}

/** What leaves the reader's sight is told whether or not it would pass. */
async function keptBy<Each extends { readonly event: RecordEvent }>(
  ctx: Context,
  module: Module,
  filter: Filter,
  events: readonly Each[],
): Promise<readonly Each[]> {
  const ids = new Set(events.map(({ event }) => event.record.id))
  const matched = await matching(ctx, module, filter, [...ids])
  return events.filter(({ event }) => event.leftSight === true || matched.has(event.record.id))
}

/** Those of the records that pass the filter as they are now, deleted ones too. */
async function matching(ctx: Context, module: Module, filter: Filter, ids: readonly string[]) {
  const among: Filter = { kind: 'in', operand: { field: 'id' }, values: [...ids] }
  const { rows } = await findPage(ctx, module, {
    fields: ['id'],
    filter: { kind: 'and', of: [filter, among] },
    sort: [],
    limit: ids.length,
    deleted: 'INCLUDE',
  })
  return new Set(rows.map(({ id }) => id))
}
