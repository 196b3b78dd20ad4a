import postgres from 'postgres'
import { drizzle } from 'drizzle-orm/postgres-js'
import { mendLeadingHoles } from './leading-holes.ts'

/** The pool that the process works on. */
export type Pool = postgres.Sql

/** Where a statement runs: the pool, or the one connection of a transaction. */
export type Connection = postgres.Sql | postgres.TransactionSql

/** A statement that drizzle has built, ready to be sent. */
export type Built = { toSQL(): { sql: string; params: unknown[] } }

const moments = [1184, 1114, 1082, 1083]
const documents = [114, 3802]

/**
 * Opens a pool of connections.
 *
 * Dates and times come and go as the text that PostgreSQL writes in UTC; jsonb takes objects or finished JSON text.
 * Statements are prepared once per connection.
 *
 * @param url  postgres://user:password@host:port/database
 * @param options.settings  of PostgreSQL, for these connections
 */
export function connect(
  url: string,
  options: { max?: number; applicationName?: string; settings?: Readonly<Record<string, string>> } = {},
): Pool {
  const pool = postgres(url, {
    max: options.max ?? 10,
    onnotice: () => {},
    connect_timeout: 10,
    // Seconds between attempts. The driver's own waits grow to 20, and a database that is back would not be noticed.
    backoff: () => 0.25,
    connection: {
      application_name: options.applicationName ?? 'switchyard',
      TimeZone: 'UTC',
      DateStyle: 'ISO, YMD',
      // Pages are short and their plans are many: compiling one costs more than running it.
      jit: 'off',
      ...options.settings,
    },
  })
  mendLeadingHoles(pool)
  const { parsers, serializers } = pool.options
  for (const type of moments) {
    parsers[type] = (text: string) => text
    serializers[type] = (value: unknown) => (value instanceof Date ? value.toISOString() : value)
  }
  for (const type of documents) {
    serializers[type] = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))
  }
  return pool
}

/** Builds statements from tables; {@link run} sends them. Has no connection of its own, so it fits any transaction. */
export const build = drizzle.mock()

/**
 * How a statement is sent that is to keep its plan. Without parameters postgres.js would use the simple protocol, which
 * keeps none; its types do not know that option.
 */
export const extended = (prepare: boolean): { prepare: boolean } => ({ prepare, ...{ simple: false } })

/** Sends a built statement as a prepared one. Rows have the names of the columns. */
export async function run<Row extends object>(connection: Connection, statement: Built): Promise<Row[]> {
  const { sql, params } = statement.toSQL()
  return connection.unsafe<Row[]>(sql, params as never[], extended(true))
}
