import { transaction, type Context } from '../../drizzle/context.ts'
import { appendEvent } from '../../drizzle/outbox.ts'
import { nowIn, type Yard } from './yard.ts'

/** What the house tells about an endpoint, as events that other endpoints may want. */
export const notices = [
  'webhooks.endpoint.failing',
  'webhooks.endpoint.warned',
  'webhooks.endpoint.disabled',
  'webhooks.endpoint.exhausted',
  'webhooks.endpoint.recovered',
] as const

export type Notice = (typeof notices)[number]

/** Failures in a row after which the owner is told. */
const failuresToTell = 3
/** Both must be reached before an endpoint is disabled: a quiet one is not for a few calls. */
const failingDaysMax = 5
const failingAttemptsMin = 20
const warnAt = [50, 70, 90] as const
const breakerCyclesMax = 10
/** What was given up is told at most so often, with its count. */
const exhaustedEverySeconds = 900

type Restless = {
  readonly endpointId: string
  readonly userId: string
  readonly url: string
  readonly isActive: boolean
  readonly attempts: number
  readonly warned: number
  readonly cycles: number
  readonly isFailing: boolean
  /** Since deliveries were last told to be given up. */
  readonly hasDelivered: boolean
  /** Of the way to being disabled, in per cent. */
  readonly progress: number
  readonly exhausted: number
  readonly mayTellExhausted: boolean
}

/**
 * Looks at endpoints that are not as they should be, tells what is to be told, and disables those that have failed for too
 * long. Each thing is told once, whichever processes look: what was told is stored with the event that tells it.
 */
export async function tellOwners(yard: Yard, endpointIds?: readonly string[]): Promise<void> {
  const house = await yard.house()
  const found = await yard.sql.unsafe<{ endpointId: string }[]>(
    `${restless} and ($2::text[] is null or h.endpoint_id = any ($2::text[])) order by 1 limit 1000`,
    [yard.aheadMs(), endpointIds ? [...endpointIds] : null] as never[],
  )
  for (const { endpointId } of found) {
    await transaction(house, async ctx => {
      const [row] = await ctx.sql.unsafe<Restless[]>(`${restless} and h.endpoint_id = $2 for update of h, e`, [
        yard.aheadMs(),
        endpointId,
      ])
      if (row) await tell(ctx, row, yard.aheadMs())
    })
  }
}

const now = nowIn('$1')

const restless = `
  select h.endpoint_id as "endpointId", e.user_id as "userId", e.url, e.status = 'ACTIVE' as "isActive",
    h.failing_attempts as attempts, h.warned, h.breaker_cycles as cycles, h.failing_since is not null as "isFailing",
    coalesce(h.last_delivered_at >= coalesce(h.exhausted_told_at, h.last_delivered_at), false) as "hasDelivered",
    coalesce(extract(epoch from ${now} - h.failing_since) / ${failingDaysMax * 864}, 0)::float8 as progress,
    h.exhausted, h.exhausted > 0 and coalesce(h.exhausted_told_at <= ${now} - interval '${exhaustedEverySeconds} seconds', true) as "mayTellExhausted"
  from webhook_health h join webhook_endpoint e on e.id = h.endpoint_id
  where (h.failing_since is not null or h.warned > 0 or h.exhausted > 0 or h.breaker_cycles >= ${breakerCyclesMax})`

async function tell(ctx: Context, row: Restless, aheadMs: number) {
  const { endpointId, attempts, warned } = row
  const notice = (type: Notice, more: Readonly<Record<string, number | string>> = {}) => tellOf(ctx, type, row, more)
  const remember = (level: number) =>
    ctx.sql`update webhook_health set warned = ${level} where endpoint_id = ${endpointId}`
  if (row.isFailing && warned === 0 && attempts >= failuresToTell) {
    await notice('webhooks.endpoint.failing', { failures: attempts })
    await remember(1)
  }
  if (row.mayTellExhausted) {
    await notice('webhooks.endpoint.exhausted', { deliveries: row.exhausted })
    await ctx.sql.unsafe(
      `update webhook_health set exhausted = 0, exhausted_told_at = ${now}, warned = greatest(warned, 1) where endpoint_id = $2`,
      [aheadMs, endpointId],
    )
  }
  if (!row.isFailing) {
    if (warned > 0 && row.hasDelivered && !row.mayTellExhausted) {
      await notice('webhooks.endpoint.recovered')
      await remember(0)
    }
    return
  }
  if (!row.isActive) return
  const isOver = row.progress >= 100 && attempts >= failingAttemptsMin
  if (isOver || row.cycles >= breakerCyclesMax) {
    await disable(ctx, row, row.cycles >= breakerCyclesMax && !isOver ? 'breaker' : 'failing', aheadMs)
    return
  }
  const level = warnAt.findLast(each => row.progress >= each && attempts >= (failingAttemptsMin * each) / 100)
  if (level !== undefined && level > warned) {
    await notice('webhooks.endpoint.warned', { percent: level, failures: attempts })
    await remember(level)
  }
}

type DisabledFor = 'gone' | 'failing' | 'breaker' | 'owner'

/** Disables an endpoint and tells so, once. What happens from now on is held for it. */
export async function disableEndpoint(yard: Yard, endpointId: string, reason: DisabledFor): Promise<void> {
  await transaction(await yard.house(), async ctx => {
    const [row] = await ctx.sql<Restless[]>`
      select id as "endpointId", user_id as "userId", url from webhook_endpoint where id = ${endpointId} for update`
    if (row) await disable(ctx, row, reason, yard.aheadMs())
  })
}

async function disable(ctx: Context, row: Restless, reason: DisabledFor, aheadMs: number) {
  const done = await ctx.sql.unsafe(
    `update webhook_endpoint set status = 'DISABLED', status_reason = $3, status_at = ${now} where id = $2 and status = 'ACTIVE' returning 1`,
    [aheadMs, row.endpointId, reason],
  )
  if (done.length > 0) await tellOf(ctx, 'webhooks.endpoint.disabled', row, { reason })
}

const tellOf = (
  ctx: Context,
  type: Notice,
  { endpointId, userId, url }: Pick<Restless, 'endpointId' | 'userId' | 'url'>,
  more: Readonly<Record<string, number | string>>,
) =>
  appendEvent(ctx, {
    type,
    module: 'webhooks.endpoint',
    recordId: endpointId,
    after: { ownerId: userId, url, ...more },
  })
