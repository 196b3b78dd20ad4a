import { expect, it } from 'vitest'
import { pendingMigrations } from '../../drizzle/migrate.ts'
import { testDatabase } from '../database.ts'

const db = await testDatabase()
const other = await testDatabase()

it('gives a test file a migrated database of its own', async () => {
  await db.pool`insert into accounts (id, name) values ('1', 'Acme')`

  expect(await pendingMigrations(db.pool)).toEqual([])
  expect(await other.pool`select id from accounts`).toHaveLength(0)
})

it('compares text by the rules of Unicode', async () => {
  const [row] = await db.pool`select lower('ÄPFEL') as lower, 'ÄPFEL' ilike 'äpf%' as alike`

  expect(row).toEqual({ lower: 'äpfel', alike: true })
})
