import { createHash } from 'node:crypto'
import { hostname } from 'node:os'
import { fileURLToPath } from 'node:url'
import postgres from 'postgres'
import type { TestProject } from 'vitest/node'
import { startEmbedded, type Embedded } from '../drizzle/embedded.ts'

declare module 'vitest' {
  // eslint-disable-next-line @typescript-eslint/consistent-type-definitions -- only an interface merges with vitest's
  interface ProvidedContext {
    /** Where the tests' PostgreSQL is, and the database that {@link testDatabase} copies. */
    readonly cluster: { readonly url: string; readonly template: string }
  }
}

/** Fast and forgetful: right for data that nobody misses. */
const settings = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  autovacuum: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_connections: '200',
}

const folder = fileURLToPath(new URL('../node_modules/.cache/test-postgres', import.meta.url))
const ours = `test_${createHash('sha256').update(hostname()).digest('hex').slice(0, 6)}`
const prefix = `${ours}_${process.pid}_`

let server: Embedded | undefined
let url = ''

/** One PostgreSQL for the whole run (and for other runs at the same time), with one migrated database to copy. */
export async function setup(project: TestProject) {
  server = process.env.TEST_DATABASE_URL
    ? undefined
    : await startEmbedded({ dir: folder, log: console.error, settings })
  url = process.env.TEST_DATABASE_URL ?? server?.url ?? ''
  const template = `${prefix}template`
  await withAdmin(async sql => {
    await dropDatabases(sql, name => !isRunning(Number(name.split('_')[2])))
    // The builtin locale of our own PostgreSQL is inherited; others are asked for the nearest to it.
    await sql.unsafe(
      `create database ${template} template template0 encoding 'UTF8' ${server ? '' : `locale 'C.UTF-8'`}`,
    )
  })
  await migrateTemplate(databaseUrl(template))
  project.provide('cluster', { url, template })
}

export async function teardown() {
  await withAdmin(sql => dropDatabases(sql, name => name.startsWith(prefix)))
  await server?.stop()
}

/** The URL of another database on the same server. */
function databaseUrl(name: string) {
  const other = new URL(url)
  other.pathname = `/${name}`
  return other.href
}

async function migrateTemplate(templateUrl: string) {
  const { connect } = await import('../drizzle/client.ts')
  const { migrate } = await import('../drizzle/migrate.ts')
  const pool = connect(templateUrl, { max: 2 })
  try {
    await migrate(pool)
  } finally {
    await pool.end()
  }
}

async function withAdmin(work: (sql: postgres.Sql) => Promise<void>) {
  const sql = postgres(url, { max: 1, onnotice: () => undefined })
  try {
    await work(sql)
  } finally {
    await sql.end()
  }
}

async function dropDatabases(sql: postgres.Sql, unwanted: (name: string) => boolean) {
  const rows = await sql<{ datname: string }[]>`select datname from pg_database where datname like ${`${ours}_%`}`
  for (const { datname } of rows) if (unwanted(datname)) await sql`drop database if exists ${sql(datname)} with (force)`
}

function isRunning(pid: number) {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
