import { randomBytes } from 'node:crypto'
import postgres from 'postgres'
import { afterAll, expect, inject } from 'vitest'
import { connect, type Pool } from '../drizzle/client.ts'
import { faultsOfEvents } from './events/valid.ts'

/** A database that one test file has for itself. */
export type TestDatabase = {
  readonly url: string
  /** Ended for you. */
  readonly pool: Pool
}

/**
 * A fresh copy of the migrated, empty database; takes about 0.1 s and goes away after the file's last test.
 * Call it at the top of a test file (`const db = await testDatabase()`), because it registers an `afterAll`. Whatever
 * events the file has made are held against their schemas then.
 *
 * @param empty  without our tables, for tests of the migrations themselves
 */
export async function testDatabase({ empty = false, max = 10 } = {}): Promise<TestDatabase> {
  const cluster = inject('cluster')
  const name = cluster.template.replace(/template$/, randomBytes(5).toString('hex'))
  await onServer(sql => sql`create database ${sql(name)} template ${sql(empty ? 'template0' : cluster.template)}`)

  const url = new URL(cluster.url)
  url.pathname = `/${name}`
  const pool = connect(url.href, { max })
  afterAll(async () => {
    const faults = empty ? [] : await faultsOfEvents(pool)
    await pool.end({ timeout: 5 })
    await onServer(sql => sql`drop database ${sql(name)} with (force)`)
    expect(faults).toEqual([])
  })
  return { url: url.href, pool }

  async function onServer(work: (sql: postgres.Sql) => Promise<unknown>) {
    const sql = postgres(cluster.url, { max: 1, onnotice: () => undefined })
    try {
      await work(sql)
    } finally {
      await sql.end()
    }
  }
}
