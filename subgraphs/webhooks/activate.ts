import type { Connection } from '../../drizzle/client.ts'
import { letGo } from './settle.ts'
import { lockLanes } from './store-deliveries.ts'
import { nowIn } from './yard.ts'

/** What of the events of its pause an endpoint gets: all, the last of each record, or none. */
export type Recovery = 'ALL' | 'LATEST' | 'NONE'

/**
 * Makes an endpoint active again that was paused or disabled, in the caller's transaction. What was still to be sent when
 * its pause began counts among the events of the pause; the relay finds the others in the log of events.
 *
 * @returns whether it was not active
 */
export async function activate(tx: Connection, endpointId: string, recovery: Recovery, aheadMs = 0): Promise<boolean> {
  await lockLanes(tx, [endpointId])
  const done = await tx.unsafe(
    `update webhook_endpoint set status = 'ACTIVE', status_reason = null, status_at = ${nowIn('$1')}
     where id = $2 and status <> 'ACTIVE' returning 1`,
    [aheadMs, endpointId],
  )
  if (done.length === 0) return false
  await tx`
    update webhook_health set recovery = ${recovery}, hold_until = null, breaker = 'CLOSED', breaker_until = null, breaker_cycles = 0,
      stretch_failed = 0, before_failed = 0, failing_since = null, failing_attempts = 0, warned = 0
    where endpoint_id = ${endpointId}`
  const dropped = await tx.unsafe<{ id: string }[]>(
    `update webhook_delivery d set state = 'DISCARDED', reason = 'recovery', ended_at = ${nowIn('$1')}
     where d.endpoint_id = $2 and d.state in ('DUE', 'WAITING') and ($3 = 'NONE' or $3 = 'LATEST' and exists (
       select from webhook_delivery l where l.endpoint_id = d.endpoint_id and l.module = d.module and l.record_id = d.record_id
         and l.state in ('DUE', 'WAITING') and (l.position, l.event_id) > (d.position, d.event_id))) returning id::text`,
    [aheadMs, endpointId, recovery],
  )
  await tx.unsafe(
    `update webhook_delivery set tries = 0, next_at = ${nowIn('$1')} where endpoint_id = $2 and state in ('DUE', 'WAITING')`,
    [aheadMs, endpointId],
  )
  await letGo(
    tx,
    dropped.map(({ id }) => id),
    aheadMs,
  )
  return true
}

/** Of these records, what is still to be sent is not sent any more: something newer is. */
export const supersede = (
  tx: Connection,
  endpointId: string,
  records: readonly (readonly [string, string])[],
  aheadMs: number,
) =>
  tx.unsafe(
    `update webhook_delivery d set state = 'DISCARDED', reason = 'recovery', ended_at = ${nowIn('$1')}
     from unnest($3::text[], $4::text[]) r(module, record_id)
     where d.endpoint_id = $2 and d.module = r.module and d.record_id = r.record_id and d.state in ('DUE', 'WAITING') and d.generation = 0`,
    [aheadMs, endpointId, records.map(([module]) => module), records.map(([, id]) => id)] as never[],
  )
