import { expect, it, vi } from 'vitest'
import { pino } from 'pino'
import { chores, claimDue, lastFinished, type Chore } from '../../gateway/chores.ts'
import { startWork } from '../../gateway/work.ts'
import { testDatabase } from '../database.ts'

const db = await testDatabase()
const log = pino({ level: 'silent' })
const noon = new Date('2030-01-01T12:00:00Z')
const after = (seconds: number) => new Date(noon.getTime() + seconds * 1000)

const aChore = (name: string, run: Chore['run'] = () => Promise.resolve()): Chore => ({ name, everySeconds: 60, run })

it('gives a chore that is due to one of the processes that ask', async () => {
  const chore = aChore('counted')

  const claims = await Promise.all(Array.from({ length: 8 }, () => claimDue(db.pool, [chore], noon)))

  expect(claims.flat()).toEqual([chore])
})

it('gives a chore again when its time has come round, and not before', async () => {
  const chore = aChore('every minute')
  await claimDue(db.pool, [chore], noon)

  expect(await claimDue(db.pool, [chore], after(59))).toEqual([])
  expect(await claimDue(db.pool, [chore], after(60))).toEqual([chore])
})

it('does what comes after a chore that failed, and remembers only what came to its end', async () => {
  const done: string[] = []
  const failing = aChore('fails', () => Promise.reject(new Error('no')))
  const working = aChore('works', () => Promise.resolve(done.push('works')))

  const work = await startWork({
    sql: db.pool,
    url: db.url,
    log,
    now: () => noon,
    settings: { logDays: 30, logBodyDays: 7, jobHours: 72, eventDays: 30 },
    chores: [failing, working],
  })
  await vi.waitFor(async () => expect(await lastFinished(db.pool)).toEqual(noon))
  await work.close()

  expect(done).toEqual(['works'])
  expect(await db.pool`select name from chores where finished_at is not null`).toEqual([{ name: 'works' }])
})

it('is over when it is closed: what was begun has ended, and nothing else begins', async () => {
  const seen: string[] = []
  const slow = aChore('slow', async sql => {
    seen.push('begun')
    await sql`select pg_sleep(0.2)`
    seen.push('ended')
  })
  const next = aChore('next', () => Promise.resolve(seen.push('next')))
  const work = await startWork({
    sql: db.pool,
    url: db.url,
    log,
    now: () => noon,
    settings: { logDays: 30, logBodyDays: 7, jobHours: 72, eventDays: 30 },
    chores: [slow, next],
  })
  await vi.waitFor(() => expect(seen).toEqual(['begun']))

  await work.close()

  expect(seen).toEqual(['begun', 'ended'])
})

it('deletes what has expired, and nothing else', async () => {
  await db.pool`insert into oauth_entry (model, id, payload, expires_at)
    values ('RefreshToken', 'old', '{}', '2030-01-01 11:59:59'), ('RefreshToken', 'new', '{}', '2030-01-01 12:00:01')`
  await db.pool`insert into legacy_session (id, user_id, address, opened_at, seen_at)
    values ('idle', '1', '', '2030-01-01 11:00', '2030-01-01 11:00'), ('used', '1', '', '2030-01-01 11:00', '2030-01-01 11:59')`

  for (const chore of chores)
    await chore.run(db.pool, noon, { logDays: 30, logBodyDays: 7, jobHours: 72, eventDays: 30 })

  expect(await db.pool`select id from oauth_entry`).toEqual([{ id: 'new' }])
  expect(await db.pool`select id from legacy_session`).toEqual([{ id: 'used' }])
})
