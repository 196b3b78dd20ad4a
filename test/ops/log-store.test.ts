import { pino } from 'pino'
import { expect, it } from 'vitest'
import { chores } from '../../gateway/chores.ts'
import { storeRows, dropPartitions, makePartitions, partitions, type LogRow } from '../../drizzle/request-log.ts'
import { openRequestLog } from '../../gateway/request-log.ts'
import { testDatabase } from '../database.ts'

const { url, pool: sql } = await testDatabase()
const lines: Record<string, unknown>[] = []
const log = pino({ base: null, messageKey: 'event' }, { write: line => void lines.push(JSON.parse(line) as never) })

const rowFor = (request_id: string, rest: Partial<LogRow> = {}): LogRow => ({
  at: Date.now(),
  outcome: 'ok',
  request_id,
  ...rest,
})
const stored = async (like: string) =>
  (await sql`select count(*)::int as count from request_log where request_id like ${like}`)[0]?.['count'] as number

it('stores every row, also of days that nobody made room for', async () => {
  const requests = openRequestLog({ url, log })
  for (let i = 0; i < 5_000; i++) requests.add(rowFor(`many-${i}`))
  requests.add(rowFor('many-old', { at: Date.parse('2001-02-03T04:05:06.789Z') }))
  await requests.close()

  expect(await stored('many-%')).toBe(5_001)
  expect(requests.counts).toMatchObject({ stored: 5_001, dropped: 0, waiting: 0 })
  expect(await sql`select at from request_log where request_id = 'many-old'`).toEqual([
    { at: '2001-02-03 04:05:06.789' },
  ])
})

it('stores any text as one value of one row', async () => {
  const hostile = ['a\tb\nc\\.\r', '\\N', '\\.', 'nul\0', '\ud800lone', 'Grüße 🎉', "'; drop table request_log; --", '']
  const requests = openRequestLog({ url, log })
  for (const operation of hostile) requests.add(rowFor('hostile', { operation, code: 'x' }))
  await requests.close()

  const rows = await sql`select operation from request_log where request_id = 'hostile' order by id`
  const expected = ['a\tb\nc\\.\r', '\\N', '\\.', 'nul', '\ufffdlone', 'Grüße 🎉', "'; drop table request_log; --", '']
  expect(rows.map(row => row['operation'] as string)).toEqual(expected)
})

it('counts what it had to drop while the store was away, and a row tells of the gap', async () => {
  const requests = openRequestLog({ url, log, waitingMax: 100, retryMs: 20 })
  await sql`alter table request_log rename to request_log_away`
  for (let i = 0; i < 350; i++) requests.add(rowFor(`gap-${i}`))
  await expect.poll(() => lines.some(line => line['event'] === 'the request log cannot be written')).toBe(true)
  expect(requests.counts).toMatchObject({ stored: 0, dropped: 250, waiting: 100 })
  await sql`alter table request_log_away rename to request_log`
  await expect.poll(() => requests.counts.waiting, { timeout: 5_000 }).toBe(0)
  requests.add(rowFor('gap-after'))
  await requests.close()

  expect(requests.counts).toMatchObject({ stored: 101, dropped: 250, waiting: 0 })
  expect(await stored('gap-%')).toBe(101)
  expect(await sql`select outcome, dropped from request_log where dropped is not null`).toEqual([
    { outcome: 'gap', dropped: 250 },
  ])
  expect(lines).toContainEqual(expect.objectContaining({ event: 'the request log is written again', dropped: 250 }))
})

it('says how many rows are lost when it must end while the store is away', async () => {
  const requests = openRequestLog({ url, log, retryMs: 20 })
  await sql`alter table request_log rename to request_log_away`
  for (let i = 0; i < 7; i++) requests.add(rowFor(`lost-${i}`))
  await requests.close()
  await sql`alter table request_log_away rename to request_log`

  expect(lines).toContainEqual(expect.objectContaining({ event: 'rows of the request log are lost', dropped: 7 }))
})

it('makes partitions ahead, and drops days that are over without losing their counts', async () => {
  const now = new Date('2030-05-20T12:00:00Z')
  await makePartitions(sql, new Date('2030-05-01T00:00:00Z'), 2)
  await makePartitions(sql, now)
  await makePartitions(sql, now)
  const on = (day: string) => Date.parse(`2030-05-${day}T10:00:00Z`)
  await storeRows(sql, [
    rowFor('r', { at: on('01'), door: 'v8', client_id: 'c' }),
    rowFor('r', { at: on('01'), door: 'v8', client_id: 'c' }),
    rowFor('r', { at: on('01'), door: 'v8', client_id: 'c', outcome: 'failed' }),
    { at: on('02'), outcome: 'gap', dropped: 40 },
    rowFor('kept', { at: on('20') }),
  ])

  const gone = await dropPartitions(sql, 5, now)

  expect(gone.filter(day => day.startsWith('2030'))).toEqual(['20300501', '20300502', '20300503'])
  expect((await partitions(sql)).filter(name => name > 'request_log_2030')).toEqual(
    ['20', '21', '22', '23'].map(day => `request_log_203005${day}`),
  )
  expect(await stored('kept')).toBe(1)
  const counts = await sql`select day, door, client_id, outcome, count::int from request_count
    where day >= '2030-01-01' order by day, outcome`
  expect(counts.map(row => Object.values(row))).toEqual([
    [expect.anything(), 'v8', 'c', 'failed', 1],
    [expect.anything(), 'v8', 'c', 'ok', 2],
    [expect.anything(), '', '', 'gap', 40],
  ])
})

it('is turned by the background work', async () => {
  const turn = chores.find(({ name }) => name === 'turn the request log')
  await sql`insert into request_body (at, request_id, client_id, headers) values
    ('2031-01-01', 'old', 'c', '{}'), ('2031-01-09', 'new', 'c', '{}')`
  await turn?.run(sql, new Date('2031-01-10T00:00:00Z'), { logDays: 30, logBodyDays: 7, jobHours: 72, eventDays: 30 })

  expect((await partitions(sql)).at(-1)).toBe('request_log_20310113')
  expect(await sql`select request_id from request_body`).toEqual([{ request_id: 'new' }])
})
