import { hash } from 'node:crypto'
import { connect, type Connection, type Pool } from './client.ts'
import {
  cursorAt,
  decodeEventCursor,
  encodeEventCursor,
  expired,
  idMax,
  isBehind,
  readSnapshot,
  type Cursor,
  type Place,
} from './event-cursor.ts'
import { createRing } from './event-ring.ts'
import type { EventFields, EventLink, Origin } from './outbox.ts'
import { begin } from './transaction.ts'

/** An event as it was appended. */
export type StoredEvent = Place & {
  readonly xid: number
  /** `2030-03-04 10:30:00.123` */
  readonly at: string
  readonly type: string
  readonly module: string | null
  readonly recordId: string | null
  readonly sequence: number | null
  readonly before: EventFields | null
  readonly after: EventFields | null
  readonly link: EventLink | null
  readonly groups: readonly string[] | null
  readonly origin: Origin
}

/** The log of events as this process reads it. */
export type EventLog = {
  /** Tells all processes that there are events, a few milliseconds later at most. */
  readonly tell: () => void
  /** Behind every event that is settled now. */
  now(): Promise<Place>
  /** Before every event that is kept. */
  oldest(): Promise<Place>
  /**
   * The settled events behind a place, in order.
   *
   * @throws CURSOR_EXPIRED  some of them are forgotten
   */
  read(after: Place, limit: number): Promise<readonly StoredEvent[]>
  /** The same without end: batches as they come, each behind the one before. Ends with the signal, and with the log. */
  follow(after: Place, signal: AbortSignal): AsyncGenerator<readonly StoredEvent[], void>
  /** One moment of the whole database to read from, and the cursor of that moment. A few at a time; others wait. */
  snapshot(): Promise<OpenSnapshot>
  encode(cursor: Cursor): string
  /** @throws BAD_REQUEST, CURSOR_EXPIRED */
  decode(text: string): Cursor
  close(): Promise<void>
}

export type OpenSnapshot = { readonly sql: Connection; readonly cursor: Cursor; readonly end: () => Promise<void> }

export type EventLogOptions = {
  readonly url: string
  /** Told of failures to read; reading goes on. */
  readonly onFailure?: (error: unknown) => void
  /** How long a notice may be missed: the log is looked at this often while somebody follows it. */
  readonly pollMs?: number
}

const channel = 'events'
/** Notices take a lock of the whole cluster at commit; ten milliseconds between them cost writers nothing (measured). */
const tellMs = 10
const batchMax = 500

/**
 * Opens the log on connections of its own.
 *
 * An event is settled when no transaction is under way that could still put one before it. Transactions have numbers, an
 * event's position is no less than its transaction's, and of positions below that of the oldest transaction under way
 * none can come any more. So nobody who goes by (position, id) misses an event, however late its transaction ends; a
 * transaction that stays open keeps all readers waiting.
 */
export async function openEventLog({ url, onFailure = () => {}, pollMs = 500 }: EventLogOptions): Promise<EventLog> {
  const sql = connect(url, { max: 2, applicationName: 'switchyard events' })
  const epoch = await epochOf(sql).catch(async (error: unknown) => {
    await sql.end()
    throw error
  })
  const snapshots = connect(url, { max: 3, applicationName: 'switchyard snapshots' })
  const closing = new AbortController()
  const ring = createRing()
  let reading: Promise<void> | undefined
  let wake = () => {}
  let told = 0
  let telling: NodeJS.Timeout | undefined

  /** One reader for all who follow: it starts with the first of them, and waits while there is nobody. */
  async function readOn() {
    await sql.listen(channel, () => wake()).catch(onFailure)
    while (!closing.signal.aborted) {
      const isMore = await readOnce().catch((error: unknown) => {
        if (!closing.signal.aborted) onFailure(error)
        return false
      })
      if (!isMore) await pause()
    }
  }

  async function readOnce(): Promise<boolean> {
    const from = ring.end ?? (await now(sql))
    if (!ring.start) ring.open(from)
    const events = await select(sql, from, batchMax)
    ring.push(events)
    return events.length === batchMax
  }

  const pause = () =>
    new Promise<void>(resolve => {
      const timer = setTimeout(resolve, pollMs)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  const tellNow = () => {
    telling = undefined
    told = performance.now()
    sql`select pg_notify(${channel}, '')`.catch(error => !closing.signal.aborted && onFailure(error))
  }

  async function* follow(after: Place, signal: AbortSignal): AsyncGenerator<readonly StoredEvent[], void> {
    reading ??= readOn()
    const ended = AbortSignal.any([signal, closing.signal])
    let place = after
    while (!ended.aborted) {
      // Asked before the log is: what the ring holds then, the log does not need to answer.
      const { start } = ring
      const held = ring.after(place)
      if (held?.length === 0 || (!held && !start)) {
        await ring.changed(ended)
        continue
      }
      const events = held ?? (await read(sql, place, batchMax))
      const last = events.at(-1)
      place = last ?? start ?? place
      if (last) yield events
    }
  }

  return {
    tell() {
      if (closing.signal.aborted || telling) return
      const wait = told + tellMs - performance.now()
      if (wait <= 0) tellNow()
      else telling = setTimeout(tellNow, wait)
    },
    now: () => now(sql),
    oldest: () => forgottenTo(sql),
    read: (after, limit) => read(sql, after, limit),
    follow,
    snapshot: () => openSnapshot(snapshots),
    encode: cursor => encodeEventCursor(epoch, cursor),
    decode: text => decodeEventCursor(epoch, text),
    async close() {
      clearTimeout(telling)
      closing.abort()
      wake()
      await reading
      await Promise.all([sql.end({ timeout: 5 }), snapshots.end({ timeout: 1 })])
    },
  }
}

async function now(sql: Connection): Promise<Place> {
  const [row] = await sql<{ horizon: string }[]>`select pg_snapshot_xmin(pg_current_snapshot())::text as horizon`
  return { position: Number(row?.horizon) - 1, id: idMax }
}

/** The last event that is not kept any more. */
async function forgottenTo(sql: Connection): Promise<Place> {
  const [row] = await sql<Place[]>`
    select forgotten_position::float8 as position, forgotten_id::float8 as id from event_stream`
  return row ?? { position: 0, id: 0 }
}

/** What was forgotten is asked for last: what goes while events are read is noticed then. */
async function read(sql: Connection, after: Place, limit: number): Promise<readonly StoredEvent[]> {
  const events = await select(sql, after, limit)
  if (isBehind(await forgottenTo(sql), after)) throw expired()
  return events
}

const select = (sql: Connection, after: Place, limit: number) =>
  sql<StoredEvent[]>`
    select position::float8, id::float8, xid::float8, at, type, module, record_id as "recordId",
      sequence::float8, before, after, link, groups, origin
    from event_log
    where (position, id) > (${after.position}, ${after.id})
      and position < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
    order by event_log.position, event_log.id limit ${limit}`

/** A transaction that only reads has no number, so it keeps no reader of events waiting. */
async function openSnapshot(pool: Pool): Promise<OpenSnapshot> {
  const sql = await pool.reserve()
  try {
    await sql`begin isolation level repeatable read read only`
    const [row] = await sql<{ seen: string }[]>`select pg_current_snapshot()::text as seen`
    const seen = readSnapshot(row?.seen ?? '')
    if (!seen) throw new Error('PostgreSQL gave no snapshot')
    const end = async () => {
      await sql`rollback`.catch(() => undefined)
      sql.release()
    }
    return { sql, cursor: cursorAt(seen), end }
  } catch (error) {
    sql.release()
    throw error
  }
}

/**
 * Which log this is. Positions are numbers of transactions of one database; where the log has been restored in another,
 * what it brought stands before everything, and cursors of before are of no use.
 */
function epochOf(sql: Pool): Promise<string> {
  return begin(sql, async tx => {
    const [here] = await tx<{ name: string }[]>`
      select case when has_function_privilege('pg_control_system()', 'execute')
        then (select system_identifier::text from pg_control_system()) else '' end || ' ' || oid as name
      from pg_database where datname = current_database()`
    const epoch = hash('sha256', here?.name ?? '', 'base64url').slice(0, 12)
    await tx`insert into event_stream (one, epoch) values ('one', ${epoch}) on conflict do nothing`
    const [known] = await tx<{ epoch: string }[]>`select epoch from event_stream for update`
    if (known?.epoch === epoch) return epoch
    await tx`update event_log set position = 0, xid = 0`
    await tx`update event_stream set epoch = ${epoch}, forgotten_position = 0, forgotten_id = 0`
    return epoch
  })
}
