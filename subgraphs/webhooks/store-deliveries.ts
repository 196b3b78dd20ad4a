import type { Connection } from '../../drizzle/client.ts'
import type { LoggedEvent, Matched } from './match.ts'
import { testType } from './own-events.ts'
import { nowIn } from './yard.ts'

/**
 * Stores a delivery for each pair of event and endpoint that has none yet, by one statement.
 *
 * Of an ordered endpoint, those of a record make a lane: the first that is not over is DUE, the others wait behind it.
 *
 * @returns how many there are now that were not there before
 */
export async function storeDeliveries(tx: Connection, matched: readonly Matched[], aheadMs: number): Promise<number> {
  const pairs = matched.flatMap(({ endpoint, events }) => events.map(event => ({ endpoint, event })))
  if (pairs.length === 0) return 0
  const ordered = [...new Set(pairs.filter(({ endpoint }) => endpoint.isOrdered).map(({ endpoint }) => endpoint.id))]
  await lockLanes(tx, ordered)
  const column = <T>(of: (pair: (typeof pairs)[number]) => T) => pairs.map(of)
  const [row] = await tx.unsafe<{ count: number }[]>(
    insertion,
    [
      aheadMs,
      column(({ endpoint }) => endpoint.id),
      column(({ event }) => event.id),
      column(({ event }) => event.position),
      column(({ event }) => event.at),
      column(({ event }) => event.type),
      column(({ event }) => event.module),
      column(({ event }) => event.recordId),
      column(({ endpoint, event }) => (endpoint.isOrdered ? laneOf(event) : null)),
    ] as never[],
    { prepare: true },
  )
  return row?.count ?? 0
}

const laneOf = ({ module, recordId }: LoggedEvent) => `${module ?? ''} ${recordId ?? ''}`

/**
 * Whoever puts deliveries into lanes of these endpoints, or takes some out, does it alone: else one could be put behind
 * another that ends at this moment, and nobody would let it go.
 */
export async function lockLanes(tx: Connection, endpointIds: readonly string[]): Promise<void> {
  if (endpointIds.length === 0) return
  await tx`select from webhook_health where endpoint_id = any (${[...endpointIds]}::text[]) order by endpoint_id for update`
}

/** The states of deliveries that are not over. */
export const openStates = `('DUE', 'WAITING', 'SENDING', 'HELD', 'PARKED')`

const insertion = `
  with given as (
    select * from unnest($2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])
      as g(endpoint_id, event_id, position, event_at, event_type, module, record_id, lane)
  ), fresh as (
    select g.* from given g where g.lane is null or not exists (select from webhook_delivery d
      where d.event_id = g.event_id and d.endpoint_id = g.endpoint_id and d.generation = 0)
  ), placed as (
    select f.*, f.lane is not null and (row_number() over (partition by f.endpoint_id, f.lane order by f.position, f.event_id) > 1
      or exists (select from webhook_delivery d where d.endpoint_id = f.endpoint_id and d.lane = f.lane and d.state in ${openStates})) as waits
    from fresh f
  ), made as (
    insert into webhook_delivery (endpoint_id, event_id, position, event_at, event_type, module, record_id, lane, is_test, state, next_at, created_at)
    select endpoint_id, event_id, position, event_at::timestamp, event_type, module, record_id, lane, event_type = '${testType}',
      case when waits then 'WAITING' else 'DUE' end, ${nowIn('$1')}, ${nowIn('$1')}
    from placed order by position, event_id
    on conflict on constraint webhook_delivery_once do nothing returning 1
  )
  select count(*)::integer from made`
