import type { Place, Snapshot } from '../../drizzle/event-cursor.ts'
import { hasSeen } from '../../drizzle/event-cursor.ts'
import { eventsLeaving } from '../../drizzle/event-filter.ts'
import type { Origin } from '../../drizzle/outbox.ts'
import { HouseError } from '../../schema/errors.ts'
import { filterOf } from '../../schema/filter-input.ts'
import type { EndpointSettings } from './endpoint-settings.ts'
import { operational, wantsType } from './event-types.ts'
import { testType } from './own-events.ts'
import type { Yard } from './yard.ts'

/** What of an event decides who gets it. */
export type LoggedEvent = Place & {
  readonly xid: number
  readonly at: string
  readonly type: string
  readonly module: string | null
  readonly recordId: string | null
  readonly origin: Origin
  /** Of an operational event: whose endpoint it tells of. */
  readonly ownerId: string | null
}

export type MatchingEndpoint = EndpointSettings & { readonly from: Snapshot | undefined }

/** What of a batch one endpoint gets, and what it does not get that its owner may wonder about. */
export type Matched = {
  readonly endpoint: MatchingEndpoint
  readonly events: readonly LoggedEvent[]
  readonly ownChanges: number
  readonly filterErrors: number
  readonly filterError?: string
}

/**
 * Chooses an endpoint's events out of a batch.
 *
 * A filter is asked with the owner's rights, about the record as the event left it. One that cannot be asked chooses
 * nothing, and is counted.
 */
export async function matchEvents(
  yard: Yard,
  endpoint: MatchingEndpoint,
  batch: readonly LoggedEvent[],
): Promise<Matched> {
  const wanted = batch.filter(isFor(endpoint))
  const events = wanted.filter(event => !isOwn(endpoint, event))
  const result = { endpoint, events, ownChanges: wanted.length - events.length, filterErrors: 0 }
  const filter = filterOf(endpoint.filter)
  const asked = filter ? events.filter(({ type }) => !type.startsWith(operational)) : []
  if (!filter || asked.length === 0) return result
  try {
    const ctx = await yard.actingFor(endpoint.principal)
    if (!ctx) throw new HouseError('FORBIDDEN', 'The owner may no longer act')
    const passed = new Set<number>()
    for (const [name, of] of Map.groupBy(asked, ({ module }) => module ?? '')) {
      const module = ctx.catalog.byName.get(name)
      const places = of.flatMap(({ recordId, ...event }) => (recordId === null ? [] : [{ ...event, recordId }]))
      if (module) for (const id of await eventsLeaving(ctx, module, filter, places)) passed.add(id)
    }
    return { ...result, events: events.filter(({ id, type }) => passed.has(id) || type.startsWith(operational)) }
  } catch (error) {
    const filterError = error instanceof HouseError ? error.message : 'The filter could not be asked'
    return { ...result, events: [], filterErrors: asked.length, filterError }
  }
}

function isFor({ id, from, eventTypes, principal, userId }: MatchingEndpoint) {
  const isWanted = wantsType(eventTypes)
  return (event: LoggedEvent) => {
    if (from && hasSeen(from, event.xid)) return false
    if (event.type === testType) return event.recordId === id
    if (!isWanted(event.type)) return false
    // Nobody is told how they themselves fare: that would never end.
    return (
      !event.type.startsWith(operational) || (event.recordId !== id && (principal.isAdmin || event.ownerId === userId))
    )
  }
}

const isOwn = ({ skipOwn, principal }: MatchingEndpoint, { origin }: LoggedEvent) =>
  skipOwn && origin.clientId !== undefined && origin.clientId === principal.clientId
