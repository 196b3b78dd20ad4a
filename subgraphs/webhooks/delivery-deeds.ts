import { audit } from '../../drizzle/audit.ts'
import { transaction, type Context } from '../../drizzle/context.ts'
import { appendEvent } from '../../drizzle/outbox.ts'
import { HouseError } from '../../schema/errors.ts'
import { conditions, deliveryOf, moment, type Delivery, type DeliveryFilter } from './deliveries.ts'
import { discard, replay, resend } from './decide.ts'
import { endpointOf } from './endpoints.ts'
import { testType } from './own-events.ts'
import { letGo } from './settle.ts'
import { lockLanes } from './store-deliveries.ts'

// What people do to deliveries. A deed and what it is done to are one transaction, so a second press finds nothing left.

/** What can be done to many deliveries at once. */
export const deeds = ['REDRIVE', 'REPLAY', 'DISCARD'] as const
export type Deed = (typeof deeds)[number]

/** What a person decides about a delivery that waits for them. */
export const decisions = ['SEND', 'DELIVERED', 'DISCARD'] as const
export type Decision = (typeof decisions)[number]

/** Of one call; who has more comes again. */
export const bulkMax = 10_000

/** Those that a deed can be done to, beside what is asked for. */
const doable: Readonly<Record<Deed, string>> = {
  // What was given up, or waits for a person, or for its next try.
  REDRIVE: `(d.state in ('PARKED', 'HELD', 'DUE') or d.state = 'DEAD' and d.lane is null)`,
  // What is over, unless a later generation of it is under way.
  REPLAY: `d.state in ('DELIVERED', 'DEAD', 'DISCARDED') and d.reason is distinct from 'unseen' and not exists (
    select from webhook_delivery o where o.event_id = d.event_id and o.endpoint_id = d.endpoint_id and o.generation > d.generation)`,
  DISCARD: `d.state in ('DEAD', 'PARKED', 'HELD', 'DUE', 'WAITING')`,
}

/** How many deliveries a deed would be done to now. */
export async function countForDeed(ctx: Context, endpointId: string, deed: Deed, filter: DeliveryFilter) {
  await endpointOf(ctx, endpointId)
  const { text, values } = chosen(ctx, endpointId, deed, filter)
  const [row] = await ctx.sql.unsafe<{ count: number }[]>(
    `select count(*)::integer as count from webhook_delivery d where ${text}`,
    values as never[],
  )
  return row?.count ?? 0
}

/**
 * Does a deed to all deliveries that fit: sends them again from the beginning of the schedule (REDRIVE), sends them anew as
 * the next generation (REPLAY), or gives them up (DISCARD).
 *
 * @param count  how many the caller expects; another number of them is done nothing
 * @throws CONFLICT  there are more or fewer by now, or the endpoint is not active
 * @returns how many it was done to
 */
export async function doToDeliveries(
  ctx: Context,
  endpointId: string,
  deed: Deed,
  filter: DeliveryFilter,
  count: number,
): Promise<number> {
  const endpoint = await endpointOf(ctx, endpointId)
  if (deed !== 'DISCARD') demandActive(endpoint)
  return transaction(ctx, async tx => {
    await lockLanes(tx.sql, [endpointId])
    const { text, values } = chosen(tx, endpointId, deed, filter)
    const rows = await tx.sql.unsafe<{ id: string }[]>(
      `select d.id::text from webhook_delivery d where ${text} order by d.position, d.event_id limit ${bulkMax + 1} for update`,
      values as never[],
    )
    if (rows.length > bulkMax)
      throw new HouseError('INVALID', `At most ${bulkMax} at once: narrow the filter`, { argument: 'filter' })
    if (rows.length !== count) {
      throw new HouseError('CONFLICT', `There are ${rows.length} by now, not ${count}: count again`, {
        count: rows.length,
      })
    }
    await perform(
      tx,
      deed,
      rows.map(({ id }) => id),
    )
    audit(tx, { action: 'webhook.deliveries', id: endpointId, relatedId: endpoint.owner.id, after: { deed, count } })
    return rows.length
  })
}

/**
 * Sends again what failed or was never sent since a moment: one more try each.
 *
 * @throws INVALID  some of that time is forgotten
 */
export async function recoverSince(ctx: Context, endpointId: string, since: string): Promise<number> {
  const from = moment('since', since)
  demandActive(await endpointOf(ctx, endpointId))
  const [oldest] = await ctx.sql<{ at: string | null }[]>`
    select (select min(at)::text from event_log) as at from event_stream where forgotten_position > 0`
  if (oldest && (oldest.at === null || from.replace('T', ' ') < oldest.at))
    throw new HouseError('INVALID', 'Events of that time are not kept any more', { argument: 'since' })
  const filter: DeliveryFilter = { states: ['DEAD', 'PARKED', 'HELD'], from: since }
  return doToDeliveries(ctx, endpointId, 'REDRIVE', filter, await countForDeed(ctx, endpointId, 'REDRIVE', filter))
}

/**
 * Sends one delivery now. One that waits for its next try is sent in place of that; one that is over gets a new one, of the
 * next generation.
 *
 * @throws CONFLICT  its endpoint is not active, it is being sent, or its event is not kept any more
 */
export async function sendAgain(ctx: Context, id: string): Promise<Delivery> {
  const delivery = await deliveryOf(ctx, id)
  demandActive(await endpointOf(ctx, delivery.endpointId))
  if (!delivery.isEventKept)
    throw new HouseError('CONFLICT', 'Its event is not kept any more, so there is nothing to send', { id })
  const deed = delivery.state === 'DELIVERED' || delivery.state === 'DISCARDED' ? 'REPLAY' : 'REDRIVE'
  const done = await doToDeliveries(ctx, delivery.endpointId, deed, { ids: [id] }, 1)
  if (done !== 1) throw new HouseError('CONFLICT', 'It is being sent at this moment', { id })
  if (deed === 'REDRIVE') return deliveryOf(ctx, id)
  const [made] = await ctx.sql<{ id: string }[]>`
    select id::text from webhook_delivery where replay_of = ${id} order by generation desc limit 1`
  return deliveryOf(ctx, made?.id ?? id)
}

/**
 * Decides about a delivery that waits for a person: of which nobody knows whether it arrived, or which others wait behind.
 *
 * @throws CONFLICT  it does not wait
 */
export async function decide(ctx: Context, id: string, decision: Decision): Promise<Delivery> {
  const { endpointId, state } = await deliveryOf(ctx, id)
  const waits = () => new HouseError('CONFLICT', `It is ${state}: nothing is to be decided`, { id })
  if (state !== 'HELD' && state !== 'PARKED') throw waits()
  const endpoint = await endpointOf(ctx, endpointId)
  await transaction(ctx, async tx => {
    await lockLanes(tx.sql, [endpointId])
    const [row] = await tx.sql`
      select from webhook_delivery where id = ${id} and state in ('HELD', 'PARKED') for update`
    if (!row) throw waits()
    if (decision === 'DELIVERED') {
      await tx.sql`update webhook_delivery set state = 'DELIVERED', reason = 'decided', ended_at = localtimestamp where id = ${id}`
      await letGo(tx.sql, [id], 0)
    } else await perform(tx, decision === 'SEND' ? 'REDRIVE' : 'DISCARD', [id])
    const after = { deed: `${decision} ${id}`, count: 1 }
    audit(tx, { action: 'webhook.decided', id: endpointId, relatedId: endpoint.owner.id, after })
  })
  return deliveryOf(ctx, id)
}

/**
 * Sends an endpoint a test, which no other endpoint gets and which counts for nothing.
 *
 * @returns the id of the event
 * @throws CONFLICT  the endpoint is not active
 */
export async function sendTest(ctx: Context, endpointId: string): Promise<string> {
  const endpoint = await endpointOf(ctx, endpointId)
  demandActive(endpoint)
  return transaction({ ...ctx, isSilent: false }, async tx => {
    await appendEvent(tx, {
      ...{ type: testType, module: 'webhooks.endpoint', recordId: endpointId },
      after: { endpointId, ownerId: endpoint.owner.id, url: endpoint.url },
    })
    const [row] = await tx.sql<{ id: string }[]>`
      select max(id)::text as id from event_log where type = ${testType} and record_id = ${endpointId}
        and position >= pg_current_xact_id()::text::bigint`
    return row?.id ?? ''
  })
}

const chosen = (ctx: Context, endpointId: string, deed: Deed, filter: DeliveryFilter) => {
  // A count would tell of a record that the owner may not see.
  if (filter.recordId != null && !ctx.principal.isAdmin)
    throw new HouseError('FORBIDDEN', 'Only administrators choose by record; name deliveries by their ids', {})
  const { text, values } = conditions(ctx, endpointId, filter)
  return { text: `${text} and ${doable[deed]}`, values }
}

async function perform({ sql, principal }: Context, deed: Deed, ids: readonly string[]): Promise<unknown> {
  if (deed === 'REPLAY') return replay(sql, ids, principal.userId)
  return deed === 'DISCARD' ? discard(sql, ids) : resend(sql, ids)
}

/** @throws CONFLICT  with the way out */
function demandActive({ id, status }: { readonly id: string; readonly status: string }) {
  if (status === 'ACTIVE') return
  const verb = status === 'PAUSED' ? 'resume' : 'enable'
  throw new HouseError(
    'CONFLICT',
    `The endpoint is ${status.toLowerCase()}: ${verb} it first, by enableWebhookEndpoint`,
    {
      id,
      mutation: 'enableWebhookEndpoint',
    },
  )
}
