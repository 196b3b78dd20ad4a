import { expect, it } from 'vitest'
import { connect } from '../../drizzle/client.ts'
import { testDatabase } from '../database.ts'

const db = await testDatabase({ max: 1 })

it('gives whole results after a statement that failed among its rows', async () => {
  const failing = db.pool`select repeat('x', 10000), 1 / (40 - i) from generate_series(1, 50) i`
  await expect(failing).rejects.toThrow('division by zero')

  const rows = await db.pool.unsafe('select i from generate_series(1, 2) i')

  expect([...rows]).toEqual([{ i: 1 }, { i: 2 }])
})

it('compiles no plans, whatever the server is set to', async () => {
  await db.pool`do $$ begin execute format('alter database %I set jit = on', current_database()); end $$`
  const pool = connect(db.url, { max: 1 })

  const [row] = await pool`show jit`

  await pool.end()
  expect(row).toEqual({ jit: 'off' })
})
