import type { Context } from '../../drizzle/context.ts'
import { advanced, hasSeen, type Cursor } from '../../drizzle/event-cursor.ts'
import type { EventLog, StoredEvent } from '../../drizzle/event-log.ts'
import { HouseError } from '../../schema/errors.ts'
import type { RecordEvent } from './event.ts'
import { visibleEvents } from './judge.ts'
import { wants, type Wanted } from './wanted.ts'

/** An event and where to go on behind it. */
export type FeedEvent = { readonly event: RecordEvent; readonly cursor: string }

/** A part of the feed. `cursor` is where to go on, also when nothing was for the reader. */
export type FeedPage = { readonly events: readonly FeedEvent[]; readonly cursor: string; readonly hasMore: boolean }

export const pageMax = 1_000

/** Of the log, that much is looked through for one page: who wants little of it comes again. */
const scanMax = 5_000

/**
 * Where a reader begins: behind a cursor that it was given, `now`, or at the oldest event that is kept.
 *
 * @throws BAD_REQUEST, CURSOR_EXPIRED
 */
export async function beginning(log: EventLog, text: string | undefined): Promise<Cursor> {
  if (text === undefined || text === '' || text === 'oldest') return log.oldest()
  return text === 'now' ? log.now() : log.decode(text)
}

/**
 * The next events behind a cursor that the reader wants and may see.
 *
 * @throws CURSOR_EXPIRED  they are not kept any more
 * @throws BAD_REQUEST     a module or type that does not exist; a page of no or too many events
 */
export async function readFeed(ctx: Context, from: Cursor, wanted: Wanted, limit: number): Promise<FeedPage> {
  if (!Number.isInteger(limit) || limit < 1 || limit > pageMax) {
    throw new HouseError('BAD_REQUEST', `A page has 1 to ${pageMax} events`, { argument: 'limit' })
  }
  const log = logOf(ctx)
  const isWanted = wants(ctx.catalog, wanted)
  const found: FeedEvent[] = []
  let cursor = from
  let scanned = 0
  for (;;) {
    const size = Math.min(limit, 500)
    const batch = await log.read(cursor, size)
    scanned += batch.length
    for (const { stored, event } of await visibleEvents(ctx, news(cursor, batch).filter(isWanted))) {
      cursor = advanced(cursor, stored)
      found.push({ event, cursor: log.encode(cursor) })
      if (found.length === limit) return { events: found, cursor: log.encode(cursor), hasMore: true }
    }
    const last = batch.at(-1)
    if (last) cursor = advanced(cursor, last)
    const hasMore = batch.length === size
    if (!hasMore || scanned >= scanMax) return { events: found, cursor: log.encode(cursor), hasMore }
  }
}

/** What has come of the log: events to give out, each with the cursor behind it, and how far the reader is with them. */
export type FeedBatch = {
  readonly events: readonly { readonly event: RecordEvent; readonly cursor: Cursor }[]
  readonly cursor: Cursor
}

/**
 * The same without end.
 *
 * @param contextNow  the reader as it stands at this moment: rights may change while it reads
 */
export async function* followFeed(
  log: EventLog,
  from: Cursor,
  isWanted: (event: StoredEvent) => boolean,
  contextNow: () => Promise<Context>,
  signal: AbortSignal,
): AsyncGenerator<FeedBatch, void> {
  let cursor = from
  for await (const batch of log.follow(from, signal)) {
    const wanted = news(cursor, batch).filter(isWanted)
    const seen = wanted.length > 0 ? await visibleEvents(await contextNow(), wanted) : []
    const from = cursor
    const events = seen.map(({ stored, event }) => ({ event, cursor: advanced(from, stored) }))
    const last = batch.at(-1)
    if (last) cursor = advanced(cursor, last)
    yield { events, cursor }
  }
}

/** Without what a reader that began with a snapshot knows from there. */
const news = ({ seen }: Cursor, batch: readonly StoredEvent[]) =>
  seen ? batch.filter(({ xid }) => !hasSeen(seen, xid)) : batch

export function logOf({ events }: Context): EventLog {
  if (!events) throw new Error('This process reads no events')
  return events
}
