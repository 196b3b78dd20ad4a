import { afterAll, describe, expect, it } from 'vitest'
import { connect } from '../../drizzle/client.ts'
import { transaction, type Context } from '../../drizzle/context.ts'
import { cursorAt, idMax, type Place } from '../../drizzle/event-cursor.ts'
import { dropEventDays, makeEventDays } from '../../drizzle/event-days.ts'
import { horizonOf } from '../../drizzle/event-horizon.ts'
import { openEventLog, type StoredEvent } from '../../drizzle/event-log.ts'
import { appendEvent } from '../../drizzle/outbox.ts'
import { updateRecord } from '../../subgraphs/crm/update.ts'
import { moduleNamed, writer } from '../crm/writes/writer.ts'
import { testDatabase } from '../database.ts'

const db = await testDatabase({ max: 20 })
const { pool: sql } = db
const log = await openEventLog({ url: db.url, pollMs: 20 })
afterAll(() => log.close())
const ann = writer(sql)
const start: Place = { position: 0, id: 0 }

const idsFrom = async (after: Place) => (await log.read(after, 1_000)).map(event => event.recordId)
const tell = (ctx: Context, id: string) =>
  appendEvent(ctx, { type: 'Accounts.updated', module: 'Accounts', recordId: id })

/** Behind everything that has happened here so far. Other tests of the cluster may keep that from being settled for a while. */
async function settled(): Promise<Place> {
  const from = await log.now()
  const mark = crypto.randomUUID()
  await transaction(ann.ctx, ctx => tell(ctx, mark))
  const found = async () => (await log.read(from, 1_000)).find(event => event.recordId === mark)
  await expect.poll(found).toBeDefined()
  return (await found()) ?? from
}

/** A transaction that stays open, with its number taken, until it is told to go on. */
function held(work: (ctx: Context) => Promise<unknown>) {
  const begun = Promise.withResolvers<void>()
  const go = Promise.withResolvers<void>()
  const done = transaction(ann.ctx, async ctx => {
    await ctx.sql`select pg_current_xact_id()`
    begun.resolve()
    await go.promise
    await work(ctx)
  })
  return { begun: begun.promise, finish: () => (go.resolve(), done) }
}

describe('a reader', () => {
  it('gets no event before one of a transaction that is still under way, and none behind its cursor later', async () => {
    const from = await settled()
    const slow = held(ctx => tell(ctx, 'slow'))
    await slow.begun
    await transaction(ann.ctx, ctx => tell(ctx, 'quick'))

    expect(await idsFrom(from)).toEqual([])
    await slow.finish()
    await expect.poll(() => idsFrom(from)).toHaveLength(2)
    expect(new Set(await idsFrom(from))).toEqual(new Set(['slow', 'quick']))
  })

  it('is held up by the oldest transaction that has written, which can be named', async () => {
    const slow = held(ctx => tell(ctx, 'named'))
    await slow.begun
    const open = await horizonOf(sql)
    await slow.finish()

    expect(open?.ageSeconds).toBeGreaterThan(0)
    expect(open).toMatchObject({ pid: expect.any(Number) as number, application: expect.any(String) as string })
  })

  it('gets a change after what its transaction had to wait for, whichever began first', async () => {
    const from = await settled()
    const id = await ann.create('Accounts', { name: 'first' })
    const early = held(ctx => updateRecord(ctx, moduleNamed('Accounts'), id, { name: 'third' }))
    await early.begun
    await ann.update('Accounts', id, { name: 'second' })
    await early.finish()

    await expect.poll(() => log.read(from, 10)).toHaveLength(3)
    const events = await log.read(from, 10)
    expect(events.map(event => [event.after?.name, event.sequence])).toEqual([
      ['first', 1],
      ['second', 2],
      ['third', 3],
    ])
    expect(events[2]?.xid).toBeLessThan(Number(events[1]?.xid))
  })

  it('goes on exactly where it stopped, whatever it had read', async () => {
    const from = await settled()
    for (let i = 0; i < 7; i++) await transaction(ann.ctx, ctx => tell(ctx, `n${i}`))
    await expect.poll(() => idsFrom(from)).toHaveLength(7)

    const seen: (string | null)[] = []
    let place = from
    for (const size of [1, 3, 2, 5]) {
      const events = await log.read(log.decode(log.encode(place)), size)
      seen.push(...events.map(event => event.recordId))
      place = events.at(-1) ?? place
    }
    expect(seen).toEqual(['n0', 'n1', 'n2', 'n3', 'n4', 'n5', 'n6'])
  })
})

describe('who follows', () => {
  it('gets every event of many writers once, in order, wherever it starts', async () => {
    const from = await settled()
    const stop = new AbortController()
    const followers = Array.from({ length: 4 }, () => collect(from, stop.signal))
    await Promise.all(
      Array.from({ length: 8 }, async (_, w) => {
        const own = writer(sql, { userId: `w${w}` })
        for (let i = 0; i < 25; i++) {
          await transaction({ ...own.ctx, events: log }, async ctx => {
            await tell(ctx, `${w}-${i}`)
            await tell(ctx, `${w}-${i}b`)
          })
        }
      }),
    )
    const late = collect(from, stop.signal)

    for (const each of [...followers, late]) await expect.poll(() => each.length).toBe(400)
    stop.abort()
    const orders = [...followers, late].map(events => events.map(event => event.recordId).join())
    expect(new Set(orders).size).toBe(1)
    expect(new Set(late.map(event => event.recordId)).size).toBe(400)
  })

  it('is woken by other processes', async () => {
    const other = await openEventLog({ url: db.url, pollMs: 60_000 })
    const stop = new AbortController()
    const seen = collect(await log.now(), stop.signal, other)
    await transaction({ ...ann.ctx, events: log }, ctx => tell(ctx, 'before'))
    await expect
      .poll(async () => {
        await transaction({ ...ann.ctx, events: log }, ctx => tell(ctx, 'again'))
        return seen.length
      })
      .toBeGreaterThan(2)
    stop.abort()
    await other.close()
  })

  it('ends with the log', async () => {
    const other = await openEventLog({ url: db.url })
    const ended = (async () => {
      for await (const events of other.follow(await other.now(), new AbortController().signal))
        expect(events).toEqual([])
      return 'ended'
    })()
    await other.close()

    expect(await ended).toBe('ended')
  })
})

/** What comes in, as it comes. */
function collect(from: Place, signal: AbortSignal, of = log): StoredEvent[] {
  const events: StoredEvent[] = []
  void (async () => {
    for await (const batch of of.follow(from, signal)) events.push(...batch)
  })()
  return events
}

describe('a cursor', () => {
  it('of another log, or of none, is refused in words', () => {
    expect(() => log.decode('')).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }) as Error)
    expect(() => log.decode('bm8')).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }) as Error)
    const foreign = Buffer.from('another.1.2').toString('base64url')
    expect(() => log.decode(foreign)).toThrow(expect.objectContaining({ code: 'CURSOR_EXPIRED' }) as Error)
  })

  it('keeps what a snapshot had seen', () => {
    const cursor = cursorAt({ from: 5, to: 9, open: [5, 7] })

    expect(log.decode(log.encode(cursor))).toEqual({ position: 4, id: idMax, seen: { from: 5, to: 9, open: [5, 7] } })
  })
})

describe('a day that gets its room late', () => {
  it('fails nobody who writes meanwhile', async () => {
    const write = () => transaction(writer(sql, { now: '2001-04-02T10:00:00Z' }).ctx, ctx => tell(ctx, '2001-04-02'))
    const waiting = async (count: number) => {
      const found =
        await sql`select from pg_locks where not granted and relation in ('event_log'::regclass, 'event_log_default'::regclass)`
      return found.length >= count
    }
    const reader = await sql.reserve()
    await reader`begin`
    await reader`select from event_log_default limit 1`
    const made = makeEventDays(sql, new Date('2001-04-02T00:00:00Z'), 0)
    await expect.poll(() => waiting(1)).toBe(true)
    const written = write()
    await expect.poll(() => waiting(2)).toBe(true)
    await reader`commit`
    reader.release()

    await Promise.all([made, written])

    const [row] = await sql`select tableoid::regclass::text as name from event_log where record_id = '2001-04-02'`
    expect(row?.name).toBe('event_log_20010402')
    await sql`drop table event_log_20010402`
  })
})

describe('days that are over', () => {
  it('are dropped, and a cursor from before them is told so', async () => {
    const on = (day: string) => transaction(writer(sql, { now: `${day}T10:00:00Z` }).ctx, ctx => tell(ctx, day))
    await makeEventDays(sql, new Date('2001-05-02T00:00:00Z'), 0)
    const before = await settled()
    await on('2001-05-01')
    await on('2001-05-02')
    await on('2001-05-03')
    await makeEventDays(sql, new Date('2001-05-03T00:00:00Z'), 1)
    await expect.poll(() => idsFrom(before)).toEqual(['2001-05-01', '2001-05-02', '2001-05-03'])
    const [, between = before] = await log.read(before, 10)

    expect(await dropEventDays(sql, 1, new Date('2001-05-04T10:00:00Z'))).toEqual(['20010502'])

    await expect(log.read(before, 10)).rejects.toMatchObject({ code: 'CURSOR_EXPIRED' })
    await expect(log.read(start, 10)).rejects.toMatchObject({ code: 'CURSOR_EXPIRED' })
    expect(await idsFrom(between)).toEqual(['2001-05-03'])
    expect(await idsFrom(await log.oldest())).toContain('2001-05-03')
    const [row] = await sql`select tableoid::regclass::text as name from event_log where record_id = '2001-05-03'`
    expect(row?.name).toBe('event_log_20010503')
  })
})

it('a log that was restored elsewhere starts anew, with what it brought at its beginning', async () => {
  const copy = await testDatabase()
  const first = await openEventLog({ url: copy.url })
  const old = first.encode(await first.now())
  await first.close()
  await copy.pool`update event_stream set epoch = 'elsewhere'`
  await transaction(writer(copy.pool).ctx, ctx => tell(ctx, 'brought'))

  const again = await openEventLog({ url: copy.url })
  const pool = connect(copy.url, { max: 1 })
  await transaction(writer(pool).ctx, ctx => tell(ctx, 'new'))
  await pool.end()

  await expect.poll(async () => (await again.read(start, 10)).map(each => each.recordId)).toEqual(['brought', 'new'])
  expect(again.decode(old)).toBeDefined()
  await again.close()
})
