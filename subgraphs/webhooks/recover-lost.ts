import { begin } from '../../drizzle/transaction.ts'
import type { EndpointSettings } from './endpoint-settings.ts'
import { nextStep } from './next-step.ts'
import { settleIn, type Settled, type Settlement } from './settle.ts'
import { nowIn, type Yard } from './yard.ts'

type Lost = Pick<EndpointSettings, 'schedule' | 'isOrdered' | 'onUnknown' | 'atMostOnce'> &
  Pick<Settlement, 'id' | 'endpointId' | 'attempt' | 'at'> & { readonly tries: number; readonly hasLane: boolean }

const lostMax = 500

/**
 * Finds requests whose process has fallen silent, because their lease is over: nobody knows whether they have arrived.
 * What follows is a setting of the endpoint.
 *
 * @returns how many there were
 */
export async function recoverLost(yard: Yard): Promise<Settled & { readonly count: number }> {
  const aheadMs = yard.aheadMs()
  const [some] = await yard.sql.unsafe(anyLost, [aheadMs], { prepare: true })
  if (!some) return { count: 0, restless: [] }
  return begin(yard.sql, async tx => {
    const lost = await tx.unsafe<Lost[]>(takeLost, [aheadMs], { prepare: true })
    const ends = lost.map(({ tries, hasLane, ...each }): Settlement => {
      const step = nextStep({ outcome: 'unknown_outcome', mayHaveArrived: true }, tries, each)
      return {
        ...each,
        isOrdered: hasLane,
        outcome: 'unknown_outcome',
        step,
        message: 'Its process ended before it was over',
      }
    })
    const ordered = lost.filter(({ hasLane }) => hasLane).map(({ endpointId }) => endpointId)
    const settled = ends.length === 0 ? { restless: [] } : await settleIn(tx, ends, [...new Set(ordered)], aheadMs)
    return { ...settled, count: ends.length }
  })
}

const anyLost = `select 1 from webhook_delivery where state = 'SENDING' and lease_until < ${nowIn('$1')} limit 1`

const takeLost = `
  select d.id::text, d.endpoint_id as "endpointId", d.attempts as attempt, d.tries, d.lane is not null as "hasLane", a.at,
    coalesce(e.schedule, '{}') as schedule, coalesce(e.is_ordered, false) as "isOrdered", coalesce(e.on_unknown, 'HOLD') as "onUnknown",
    coalesce(e.at_most_once, true) as "atMostOnce"
  from webhook_delivery d left join webhook_endpoint e on e.id = d.endpoint_id
  join webhook_attempt a on a.delivery_id = d.id and a.number = d.attempts and a.outcome is null
  where d.state = 'SENDING' and d.lease_until < ${nowIn('$1')} limit ${lostMax} for update of d skip locked`
