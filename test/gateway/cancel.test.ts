import { expect, it } from 'vitest'
import { cancellable } from '../../drizzle/cancel.ts'
import { testDatabase } from '../database.ts'

const db = await testDatabase()

const running = async (mark: string) => {
  const rows =
    await db.pool`select 1 from pg_stat_activity where query like ${`%${mark}%`} and pid <> pg_backend_pid() and state = 'active'`
  return rows.length
}

async function until(fact: () => Promise<boolean>) {
  while (!(await fact())) await new Promise(resolve => setImmediate(resolve))
}

it('cancels a running statement in the database when the signal ends', async () => {
  const stop = new AbortController()
  const sql = cancellable(db.pool, stop.signal)

  const late = sql.unsafe('select pg_sleep(60) /* one */', [], { prepare: true }).then(
    () => 'finished',
    (error: { code: string }) => error.code,
  )
  await until(async () => (await running('/* one */')) === 1)
  stop.abort()

  expect(await late).toBe('57014')
  await until(async () => (await running('/* one */')) === 0)
})

it('rolls a transaction back when the signal ends in its middle, and refuses what comes after', async () => {
  await db.pool`create table kept (n int)`
  const stop = new AbortController()
  const sql = cancellable(db.pool, stop.signal)

  const late = sql.begin(async tx => {
    await tx`insert into kept values (1)`
    await tx`select pg_sleep(60) /* two */`
  })
  const outcome = late.then(
    () => 'finished',
    (error: { code: string }) => error.code,
  )
  await until(async () => (await running('/* two */')) === 1)
  stop.abort()

  expect(await outcome).toBe('57014')
  expect(await db.pool`select * from kept`).toHaveLength(0)
  expect(() => sql`select 1`).toThrow(expect.objectContaining({ name: 'AbortError' }))
})

it('leaves fragments, finished statements and other requests alone', async () => {
  const stop = new AbortController()
  const sql = cancellable(db.pool, stop.signal)
  const fragment = sql`where n = 1`
  for (let i = 0; i < 200; i++) await sql`select ${i}::int as n`
  const other = db.pool`select pg_sleep(0.05), 1 as n`

  stop.abort()

  expect(await other).toMatchObject([{ n: 1 }])
  expect('begin' in sql).toBe(true)
  expect(fragment).toBeDefined()
})
