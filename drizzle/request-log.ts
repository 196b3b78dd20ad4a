import type { Connection, Pool } from './client.ts'
import { begin } from './transaction.ts'

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

/** Partitions are there so many days before they are needed. */
const daysAhead = 3

/** Nobody waits for a reader of the log: what needs the whole table gives up after this and is tried again. */
const lockMsMax = 2_000

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

/** Makes the partitions of a day and of those that follow it. Those that are there stay. */
export async function makePartitions(sql: Pool, from: Date, days = daysAhead): Promise<void> {
  for (let i = 0; i <= days; i += 1) await makePartition(sql, dayOf(from.getTime() + i * dayMs))
}

async function makePartition(sql: Pool, day: string) {
  const name = partitionOf(day)
  const next = dayOf(Date.parse(day) + dayMs)
  await begin(sql, async tx => {
    // Attaching takes a weaker lock than making a partition in its place: nobody waits for it who reads or writes.
    await takeTurn(tx)
    const [there] = await tx`select from pg_class where relname = ${name} and relnamespace = 'public'::regnamespace`
    if (there) return
    await tx.unsafe(`create table public.${name} (like request_log including defaults including indexes)`)
    await tx.unsafe(`alter table request_log attach partition public.${name} for values from ('${day}') to ('${next}')`)
  })
}

/**
 * Forgets days that are over for so long. How many requests there were, and how they ended, is kept.
 *
 * @returns the days that have gone
 */
export async function dropPartitions(sql: Pool, keptDays: number, now: Date): Promise<string[]> {
  const limit = partitionOf(dayOf(now.getTime() - keptDays * dayMs))
  const old = (await partitions(sql)).filter(name => name < limit)
  for (const name of old) {
    await begin(sql, async tx => {
      await takeTurn(tx)
      await tx.unsafe(`
        insert into request_count (day, door, client_id, outcome, count)
        select at::date, coalesce(door, ''), coalesce(client_id, ''), outcome, sum(coalesce(dropped, 1))
        from ${name} group by 1, 2, 3, 4
        on conflict (day, door, client_id, outcome) do update set count = request_count.count + excluded.count`)
      await tx.unsafe(`drop table ${name}`)
    })
  }
  return old.map(name => name.slice(partitionPrefix.length))
}

/** Forgets what was sent and answered so long ago. */
export const forgetBodies = (sql: Pool, keptDays: number, now: Date) =>
  sql`delete from request_body where at < ${new Date(now.getTime() - keptDays * dayMs).toISOString()}`

/** The names of the partitions, the oldest first. */
export async function partitions(sql: Connection): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'request_log'::regclass order by 1`
  return rows.map(({ name }) => name).filter(name => /^request_log_\d{8}$/.test(name))
}

/** One process at a time changes the partitions, and none waits long for a lock. */
async function takeTurn(tx: Connection) {
  await tx.unsafe(`set local lock_timeout = ${lockMsMax}`)
  await tx`select pg_advisory_xact_lock(${partitionLock})`
}

const partitionLock = 74_120_031
const partitionPrefix = 'request_log_'
const partitionOf = (day: string) => `${partitionPrefix}${day.replaceAll('-', '')}`
const dayOf = (time: number) => new Date(time).toISOString().slice(0, 10)
