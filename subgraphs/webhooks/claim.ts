import type { Connection } from '../../drizzle/client.ts'
import type { StoredEvent } from '../../drizzle/event-log.ts'
import type { OnUnknown } from './endpoint-settings.ts'
import type { Outcome } from './outcome.ts'
import { nowIn } from './yard.ts'

/** A delivery that this process, and no other, may send now. */
export type Claimed = {
  readonly id: string
  readonly endpointId: string
  readonly revision: number
  readonly generation: number
  /** Which attempt this is: 1 for the first. What ends another one changes nothing. */
  readonly attempt: number
  readonly tries: number
  /** When the attempt was stored. */
  readonly at: string
  readonly lastOutcome: Outcome | null
  readonly isTest: boolean
  /** Until the endpoint's rate lets it go. */
  readonly waitMs: number
  readonly timeoutMs: number
  readonly ratePerSecond: number | null
  readonly schedule: readonly number[]
  readonly isOrdered: boolean
  readonly onUnknown: OnUnknown
  readonly atMostOnce: boolean
  readonly eventId: string
  readonly eventType: string
  /** Null when it is forgotten. */
  readonly event: StoredEvent | null
}

/** Whoever sends has given up so long before its lease ends, and others take it for lost when it does. */
export const leaseSpareMs = 5_000
/** Slots of a rate are given out so far ahead. */
const aheadOfRateMs = 250
/** Slots lie this much wider than the rate asks: a request that arrives late must not come too close to those behind it. */
const rateSpare = 1.1
/** How late it may start. The other half of the spare of a second is for its way. */
export const lateMsMax = 50

/**
 * Takes deliveries that are due, by one statement that also stores the attempts: when the first byte is sent, the
 * database knows of it. No other process gets them, and no endpoint gets more requests at a time, or a second, than it
 * is set to.
 *
 * @param slots  at most so many; endpoints with something due have equal shares
 */
export const claimDue = (sql: Connection, slots: number, aheadMs: number): Promise<readonly Claimed[]> =>
  sql.unsafe<Claimed[]>(claim, [aheadMs, slots], { prepare: true })

/** Another slot of an endpoint's rate, for a request that has missed its own. @returns milliseconds until then */
export async function nextSlot(sql: Connection, endpointId: string, aheadMs: number): Promise<number> {
  const [row] = await sql.unsafe<{ waitMs: number }[]>(anotherSlot, [aheadMs, endpointId], { prepare: true })
  return row?.waitMs ?? 0
}

const now = nowIn('$1')
const step = `(${rateSpare} / e.rate_per_second * interval '1 second')`
const inRate = `case when e.rate_per_second is null then $2::integer else
  floor(extract(epoch from ${now} + interval '${aheadOfRateMs} milliseconds' - greatest(h.next_slot, ${now})) / extract(epoch from ${step})) + 1 end`
const anotherSlot = `
  update webhook_health h set next_slot = greatest(h.next_slot, ${now}) + ${step} from webhook_endpoint e
  where e.id = h.endpoint_id and e.rate_per_second is not null and h.endpoint_id = $2
  returning (extract(epoch from h.next_slot - ${step} - ${now}) * 1000)::float8 as "waitMs"`

/** After its pause a breaker lets one request try. */
const inFlightMax = `case h.breaker when 'CLOSED' then e.concurrency else 1 end`

const claim = `
  with recursive busy (endpoint_id) as (
    (select endpoint_id from webhook_delivery where state = 'DUE' order by endpoint_id limit 1)
    union all
    select (select d.endpoint_id from webhook_delivery d where d.state = 'DUE' and d.endpoint_id > b.endpoint_id
      order by d.endpoint_id limit 1) from busy b where b.endpoint_id is not null
  ), ready as (
    select b.endpoint_id from busy b where b.endpoint_id is not null and exists (
      select from webhook_delivery d where d.endpoint_id = b.endpoint_id and d.state = 'DUE' and d.next_at <= ${now})
  ), open as materialized (
    select e.id as endpoint_id, greatest(h.next_slot, ${now}) as first_slot, case when e.rate_per_second is not null then ${step} end as step,
      least(${inFlightMax} - h.in_flight, ${inRate}, ceil($2::float8 / greatest((select count(*) from ready), 1)))::integer as room
    from ready r join webhook_endpoint e on e.id = r.endpoint_id join webhook_health h on h.endpoint_id = e.id
    where e.status = 'ACTIVE' and (h.hold_until is null or h.hold_until <= ${now})
      and (h.breaker <> 'OPEN' or h.breaker_until <= ${now})
      and h.in_flight < ${inFlightMax} and ${inRate} > 0
    order by h.endpoint_id for update of h skip locked
  ), picked as materialized (
    select o.endpoint_id, o.first_slot, o.step, d.id from open o cross join lateral (
      select d.id from webhook_delivery d where d.endpoint_id = o.endpoint_id and d.state = 'DUE' and d.next_at <= ${now}
      order by d.next_at, d.id limit o.room for update skip locked) d
    limit $2::integer
  ), slotted as (
    select p.id, p.endpoint_id, p.first_slot + (row_number() over (partition by p.endpoint_id order by p.id) - 1) * p.step as slot from picked p
  ), taken as (
    update webhook_delivery d set state = 'SENDING', attempts = d.attempts + 1, tries = d.tries + 1,
      lease_until = coalesce(s.slot, ${now}) + (e.timeout_ms + ${leaseSpareMs}) * interval '1 millisecond'
    from slotted s, webhook_endpoint e where d.id = s.id and e.id = s.endpoint_id
    returning d.*, s.slot, e.revision, e.timeout_ms, e.rate_per_second, e.schedule, e.is_ordered, e.on_unknown, e.at_most_once
  ), intended as (
    insert into webhook_attempt (at, delivery_id, number, endpoint_id, event_id)
    select ${now}, t.id, t.attempts, t.endpoint_id, t.event_id from taken t
  ), counted as (
    update webhook_health h set in_flight = h.in_flight + p.count, next_slot = coalesce(p.first_slot + p.count * p.step, h.next_slot),
      breaker = case h.breaker when 'OPEN' then 'HALF_OPEN' else h.breaker end
    from (select endpoint_id, count(*), min(first_slot) as first_slot, min(step) as step from picked group by 1) p
    where h.endpoint_id = p.endpoint_id
  )
  select t.id::text, t.endpoint_id as "endpointId", t.revision, t.generation, t.attempts as attempt, t.tries,
    ${now}::timestamp(3)::text as at, t.last_outcome as "lastOutcome", t.is_test as "isTest",
    coalesce(greatest(extract(epoch from t.slot - ${now}) * 1000, 0), 0)::float8 as "waitMs",
    t.timeout_ms as "timeoutMs", t.rate_per_second as "ratePerSecond", t.schedule, t.is_ordered as "isOrdered", t.on_unknown as "onUnknown", t.at_most_once as "atMostOnce",
    t.event_id::text as "eventId", t.event_type as "eventType", v.event
  from taken t left join lateral (
    select jsonb_build_object('position', v.position, 'id', v.id, 'xid', v.xid, 'at', to_char(v.at, 'YYYY-MM-DD HH24:MI:SS.MS'), 'type', v.type,
      'module', v.module, 'recordId', v.record_id, 'sequence', v.sequence, 'before', v.before, 'after', v.after, 'link', v.link,
      'groups', v.groups, 'origin', v.origin) as event
    from event_log v where v.position = t.position and v.id = t.event_id and v.at = t.event_at limit 1) v on true`
