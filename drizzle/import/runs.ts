import { begin } from '../transaction.ts'
import type { ReservedSql } from 'postgres'
import { setTimeout as pause } from 'node:timers/promises'
import { StartupError } from '../startup-error.ts'
import type { Connection, Pool } from '../client.ts'
import type { Finding } from './findings.ts'
import type { TablePlan } from './plan.ts'
import type { ImportReport } from './report.ts'

/** One import of one source: begun now, or begun before and interrupted. */
export type Run = {
  readonly id: number
  readonly source: string
  readonly startedAt: string
  readonly isResumed: boolean
}

/** What came of the rows of a batch, or of all batches of a table. */
export type Counts = {
  readonly read: number
  readonly inserted: number
  readonly updated: number
  readonly unchanged: number
  readonly skipped: Readonly<Record<string, number>>
  readonly custom: number
  readonly customSkipped: number
  /** The newest `date_modified` of the rows, as MySQL writes it; null for tables without one. */
  readonly latest: string | null
}

/** How far a table is. */
export type Reached = {
  readonly batches: number
  readonly isComplete: boolean
  readonly lastKey: string | undefined
  readonly counts: Counts
  readonly findings: readonly Finding[]
}

const noCounts: Counts = {
  read: 0,
  inserted: 0,
  updated: 0,
  unchanged: 0,
  skipped: {},
  custom: 0,
  customSkipped: 0,
  latest: null,
}

const lockKey = 74_120_016
const lockPatienceMs = 10_000
const lockPollMs = 250

/**
 * Does an import while no other can begin.
 *
 * @throws StartupError  another one is at work
 */
export async function alone<T>(pool: Pool, work: () => Promise<T>): Promise<T> {
  const guard = await pool.reserve()
  try {
    // After a kill -9 PostgreSQL needs a moment to see that the last import is gone.
    for (let waited = 0; ; waited += lockPollMs) {
      const [row] = await guard<{ locked: boolean }[]>`select pg_try_advisory_lock(${lockKey}) as locked`
      if (row?.locked) break
      if (waited >= lockPatienceMs)
        throw new StartupError('Another import is at work on this database. Wait for its end.')
      await pause(lockPollMs)
    }
    const result = await work()
    await giveBack(guard)
    return result
  } catch (error) {
    // postgres.js crashes the process when it writes to a connection that is lost; the lock is lost with it.
    if (!isLoss(error)) await giveBack(guard)
    throw error
  }
}

async function giveBack(guard: ReservedSql) {
  await guard`select pg_advisory_unlock(${lockKey})`
  guard.release()
}

const isLoss = (error: unknown) =>
  error instanceof Error && 'code' in error && /^(CONNECT|57P0|ECONN|EPIPE)/.test(String(error.code))

/** The interrupted run of a source, or a new one. */
export async function openRun(pool: Pool, source: string, now: string): Promise<Run> {
  const [last] = await pool<{ id: number; status: string; started_at: string }[]>`
    select id, status, started_at from import_runs where source = ${source} order by id desc limit 1`
  if (last?.status === 'running') return { id: last.id, source, startedAt: last.started_at, isResumed: true }
  const [created] = await pool<{ id: number }[]>`
    insert into import_runs (source, started_at) values (${source}, ${now}) returning id`
  return { id: created?.id ?? 0, source, startedAt: now, isResumed: false }
}

/** Ends a run. Of earlier runs only the ids are remembered that have vanished since, so that they are reported again. */
export async function closeRun(pool: Pool, run: Run, status: 'finished' | 'failed', report: ImportReport, now: string) {
  await begin(pool, async sql => {
    await sql`update import_runs set status = ${status}, finished_at = ${now}, report = ${sql.json(report)}
      where id = ${run.id}`
    if (status === 'finished')
      await sql`delete from import_batches where run_id in
        (select id from import_runs where source = ${run.source} and id <> ${run.id})`
  })
}

/** What the batches of a table say, those of before an interruption included. */
export async function reachedBy(connection: Connection, run: Run, table: string): Promise<Reached> {
  const rows = await connection<
    { complete: boolean; last_key: string | null; counts: Counts; findings: Finding[] }[]
  >`select complete, last_key, counts, findings from import_batches
    where run_id = ${run.id} and table_name = ${table} and number >= 0 order by number`
  return {
    batches: rows.length,
    isComplete: rows.at(-1)?.complete ?? false,
    lastKey: rows.findLast(row => row.last_key !== null)?.last_key ?? undefined,
    counts: rows.map(row => row.counts).reduce(sum, noCounts),
    findings: rows.flatMap(row => row.findings),
  }
}

export function sum(a: Counts, b: Counts): Counts {
  const skipped: Record<string, number> = { ...a.skipped }
  for (const [reason, count] of Object.entries(b.skipped)) skipped[reason] = (skipped[reason] ?? 0) + count
  return {
    read: a.read + b.read,
    inserted: a.inserted + b.inserted,
    updated: a.updated + b.updated,
    unchanged: a.unchanged + b.unchanged,
    skipped,
    custom: a.custom + b.custom,
    customSkipped: a.customSkipped + b.customSkipped,
    latest: newest(a.latest, b.latest),
  }
}

const newest = (a: string | null, b: string | null) => ((a ?? '') > (b ?? '') ? a : b)

/** Was the table read by this run with other columns than it would be now? */
export async function wasReadOtherwise(pool: Pool, run: Run, plan: TablePlan) {
  const [row] = await pool`select 1 from import_batches
    where run_id = ${run.id} and table_name = ${plan.table} and number >= 0 and columns <> ${plan.signature} limit 1`
  return row !== undefined
}

/** Lets a run read a table from its beginning. */
export const forget = (sql: Connection, run: Run, table: string) =>
  sql`delete from import_batches where run_id = ${run.id} and table_name = ${table}`

export type NewBatch = {
  readonly table: string
  readonly number: number
  readonly signature: string
  readonly lastKey: string | null
  readonly isComplete: boolean
  /** As the text of a `text[]`. */
  readonly ids: string
  readonly counts: Counts
  readonly findings: readonly Finding[]
}

/** Records a batch; in the transaction that stores its rows. */
export const recordBatch = (sql: Connection, run: Run, batch: NewBatch) =>
  sql`insert into import_batches (run_id, table_name, number, columns, last_key, complete, ids, counts, findings)
    values (${run.id}, ${batch.table}, ${batch.number}, ${batch.signature}, ${batch.lastKey}, ${batch.isComplete},
      ${batch.ids}::text[], ${sql.json(batch.counts)}, ${sql.json(batch.findings)})`

/** Marks a table as read to its end. */
export const recordEnd = (sql: Connection, run: Run, table: string, number: number, signature: string) =>
  recordBatch(sql, run, {
    table,
    number,
    signature,
    lastKey: null,
    isComplete: true,
    ids: '{}',
    counts: noCounts,
    findings: [],
  })
