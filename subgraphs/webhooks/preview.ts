import type { Context } from '../../drizzle/context.ts'
import type { StoredEvent } from '../../drizzle/event-log.ts'
import { outsideOf } from '../../drizzle/outside.ts'
import { HouseError } from '../../schema/errors.ts'
import { exampleOf } from '../../schema/event-example.ts'
import { eventTypesOf } from '../../schema/event-types.ts'
import type { RecordEvent } from '../events/event.ts'
import { subjectsOf, typesMatched, wants } from '../events/wanted.ts'
import { isAboutEndpoint } from './own-events.ts'
import { bodyFor, sightOf, toldTo } from './open-messages.ts'
import { bytesSoft, readPayload, storedPayload } from './payload.ts'
import { compileTemplate, TemplateFault } from './template.ts'
import { wholeRecords } from './whole-records.ts'

/** What an endpoint would be sent for an event, unsigned. */
export type Preview = {
  readonly eventId: string
  readonly contentType: string
  /** Those that the payload brings. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Of the whole; where that is too large, the body is a thin one. */
  readonly bytes: number
  readonly isCutToThin: boolean
  /** Receivers like smaller ones. */
  readonly isLarge: boolean
}

export type PreviewInput = {
  readonly payload?: unknown
  readonly eventTypes?: readonly string[] | null
  /** Of a past event; the newest that fits, if left out. */
  readonly eventId?: string | null
}

/**
 * Makes the message of a past event, with the rights of whoever asks.
 *
 * @throws NOT_FOUND  no such event is kept, or none that the principal may see
 * @throws INVALID    the payload, or what the template makes
 */
export async function previewPayload(ctx: Context, { payload, eventTypes, eventId }: PreviewInput): Promise<Preview> {
  const read = readPayload(payload)
  const [event] = await pastEvents(ctx, eventTypes ?? ['*'], eventId ?? undefined)
  if (!event) {
    const detail =
      eventId == null ? 'No such event has happened yet' : `There is no event ${eventId.slice(0, 40)} any more`
    throw new HouseError('NOT_FOUND', detail, {})
  }
  return previewOf(ctx, read, event)
}

/**
 * Tries a payload on the newest event that fits; where nothing has happened yet, there is nothing to try.
 *
 * @throws INVALID  what the template makes
 */
export async function checkSample(ctx: Context, payload: unknown, eventTypes: readonly string[]): Promise<void> {
  const read = storedPayload(payload)
  if (read.kind !== 'TEMPLATE') return
  const [event] = await pastEvents(ctx, eventTypes, undefined)
  if (event) await previewOf(ctx, read, event)
}

const samplesMax = 3

/** Messages as an endpoint would get them: of past events, or made up where there are none. */
export async function samplesOf(ctx: Context, eventTypes: readonly string[], payload: unknown): Promise<unknown[]> {
  const read = readPayload(payload ?? { kind: 'FULL' })
  const past = await pastEvents(ctx, eventTypes, undefined)
  const all = eventTypesOf(ctx.catalog)
  const [type] = [...typesMatched(ctx.catalog, eventTypes)].flatMap(name => all.get(name) ?? [])
  const events = past.length > 0 ? past.slice(0, samplesMax) : type ? [exampleOf(type) as RecordEvent] : []
  const made = await Promise.all(events.map(event => previewOf(ctx, read, event)))
  return made.map(({ contentType, body }) => (/[/+]json$/.test(contentType) ? (JSON.parse(body) as unknown) : { body }))
}

async function previewOf(ctx: Context, payload: ReturnType<typeof readPayload>, event: RecordEvent): Promise<Preview> {
  const outside = outsideOf(ctx)
  const wanted = event.leftSight ? new Map() : new Map([[event.record.module, new Set([event.record.id])]])
  const needsRecord = payload.kind === 'FULL' || payload.kind === 'TEMPLATE'
  try {
    const records = await wholeRecords(ctx, needsRecord ? wanted : new Map())
    const told = await toldTo(outside, ctx, payload, event, records)
    const template =
      payload.kind === 'TEMPLATE'
        ? compileTemplate(payload.template, payload.mediaType, payload.outputSchema)
        : undefined
    const { body, bytes, isCutToThin } = bodyFor({ payload, template }, told, outside)
    const { 'content-type': contentType = '', ...headers } = body.headers
    return {
      ...{ eventId: event.id, contentType, headers, body: body.bytes.toString(), bytes, isCutToThin },
      isLarge: bytes > bytesSoft,
    }
  } catch (error) {
    if (!(error instanceof TemplateFault)) throw error
    throw new HouseError('INVALID', `The payload cannot be made: ${error.message}`, {
      field: 'payload',
      pointer: '/payload',
      eventId: event.id,
    })
  }
}

/** So many of the newest events are looked through for one that the principal may see. */
const lookedThroughMax = 200

async function pastEvents(
  ctx: Context,
  eventTypes: readonly string[],
  eventId: string | undefined,
): Promise<readonly RecordEvent[]> {
  const { sql, catalog } = ctx
  if (eventId !== undefined && !/^\d{1,15}$/.test(eventId)) return []
  const types = eventTypes.filter(type => !isAboutEndpoint({ type }))
  const isWanted = wants(catalog, { types })
  const modules = subjectsOf(catalog, { types })
  const rows = await sql<StoredEvent[]>`
    select position::float8, id::float8, xid::float8, at, type, module, record_id as "recordId",
      sequence::float8, before, after, link, groups, origin
    from event_log
    where ${eventId === undefined ? sql`true` : sql`id = ${eventId}`}
      and ${modules ? sql`module = any (${[...modules]}::text[])` : sql`true`}
    order by event_log.position desc, event_log.id desc limit ${lookedThroughMax}`
  const fitting = rows.filter(event => eventId !== undefined || isWanted(event))
  const seen = await sightOf(ctx, fitting)
  return fitting.flatMap(({ id }) => seen.get(id) ?? []).filter(event => !event.leftSight)
}
