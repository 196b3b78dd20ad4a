import type { Pool } from './client.ts'
import { dailyTable } from './partitions.ts'

/** A row of the log of requests, by the names of its columns; see tables/request-log.ts. */
export type LogRow = {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly outcome: string
  /** Why, where the caller is not told. */
  readonly reason?: string | undefined
  readonly deprecated?: string | undefined
  readonly request_id?: string | undefined
  readonly trace_id?: string | undefined
  readonly client_id?: string | undefined
  readonly key_id?: string | undefined
  readonly user_id?: string | undefined
  readonly door?: string | undefined
  readonly version?: string | undefined
  readonly method?: string | undefined
  readonly route?: string | undefined
  readonly operation?: string | undefined
  readonly status?: number | undefined
  readonly code?: string | undefined
  readonly ms?: number | undefined
  readonly database_ms?: number | undefined
  readonly rows?: number | undefined
  readonly bytes_in?: number | undefined
  readonly bytes_out?: number | undefined
  readonly address?: string | undefined
  readonly limited_by?: string | undefined
  readonly limit_left?: number | undefined
  readonly cost?: number | undefined
  readonly dropped?: number | undefined
}

const columns = [
  ...(['at', 'outcome', 'request_id', 'trace_id', 'client_id', 'key_id', 'user_id', 'door', 'version'] as const),
  ...(['method', 'route', 'operation', 'status', 'code', 'ms', 'database_ms', 'rows', 'bytes_in'] as const),
  ...(['bytes_out', 'address', 'limited_by', 'limit_left', 'cost', 'dropped', 'reason', 'deprecated'] as const),
] satisfies (keyof LogRow)[]

const dayMs = 86_400_000

/**
 * Stores rows, all of them or none. One statement for any number of them, so that it is prepared once.
 *
 * Not by COPY: postgres.js 3.4.9 never ends the stream when PostgreSQL refuses what was sent.
 */
export async function storeRows(sql: Pool, rows: readonly LogRow[]): Promise<void> {
  const named = sql(columns)
  await sql`insert into request_log (${named})
    select ${named} from json_populate_recordset(null::request_log, ${jsonOf(rows)}::json)`
}

const jsonOf = (rows: readonly LogRow[]) =>
  JSON.stringify(
    rows.map(row => ({ ...row, at: new Date(row.at).toISOString() })),
    (_key, value: unknown) => (typeof value === 'string' && unusual.test(value) ? storable(value) : value),
  )

const unusual = /[^ -~]/

/** Without what PostgreSQL's text cannot hold. */
const storable = (text: string) => text.toWellFormed().replaceAll('\0', '')

const days = dailyTable('request_log')

/** Makes the partitions of a day and of those that follow it. Those that are there stay. */
export const makePartitions = days.make

/**
 * Forgets days that are over for so long. How many requests there were, and how they ended, is kept.
 *
 * @returns the days that have gone
 */
export const dropPartitions = (sql: Pool, keptDays: number, now: Date): Promise<string[]> =>
  days.drop(sql, keptDays, now, (tx, partition) =>
    tx.unsafe(`
      insert into request_count (day, door, client_id, outcome, count)
      select at::date, coalesce(door, ''), coalesce(client_id, ''), outcome, sum(coalesce(dropped, 1))
      from ${partition} group by 1, 2, 3, 4
      on conflict (day, door, client_id, outcome) do update set count = request_count.count + excluded.count`),
  )

/** The names of the partitions, the oldest first. */
export const partitions = days.names

/** Forgets what was sent and answered so long ago. */
export const forgetBodies = (sql: Pool, keptDays: number, now: Date) =>
  sql`delete from request_body where at < ${new Date(now.getTime() - keptDays * dayMs).toISOString()}`
