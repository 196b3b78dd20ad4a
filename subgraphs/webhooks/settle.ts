import type { Connection, Pool } from '../../drizzle/client.ts'
import { begin } from '../../drizzle/transaction.ts'
import type { Step } from './next-step.ts'
import type { Outcome } from './outcome.ts'
import { lockLanes, openStates } from './store-deliveries.ts'
import { nowIn } from './yard.ts'

/** An attempt that is over, and what becomes of its delivery. */
export type Settlement = {
  readonly id: string
  readonly endpointId: string
  readonly isOrdered: boolean
  readonly attempt: number
  readonly at: string
  readonly outcome: Outcome
  readonly step: Step
  readonly message?: string | undefined
  readonly status?: number | undefined
  /** Until the answer began. */
  readonly responseMs?: number | undefined
  readonly ms?: number | undefined
  readonly retryAfterMs?: number | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: Buffer | undefined
  readonly traceId?: string | undefined
}

/** Endpoints of which somebody may have to be told something. */
export type Settled = { readonly restless: readonly string[] }

/**
 * Stores how attempts ended, all of them by one statement.
 *
 * An attempt that was settled before, by whom ever, is left as it is: its number tells. The breaker and the counts of its
 * endpoint change with it, so nothing counts twice.
 */
export async function settle(sql: Pool, ends: readonly Settlement[], aheadMs: number): Promise<Settled> {
  const ordered = [...new Set(ends.filter(({ isOrdered }) => isOrdered).map(({ endpointId }) => endpointId))]
  return ordered.length === 0 ? store(sql, ends, aheadMs) : begin(sql, tx => settleIn(tx, ends, ordered, aheadMs))
}

/** The same in a transaction. @param ordered  the endpoints that have lanes */
export async function settleIn(
  tx: Connection,
  ends: readonly Settlement[],
  ordered: readonly string[],
  aheadMs: number,
): Promise<Settled> {
  await lockLanes(tx, ordered)
  const settled = await store(tx, ends, aheadMs)
  await letGo(
    tx,
    ends.map(({ id }) => id),
    aheadMs,
  )
  return settled
}

/**
 * Lets the first of those go that wait in the lanes of these deliveries, where what was before it is over. Their endpoints
 * must be locked; see lockLanes().
 */
export const letGo = (tx: Connection, deliveryIds: readonly string[], aheadMs: number) =>
  tx.unsafe(release, [aheadMs, [...deliveryIds]] as never[], { prepare: true })

const release = `
  update webhook_delivery w set state = 'DUE', next_at = greatest(w.next_at, ${nowIn('$1')})
  from (select distinct endpoint_id, lane from webhook_delivery where id = any ($2::bigint[]) and lane is not null) l
  cross join lateral (select d.id from webhook_delivery d where d.endpoint_id = l.endpoint_id and d.lane = l.lane
    and d.state in ${openStates} order by d.position, d.event_id limit 1) f
  where w.id = f.id and w.state = 'WAITING'`

async function store(sql: Connection, ends: readonly Settlement[], aheadMs: number): Promise<Settled> {
  const column = <T>(of: (end: Settlement) => T) => ends.map(of)
  const rows = await sql.unsafe<{ endpointId: string; isRestless: boolean }[]>(
    storing,
    [
      aheadMs,
      column(end => end.id),
      column(end => end.attempt),
      column(end => end.at),
      column(end => end.outcome),
      column(end => end.step.state),
      column(end => end.step.reason),
      column(end => end.step.waitMs),
      column(end => end.step.holdMs),
      column(end => end.message ?? null),
      column(end => end.status ?? null),
      column(end => end.responseMs ?? null),
      column(end => end.ms ?? null),
      column(end => (end.retryAfterMs === undefined ? null : Math.ceil(end.retryAfterMs / 1000))),
      column(end => (end.headers ? JSON.stringify(end.headers) : null)),
      column(end => end.body?.toString('base64') ?? null),
      column(end => end.traceId ?? null),
      [...new Set(column(end => end.endpointId))].sort(),
    ] as never[],
    { prepare: true },
  )
  return { restless: rows.filter(({ isRestless }) => isRestless).map(({ endpointId }) => endpointId) }
}

const now = nowIn('$1')

/** The breaker counts what has ended in this stretch and the one before. */
const stretchSeconds = 150
const stretch = `floor(extract(epoch from ${now}) / ${stretchSeconds})::bigint`
const failuresMin = 10
const failureShare = 0.5
const pauseSeconds = 30
const pauseSecondsMax = 600

/** Outcomes that say something about the receiver. */
const telling = `outcome not in ('cancelled', 'template_error', 'our_fault', 'policy_blocked')`

const ended = `('DELIVERED', 'DEAD', 'DISCARDED')`

const storing = `
  with given as (
    select * from unnest($2::bigint[], $3::integer[], $4::text[], $5::text[], $6::text[], $7::text[], $8::float8[], $9::float8[], $10::text[],
      $11::smallint[], $12::real[], $13::real[], $14::integer[], $15::text[], $16::text[], $17::text[])
      as g(id, number, at, outcome, state, reason, wait_ms, hold_ms, message, status, response_ms, ms, retry_after_s, headers, body, trace_id)
  ), settled as (
    update webhook_delivery d set state = g.state, reason = g.reason, lease_until = null, last_outcome = g.outcome, last_status = g.status,
      tries = case when g.outcome = 'cancelled' and g.state = 'DUE' then d.tries - 1 else d.tries end,
      next_at = case when g.state = 'DUE' then ${now} + g.wait_ms * interval '1 millisecond' else d.next_at end,
      ended_at = case when g.state in ${ended} then ${now} end
    from given g where d.id = g.id and d.state = 'SENDING' and d.attempts = g.number
    returning d.endpoint_id, d.is_test, d.state, g.outcome, g.hold_ms, d.event_type
  ), noted as (
    update webhook_attempt a set outcome = g.outcome, message = g.message, status = g.status, response_ms = g.response_ms, ms = g.ms,
      retry_after_s = g.retry_after_s, response_headers = g.headers::jsonb, response_body = decode(g.body, 'base64'), trace_id = g.trace_id
    from given g where a.delivery_id = g.id and a.number = g.number and a.at = g.at::timestamp and a.outcome is null
  ), locked as materialized (
    select h.* from webhook_health h where h.endpoint_id = any ($18::text[]) order by h.endpoint_id for update
  ), tallied as (
    select endpoint_id, count(*)::integer as count, max(hold_ms) as hold_ms,
      count(*) filter (where outcome = 'delivered' and not is_test)::integer as delivered,
      count(*) filter (where outcome <> 'delivered' and ${telling} and not is_test)::integer as failed,
      count(*) filter (where state in ('DEAD', 'PARKED') and not is_test and event_type not like 'webhooks.%')::integer as exhausted
    from settled group by 1
  ), moved as (
    select l.*, t.count, t.hold_ms, t.delivered as new_delivered, t.failed as new_failed, t.exhausted as new_exhausted,
      case when l.stretch = ${stretch} then l.stretch_delivered else 0 end + t.delivered as now_delivered,
      case when l.stretch = ${stretch} then l.stretch_failed else 0 end + t.failed as now_failed,
      case l.stretch when ${stretch} then l.before_delivered when ${stretch} - 1 then l.stretch_delivered else 0 end as then_delivered,
      case l.stretch when ${stretch} then l.before_failed when ${stretch} - 1 then l.stretch_failed else 0 end as then_failed
    from locked l join tallied t on t.endpoint_id = l.endpoint_id
  ), judged as (
    select m.*, case
      when m.breaker = 'HALF_OPEN' and m.new_delivered > 0 then 'closes'
      when m.breaker = 'HALF_OPEN' and m.new_failed > 0 then 'opens'
      when m.breaker = 'CLOSED' and m.new_failed > 0 and m.now_failed + m.then_failed >= greatest(${failuresMin} * ${failureShare},
        ${failureShare} * (m.now_delivered + m.then_delivered + m.now_failed + m.then_failed))
        and m.now_delivered + m.then_delivered + m.now_failed + m.then_failed >= ${failuresMin} then 'opens'
      else 'stays' end as turn
    from moved m
  ), written as (
    update webhook_health h set
      in_flight = h.in_flight - j.count,
      hold_until = case when j.hold_ms > 0 then greatest(h.hold_until, ${now} + j.hold_ms * interval '1 millisecond') else h.hold_until end,
      stretch = ${stretch},
      stretch_delivered = case j.turn when 'closes' then 0 else j.now_delivered end,
      stretch_failed = case j.turn when 'closes' then 0 else j.now_failed end,
      before_delivered = case j.turn when 'closes' then 0 else j.then_delivered end,
      before_failed = case j.turn when 'closes' then 0 else j.then_failed end,
      breaker = case j.turn when 'closes' then 'CLOSED' when 'opens' then 'OPEN' else h.breaker end,
      breaker_cycles = case j.turn when 'closes' then 0 when 'opens' then h.breaker_cycles + 1 else h.breaker_cycles end,
      breaker_until = case j.turn when 'opens'
        then ${now} + least(${pauseSeconds} * 2 ^ least(h.breaker_cycles, 10), ${pauseSecondsMax}) * interval '1 second' else h.breaker_until end,
      failing_since = case when j.new_delivered > 0 then null when j.new_failed > 0 then coalesce(h.failing_since, ${now}) else h.failing_since end,
      failing_attempts = case when j.new_delivered > 0 then 0 else h.failing_attempts + j.new_failed end,
      delivered = h.delivered + j.new_delivered, failed = h.failed + j.new_failed, exhausted = h.exhausted + j.new_exhausted,
      last_delivered_at = case when j.new_delivered > 0 then ${now} else h.last_delivered_at end,
      last_failed_at = case when j.new_failed > 0 then ${now} else h.last_failed_at end
    from judged j where h.endpoint_id = j.endpoint_id
    returning h.endpoint_id, h.failing_attempts > 0 or h.warned > 0 or h.exhausted > 0 as restless
  ), counted as (
    insert into webhook_count as c (day, endpoint_id, outcome, count)
    select ${now}::date, endpoint_id, outcome, count(*) from settled group by 2, 3 order by 2, 3
    on conflict (day, endpoint_id, outcome) do update set count = c.count + excluded.count
  )
  select endpoint_id as "endpointId", restless as "isRestless" from written`
