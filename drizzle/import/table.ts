import type { Catalog } from '../../schema/catalog.ts'
import type { Pool } from '../client.ts'
import type { PasswordHashes } from '../password-hash.ts'
import { StartupError } from '../startup-error.ts'
import { buildBatch } from './batch.ts'
import { tellingOf } from './events.ts'
import { preparePasswords } from './passwords.ts'
import {
  customTableOf,
  keyOf,
  planOf,
  readStatement,
  summaryStatement,
  type TablePlan,
  type TargetColumn,
} from './plan.ts'
import type { TableCount } from './report.ts'
import { forget, reachedBy, recordEnd, wasReadOtherwise, type Run } from './runs.ts'
import { quoted, type Source } from './source.ts'
import { storeBatch } from './store.ts'
import { countPresent, findVanished } from './vanished.ts'

/** Is told how far the import is. */
export type Progress = {
  begin(part: string, total?: number): void
  advance(by: number): void
  end(): void
}

export type TableJob = {
  readonly pool: Pool
  readonly source: Source
  readonly run: Run
  readonly progress: Progress
  readonly signal?: AbortSignal
  /** How passwords are stored here. Without it, hashes stay as they are. */
  readonly passwords?: PasswordHashes
  /** Changes of records are told by events. */
  readonly events?: boolean
  readonly now: () => Date
  /** How many rows a table has there. */
  readonly totalOf: (table: string) => Promise<number>
}

type Targets = ReadonlyMap<string, ReadonlyMap<string, TargetColumn>>

/** Reads a table from where it was left, and stores it batch by batch: the next one is read while one is stored. */
export async function importTable(job: TableJob, catalog: Catalog, table: string, targets: Targets) {
  const { pool, run, source, progress, signal, passwords } = job
  const plan = await planFor(source, catalog, table, targets)
  if (!plan) return
  const total = await job.totalOf(table)
  const isUnique = plan.source.unique.has(keyOf(table))
  const reached = await resumable(job, plan, isUnique)
  if (!reached) await forget(pool, run, table)
  else if (reached.isComplete) return
  if (total > 0) progress.begin(table, total)
  progress.advance(reached?.counts.read ?? 0)

  const seen = isUnique ? undefined : new Set<string>()
  let number = reached?.batches ?? 0
  let storing: Promise<unknown> = Promise.resolve()
  const lots = source.read(readStatement(plan, reached?.lastKey !== undefined), reached ? [reached.lastKey] : [])
  const telling = job.events ? tellingOf(catalog, plan, job.now()) : undefined
  const prepare = table === 'users' && passwords ? preparePasswords(pool, passwords, plan) : undefined
  let builder = buildBatch(plan, seen)
  const flush = async () => {
    const batch = builder.finish()
    if (batch.read === 0) return
    builder = buildBatch(plan, seen)
    await storing
    signal?.throwIfAborted()
    storing = storeBatch(pool, run, plan, batch, number, telling).then(next => {
      number = next
      progress.advance(batch.read)
    })
    storing.catch(() => {}) // awaited with the next batch, or at the end; the source may fail first
  }
  for await (const rows of lots) {
    builder.add(prepare ? await prepare(rows) : rows)
    if (builder.isFull()) await flush()
  }
  await flush()
  await storing
  await recordEnd(pool, run, table, number, plan.signature)
}

/** Counts each table once: what is read is one moment, so the number stays. */
export function totalsOf(source: Source) {
  const totals = new Map<string, Promise<number>>()
  return (table: string) => {
    const total = totals.get(table) ?? source.count(`select count(*) from ${quoted(table)}`)
    totals.set(table, total)
    return total
  }
}

async function planFor(source: Source, catalog: Catalog, table: string, targets: Targets) {
  const own = source.tables.get(table)
  const target = targets.get(table)
  if (!own || !target) return undefined
  const custom = source.tables.get(customTableOf(table))
  if (custom && !custom.unique.has('id_c') && (await source.count(doubles(custom.name))) > 0)
    throw new StartupError(`${custom.name} has several rows for one record: its column id_c must be unique.`)
  return planOf(catalog, own, custom, target)
}

const doubles = (table: string) => `select count(*) - count(distinct id_c) from ${quoted(table)}`

/** How far this run has come with a table; undefined when it has to begin again, because the source has changed. */
async function resumable({ pool, run, source }: TableJob, plan: TablePlan, isUnique: boolean) {
  const reached = await reachedBy(pool, run, plan.table)
  if (reached.batches === 0 || (await wasReadOtherwise(pool, run, plan))) return undefined
  if (!reached.isComplete && (!isUnique || reached.lastKey === undefined)) return undefined
  const { read, custom, latest } = reached.counts
  const isPart = !reached.isComplete
  const ask = (what: 'rows' | 'custom' | 'latest') =>
    source.value(summaryStatement(plan, what, isPart), isPart ? [reached.lastKey] : [])
  if ((await ask('rows')) !== String(read)) return undefined
  if (plan.custom && (await ask('custom')) !== String(custom)) return undefined
  if (latest !== null && ((await ask('latest')) ?? '') !== latest) return undefined
  return reached
}

/** The counts of a table, and of its `_cstm` table if it has one. */
export async function countsOf({ pool, run, source, totalOf }: TableJob, table: string): Promise<TableCount[]> {
  const { counts } = await reachedBy(pool, run, table)
  const { inserted, updated, unchanged, skipped, custom, customSkipped } = counts
  const imported = inserted + updated + unchanged
  const changes = { inserted, updated, unchanged }
  const own = { table, source: await totalOf(table), imported, changes, skipped }
  if (table === 'config') return [own]
  const present = await countPresent(pool, run, table)
  const found = { ...own, present, vanished: await findVanished(pool, run, table) }
  const customTable = customTableOf(table)
  if (!source.tables.has(customTable)) return [found]

  const orphans = await source.count(`select count(*) from ${quoted(customTable)} c
    left join ${quoted(table)} t on t.id = c.id_c where t.id is null`)
  const reasons = {
    ...(orphans > 0 ? { 'there is no record with its id': orphans } : {}),
    ...(customSkipped > 0 ? { 'its record is skipped': customSkipped } : {}),
  }
  const merged = { table: customTable, source: await totalOf(customTable), imported: custom - customSkipped }
  return [found, { ...merged, skipped: reasons }]
}
