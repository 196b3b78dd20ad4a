import type { Connection } from '../../drizzle/client.ts'
import { readSnapshot, type Place } from '../../drizzle/event-cursor.ts'
import { begin } from '../../drizzle/transaction.ts'
import { supersede, type Recovery } from './activate.ts'
import { settingsColumns, type EndpointSettings } from './endpoint-settings.ts'
import { matchEvents, type LoggedEvent, type Matched, type MatchingEndpoint } from './match.ts'
import { storeDeliveries } from './store-deliveries.ts'
import type { Yard } from './yard.ts'

/** What a round of the relay has done. */
export type Relayed = { readonly events: number; readonly deliveries: number; readonly isMore: boolean }

const batchMax = 500
const nothing: Relayed = { events: 0, deliveries: 0, isMore: false }

/**
 * Makes the next settled events into deliveries for every endpoint that wants them, in one transaction with how far the
 * log is read: whatever is killed when, each pair of event and endpoint has one delivery. Of all processes that try, one
 * does it; the others have nothing to do.
 *
 * Of an endpoint that is not active only the place is kept from which it was told nothing. Once it is active it gets what
 * is behind that place, before it gets anything newer.
 */
export const relayOnce = (yard: Yard): Promise<Relayed> =>
  begin(yard.sql, async tx => {
    const [cursor] = await tx<Place[]>`
      select position::float8, id::float8 from webhook_cursor where name = 'relay' for update skip locked`
    if (!cursor) return nothing
    const events = await eventsBetween(tx, cursor, undefined)
    // Read after the events: whoever committed settings before them finds them here.
    const endpoints = await endpointsNow(tx)
    const active: Listed[] = []
    let deliveries = 0
    let isBehind = false
    for (const endpoint of endpoints) {
      const { held } = endpoint
      if (endpoint.status === 'ACTIVE' && !held) active.push(endpoint)
      else if (endpoint.status !== 'ACTIVE') {
        if (!held) await keepPlace(tx, endpoint.id, cursor)
      } else {
        const caughtUp = await catchUp(yard, tx, endpoint, held ?? cursor, cursor)
        deliveries += caughtUp.deliveries
        if (caughtUp.isDone) active.push(endpoint)
        else isBehind = true
      }
    }
    const last = events.at(-1)
    if (last) {
      deliveries += await deliver(yard, tx, active, events)
      await tx`update webhook_cursor set position = ${last.position}, id = ${last.id} where name = 'relay'`
    }
    return { events: events.length, deliveries, isMore: isBehind || events.length === batchMax }
  })

async function deliver(yard: Yard, tx: Connection, endpoints: readonly Listed[], events: readonly LoggedEvent[]) {
  const matched: Matched[] = []
  for (const endpoint of endpoints) matched.push(await matchEvents(yard, endpoint, events))
  await countLeftOut(tx, matched)
  return storeDeliveries(tx, matched, yard.aheadMs())
}

/**
 * Gives an endpoint that has become active again what happened meanwhile, a part at a time.
 *
 * LATEST gives of each record the last event that the endpoint wants; NONE gives nothing.
 */
async function catchUp(yard: Yard, tx: Connection, endpoint: Listed, from: Place, to: Place) {
  let deliveries = 0
  if (endpoint.recovery === 'NONE') await keepPlace(tx, endpoint.id, undefined)
  else if (endpoint.recovery === 'LATEST') {
    const latest = await lastOfRecords(yard, tx, endpoint, from, to)
    const records = latest.flatMap(({ module, recordId }) =>
      module === null || recordId === null ? [] : [[module, recordId] as const],
    )
    await supersede(tx, endpoint.id, records, yard.aheadMs())
    for (let at = 0; at < latest.length; at += batchMax)
      deliveries += await deliver(yard, tx, [endpoint], latest.slice(at, at + batchMax))
    await keepPlace(tx, endpoint.id, undefined)
  } else {
    const events = await eventsBetween(tx, from, to)
    deliveries += await deliver(yard, tx, [endpoint], events)
    const last = events.length === batchMax ? events.at(-1) : undefined
    await keepPlace(tx, endpoint.id, last)
    return { deliveries, isDone: last === undefined }
  }
  return { deliveries, isDone: true }
}

async function lastOfRecords(yard: Yard, tx: Connection, endpoint: Listed, from: Place, to: Place) {
  const latest = new Map<string, LoggedEvent>()
  for (let place = from; ;) {
    const events = await eventsBetween(tx, place, to)
    const { events: wanted } = await matchEvents(yard, { ...endpoint, filter: null }, events)
    for (const event of wanted) {
      const key = event.recordId === null ? `${event.id}` : `${event.module ?? ''} ${event.recordId}`
      latest.delete(key)
      latest.set(key, event)
    }
    const last = events.at(-1)
    if (!last || events.length < batchMax) return [...latest.values()]
    place = last
  }
}

/** Settled events behind a place, without what has changed. */
const eventsBetween = (tx: Connection, after: Place, to: Place | undefined) =>
  tx<LoggedEvent[]>`
    select position::float8, id::float8, xid::float8, at, type, module, record_id as "recordId", origin,
      case when type like 'webhooks.%' then after ->> 'ownerId' end as "ownerId"
    from event_log
    where (position, id) > (${after.position}, ${after.id}) and position < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
      and (${to === undefined} or (position, id) <= (${to?.position ?? 0}, ${to?.id ?? 0}))
    order by event_log.position, event_log.id limit ${batchMax}`

/** An endpoint, and what it was told nothing of. */
type Listed = MatchingEndpoint & { readonly held: Place | undefined; readonly recovery: Recovery }

type EndpointRow = EndpointSettings & {
  readonly snapshot: string
  readonly position: number | null
  readonly place: number | null
  readonly recovery: Recovery | null
}

async function endpointsNow(tx: Connection): Promise<readonly Listed[]> {
  const rows = await tx.unsafe<EndpointRow[]>(
    `select ${settingsColumns}, e.from_snapshot as snapshot, h.held_position::float8 as position, h.held_id::float8 as place, h.recovery
     from webhook_endpoint e left join webhook_health h on h.endpoint_id = e.id order by e.id`,
    [],
    { prepare: true },
  )
  const fresh = rows.filter(({ recovery }) => recovery === null).map(({ id }) => id)
  if (fresh.length > 0)
    await tx`insert into webhook_health (endpoint_id) select unnest(${fresh}::text[]) on conflict do nothing`
  return rows.map(({ snapshot, position, place, recovery, ...settings }) => ({
    ...settings,
    from: readSnapshot(snapshot),
    held: position === null || place === null ? undefined : { position, id: place },
    recovery: recovery ?? 'ALL',
  }))
}

const keepPlace = (tx: Connection, endpointId: string, place: Place | undefined) => tx`
  update webhook_health set held_position = ${place?.position ?? null}, held_id = ${place?.id ?? null},
    recovery = ${place ? tx`recovery` : 'ALL'}
  where endpoint_id = ${endpointId}`

async function countLeftOut(tx: Connection, matched: readonly Matched[]) {
  const some = matched.filter(({ ownChanges, filterErrors }) => ownChanges + filterErrors > 0)
  for (const { endpoint, ownChanges, filterErrors, filterError = null } of some) {
    await tx`
      update webhook_health set own_changes = own_changes + ${ownChanges}, filter_errors = filter_errors + ${filterErrors},
        filter_error = coalesce(${filterError}::text, filter_error) where endpoint_id = ${endpoint.id}`
  }
}
