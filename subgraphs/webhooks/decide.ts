import type { Connection } from '../../drizzle/client.ts'
import { letGo } from './settle.ts'
import { lockLanes } from './store-deliveries.ts'
import { nowIn } from './yard.ts'

// What people decide about deliveries. All of these want a transaction.

/**
 * Sends deliveries again that were given up, wait for a person, or would be tried again later: at once, and with the whole
 * schedule before them. What has been delivered stays as it is; see {@link replay}.
 *
 * @returns how many
 */
export async function resend(tx: Connection, ids: readonly string[], aheadMs = 0): Promise<number> {
  await lockLanesOf(tx, ids)
  const rows = await tx.unsafe(
    `update webhook_delivery set state = 'DUE', reason = null, tries = 0, next_at = ${nowIn('$1')}, ended_at = null
     where id = any ($2::bigint[]) and (state in ('DUE', 'HELD', 'PARKED') or state = 'DEAD' and lane is null) returning 1`,
    [aheadMs, [...ids]] as never[],
  )
  return rows.length
}

/**
 * Gives deliveries up for good. What waits behind one in its lane goes on.
 *
 * @returns how many
 */
export async function discard(
  tx: Connection,
  ids: readonly string[],
  aheadMs = 0,
  reason = 'discarded',
): Promise<number> {
  await lockLanesOf(tx, ids)
  const rows = await tx.unsafe(
    `update webhook_delivery set state = 'DISCARDED', reason = $3, ended_at = ${nowIn('$1')}
     where id = any ($2::bigint[]) and state in ('DUE', 'WAITING', 'HELD', 'PARKED', 'DEAD') returning 1`,
    [aheadMs, [...ids], reason] as never[],
  )
  await letGo(tx, ids, aheadMs)
  return rows.length
}

/**
 * Sends the events of deliveries once more, whatever became of them: each by a delivery of its own with the next
 * generation. They keep no order with others.
 *
 * @param by  who wants it
 * @returns the new ones
 */
export async function replay(
  tx: Connection,
  ids: readonly string[],
  by: string,
  aheadMs = 0,
): Promise<readonly string[]> {
  const rows = await tx.unsafe<{ id: string }[]>(
    `insert into webhook_delivery (endpoint_id, event_id, generation, position, event_at, event_type, module, record_id, state, next_at,
       created_at, replay_of, replayed_by)
     select d.endpoint_id, d.event_id, (select max(o.generation) + 1 from webhook_delivery o where o.event_id = d.event_id
       and o.endpoint_id = d.endpoint_id), d.position, d.event_at, d.event_type, d.module, d.record_id, 'DUE', ${nowIn('$1')}, ${nowIn('$1')}, d.id, $3
     from webhook_delivery d where d.id = any ($2::bigint[]) on conflict do nothing returning id::text`,
    [aheadMs, [...ids], by] as never[],
  )
  return rows.map(({ id }) => id)
}

async function lockLanesOf(tx: Connection, ids: readonly string[]) {
  const rows = await tx<{ id: string }[]>`
    select distinct endpoint_id as id from webhook_delivery where id = any (${[...ids]}::bigint[]) and lane is not null`
  await lockLanes(
    tx,
    rows.map(({ id }) => id),
  )
}
