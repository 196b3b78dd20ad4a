import { expect, it } from 'vitest'
import type { Connection } from '../../drizzle/client.ts'
import { transaction } from '../../drizzle/context.ts'
import { testDatabase } from '../database.ts'
import { contextOf } from './graph.ts'

const { pool } = await testDatabase()

/** Ends the server's side of a connection, and waits until we know. */
async function lose(sql: Connection) {
  const [backend] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`
  await pool`select pg_terminate_backend(${backend?.pid ?? 0})`
  for (let gone = false; !gone;) {
    await new Promise(resolve => setImmediate(resolve))
    gone = (await pool`select from pg_stat_activity where pid = ${backend?.pid ?? 0}`).length === 0
  }
  await new Promise(resolve => setTimeout(resolve, 50))
}

it.each([
  ['goes on with a statement', async (sql: Connection) => void (await sql`select 1`)],
  ['is done', () => Promise.resolve()],
  ['fails by itself', () => Promise.reject(new Error('mine'))],
])('fails with its connection, and the process lives, when the work %s', async (_case, then) => {
  const lost = transaction(contextOf(pool), async ({ sql }) => {
    await lose(sql)
    await then(sql)
  })

  await expect(lost).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' })
  expect([...(await pool`select 1 as alive`)]).toEqual([{ alive: 1 }])
})

it('fails with its connection while a statement runs', async () => {
  const lost = transaction(contextOf(pool), async ({ sql }) => {
    const [backend] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`
    const sleeping = sql`select pg_sleep(30)`.then(() => undefined)
    await Promise.all([sleeping, pool`select pg_terminate_backend(${backend?.pid ?? 0})`])
  })

  await expect(lost).rejects.toMatchObject({ code: expect.stringMatching(/^(57P01|CONNECTION_CLOSED)$/) as string })
  expect([...(await pool`select 1 as alive`)]).toEqual([{ alive: 1 }])
})
