import type { Context } from '../../drizzle/context.ts'
import type { StoredEvent } from '../../drizzle/event-log.ts'
import { decodeCursor, encodeCursor } from '../../drizzle/page.ts'
import { HouseError } from '../../schema/errors.ts'
import { endpointOf } from './endpoints.ts'
import { sightOf } from './open-messages.ts'

/** A delivery as the owner of its endpoint sees it. Of a record out of their sight it does not say which. */
export type Delivery = {
  readonly id: string
  readonly endpointId: string
  readonly eventId: string
  readonly eventType: string
  readonly eventAt: string
  /** False: it can be sent no more. */
  readonly isEventKept: boolean
  readonly generation: number
  readonly replayOf: string | null
  readonly module: string | null
  readonly recordId: string | null
  readonly state: string
  readonly reason: string | null
  readonly attempts: number
  readonly nextAt: string | null
  readonly lastOutcome: string | null
  readonly lastStatus: number | null
  readonly isTest: boolean
  readonly createdAt: string
  readonly endedAt: string | null
}

export const deliveryStates = ['DUE', 'WAITING', 'SENDING', 'HELD', 'PARKED', 'DELIVERED', 'DEAD', 'DISCARDED'] as const
export type DeliveryState = (typeof deliveryStates)[number]

/** What is left out does not narrow. */
export type DeliveryFilter = {
  readonly states?: readonly DeliveryState[] | null
  readonly outcome?: string | null
  readonly reason?: string | null
  readonly eventType?: string | null
  readonly eventId?: string | null
  readonly module?: string | null
  readonly recordId?: string | null
  /** Of the event, as ISO 8601. */
  readonly from?: string | null
  readonly to?: string | null
  readonly ids?: readonly string[] | null
}

export type PageWanted = {
  readonly first?: number | null
  readonly after?: string | null
  readonly last?: number | null
  readonly before?: string | null
}

export type PageInfo = {
  readonly hasNextPage: boolean
  readonly hasPreviousPage: boolean
  readonly startCursor: string | null
  readonly endCursor: string | null
}

export type Page<Node> = { readonly nodes: readonly Node[]; readonly pageInfo: PageInfo }

const pageMax = 500

/**
 * A page of an endpoint's deliveries, the newest first, forwards or backwards.
 *
 * @throws NOT_FOUND    the endpoint
 * @throws BAD_REQUEST  a filter that cannot be understood, or a cursor of another list
 */
export async function listDeliveries(
  ctx: Context,
  endpointId: string,
  filter: DeliveryFilter,
  wanted: PageWanted,
): Promise<Page<Delivery>> {
  await endpointOf(ctx, endpointId)
  const where = conditions(ctx, endpointId, filter)
  return paged(wanted, `webhook_delivery ${endpointId} id desc`, async (place, isBackward, limit) => {
    const beyond = place === undefined ? '' : `and d.id ${isBackward ? '>' : '<'} $${where.values.push(place)}::bigint`
    const rows = await ctx.sql.unsafe<DeliveryRow[]>(
      `${selection} where ${where.text} ${beyond} order by d.id ${isBackward ? 'asc' : 'desc'} limit ${limit}`,
      where.values as never[],
    )
    return seenAs(ctx, filter, rows)
  })
}

/** How many there are: what a bulk deed would be done to. */
export async function countDeliveries(ctx: Context, endpointId: string, filter: DeliveryFilter): Promise<number> {
  await endpointOf(ctx, endpointId)
  const where = conditions(ctx, endpointId, filter)
  const [row] = await ctx.sql.unsafe<{ count: number }[]>(
    `select count(*)::float8 as count from webhook_delivery d where ${where.text}`,
    where.values as never[],
  )
  return row?.count ?? 0
}

/** @throws NOT_FOUND */
export async function deliveryOf(ctx: Context, id: string): Promise<Delivery> {
  const rows = /^\d{1,15}$/.test(id)
    ? await ctx.sql.unsafe<DeliveryRow[]>(`${selection} where d.id = $1::bigint`, [id])
    : []
  const [row] = rows
  const none = () => new HouseError('NOT_FOUND', `There is no delivery ${id.slice(0, 40)}`, { id })
  if (!row || (row.reason === 'unseen' && !ctx.principal.isAdmin)) throw none()
  await endpointOf(ctx, row.endpointId).catch(() => Promise.reject(none()))
  const [delivery] = await seenAs(ctx, {}, [row])
  if (!delivery) throw none()
  return delivery
}

/** The conditions of a filter as SQL over `webhook_delivery d`. What an owner never saw is not told of. */
export function conditions({ principal }: Context, endpointId: string, filter: DeliveryFilter) {
  const values: unknown[] = [endpointId]
  const all = ['d.endpoint_id = $1']
  const add = (text: (parameter: string) => string, value: unknown) => all.push(text(`$${values.push(value)}`))
  if (!principal.isAdmin) all.push(`d.reason is distinct from 'unseen'`)
  const { states, outcome, reason, eventType, eventId, module, recordId, from, to, ids } = filter
  if (states != null) add(at => `d.state = any (${at}::text[])`, [...states])
  if (outcome != null) add(at => `d.last_outcome = ${at}`, outcome)
  if (reason != null) add(at => `d.reason = ${at}`, reason)
  if (eventType != null) add(at => `d.event_type = ${at}`, eventType)
  if (eventId != null) add(at => `d.event_id = ${at}::bigint`, number('eventId', eventId))
  if (module != null) add(at => `d.module = ${at}`, module)
  if (recordId != null) add(at => `d.record_id = ${at}`, recordId)
  if (from != null) add(at => `d.event_at >= ${at}::text::timestamp`, moment('from', from))
  if (to != null) add(at => `d.event_at < ${at}::text::timestamp`, moment('to', to))
  if (ids != null)
    add(
      at => `d.id = any (${at}::bigint[])`,
      ids.map(id => number('ids', id)),
    )
  return { text: all.join(' and '), values }
}

/**
 * A page of what is ordered by one number, forwards (`first`, `after`) or backwards (`last`, `before`).
 *
 * @param shape  of the list, so that its cursors are of use nowhere else
 * @param read   rows beyond a place; backwards, in the reverse order
 */
export async function paged<Node extends { readonly id: string }>(
  { first, after, last, before }: PageWanted,
  shape: string,
  read: (place: string | undefined, isBackward: boolean, limit: number) => Promise<readonly Node[]>,
): Promise<Page<Node>> {
  const isBackward = last != null || before != null
  if (isBackward && (first != null || after != null))
    throw refused('last', 'A page goes forwards (first, after) or backwards (last, before)')
  const size = (isBackward ? last : first) ?? 50
  if (!Number.isInteger(size) || size < 1 || size > pageMax)
    throw refused(isBackward ? 'last' : 'first', `A page has 1 to ${pageMax} entries`)
  const cursor = isBackward ? before : after
  const [place] = cursor == null ? [] : decodeCursor(cursor, shape, 1)
  if (place !== undefined && !/^\d{1,18}$/.test(place))
    throw refused('after', 'This is no cursor that a list has given')
  const rows = await read(place, isBackward, size + 1)
  const kept = rows.slice(0, size)
  const nodes = isBackward ? kept.reverse() : kept
  const isMore = rows.length > size
  const cursorOf = (node: Node | undefined) => (node ? encodeCursor(shape, [node.id]) : null)
  return {
    nodes,
    pageInfo: {
      hasNextPage: isBackward ? cursor != null : isMore,
      hasPreviousPage: isBackward ? isMore : cursor != null,
      startCursor: cursorOf(nodes[0]),
      endCursor: cursorOf(nodes.at(-1)),
    },
  }
}

const refused = (argument: string, message: string) => new HouseError('BAD_REQUEST', message, { argument })

export function number(argument: string, text: string): string {
  if (!/^\d{1,15}$/.test(text)) throw refused(argument, `${argument} has to be an id that a list has given`)
  return text
}

export function moment(argument: string, text: string): string {
  const at = new Date(text)
  if (Number.isNaN(at.getTime())) throw refused(argument, `${argument} is no moment such as 2030-03-04T10:30:00Z`)
  return at.toISOString().slice(0, 23)
}

type DeliveryRow = Delivery & { readonly event: StoredEvent | null }

const selection = `
  select d.id::text, d.endpoint_id as "endpointId", d.event_id::text as "eventId", d.event_type as "eventType",
    d.event_at as "eventAt", v.id is not null as "isEventKept", d.generation, d.replay_of::text as "replayOf", d.module,
    d.record_id as "recordId", d.state, d.reason, d.attempts, case when d.state = 'DUE' then d.next_at end as "nextAt",
    d.last_outcome as "lastOutcome", d.last_status as "lastStatus", d.is_test as "isTest", d.created_at as "createdAt",
    d.ended_at as "endedAt", case when v.id is not null then jsonb_build_object('position', v.position, 'id', v.id, 'xid', v.xid,
      'at', v.at::text, 'type', v.type, 'module', v.module, 'recordId', v.record_id, 'sequence', v.sequence, 'before', v.before,
      'after', v.after, 'link', v.link, 'groups', v.groups, 'origin', v.origin) end as event
  from webhook_delivery d
  left join event_log v on v.position = d.position and v.id = d.event_id and v.at = d.event_at`

/** Without the records that are out of sight; whoever asks for one of those is told of nothing. */
async function seenAs(ctx: Context, filter: DeliveryFilter, rows: readonly DeliveryRow[]): Promise<Delivery[]> {
  const seen = await sightOf(
    ctx,
    rows.flatMap(({ event }) => (event ? [event] : [])),
  )
  return rows.flatMap(({ event, ...delivery }) => {
    if (ctx.principal.isAdmin || (event && seen.has(event.id))) return [delivery]
    return filter.recordId == null ? [{ ...delivery, module: null, recordId: null }] : []
  })
}
