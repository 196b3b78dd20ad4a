import { drizzle } from 'drizzle-orm/postgres-js'
import { migrate as applyMigrations } from 'drizzle-orm/postgres-js/migrator'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Pool } from './client.ts'
import { installQueues, missingQueues } from './jobs.ts'

/** Where the generated migrations are, one folder each, in order of their names. */
export const migrationsFolder = fileURLToPath(new URL('migrations/', import.meta.url))

/** Brings the database up to date. Safe to run from several processes at once: they wait for one another. */
export async function migrate(pool: Pool): Promise<void> {
  const connection = await pool.reserve()
  try {
    await connection`select pg_advisory_lock(${lockKey})`
    await applyMigrations(drizzle({ client: pool }), { migrationsFolder })
    if ((await missingQueues(pool)).length > 0) await installQueues(pool)
  } finally {
    await connection`select pg_advisory_unlock(${lockKey})`.catch(() => {})
    connection.release()
  }
}

/** The migrations that the database does not have yet, by name, and the queues. */
export async function pendingMigrations(pool: Pool): Promise<string[]> {
  const known = readdirSync(migrationsFolder, { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .map(entry => entry.name)
    .sort()
  const [table] = await pool`select to_regclass('drizzle.__drizzle_migrations') as name`
  if (!table?.name) return [...known, ...(await missingQueues(pool))]
  const applied = await pool<{ name: string }[]>`select name from drizzle.__drizzle_migrations`
  const names = new Set(applied.map(row => row.name))
  return [...known.filter(name => !names.has(name)), ...(await missingQueues(pool))]
}

const lockKey = 74_120_015
