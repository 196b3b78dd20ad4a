import { coreCatalog, type Catalog } from '../../schema/catalog.ts'
import type { Pool } from '../client.ts'
import { momentOf } from '../context.ts'
import { customFields, extendCatalog, readFieldRows } from '../custom-fields.ts'
import { ident } from '../expression.ts'
import { StartupError } from '../startup-error.ts'
import { batchOf } from './batch.ts'
import { makeColumns } from './columns.ts'
import { differencesOf } from './differences.ts'
import { findingsOf } from './findings.ts'
import { continueNumbers } from './numbering.ts'
import {
  customTableOf,
  keyOf,
  summaryStatement,
  planOf,
  readStatement,
  tablesOf,
  targetTables,
  type TablePlan,
} from './plan.ts'
import { mistakesOf, type ImportReport, type TableCount } from './report.ts'
import { alone, closeRun, forget, openRun, reachedBy, recordEnd, wasReadOtherwise, type Run } from './runs.ts'
import { importSettings } from './settings.ts'
import { openSource, quoted, type Source } from './source.ts'
import { storeBatch } from './store.ts'
import { assertFolder, copyUploads, countFiles, type FilesCount } from './uploads.ts'
import { countPresent, findVanished } from './vanished.ts'

export type ImportOptions = {
  /** mysql://user:password@host:port/database */
  readonly source: string
  /** SuiteCRM's `upload` folder. Without it no files are copied. */
  readonly uploads?: string
  /** A migrated database; two of its connections are used. */
  readonly pool: Pool
  /** Where uploaded files are kept here. */
  readonly filesDir: string
  readonly progress?: Progress
  /** Stops between two batches; the next import resumes there. */
  readonly signal?: AbortSignal
  readonly now?: () => Date
}

/** Is told how far the import is. */
export type Progress = {
  begin(part: string, total?: number): void
  advance(by: number): void
  end(): void
}

/** The import came to its end, but its counts do not add up: something is missing or counted twice. */
export class ImportError extends Error {
  override readonly name = 'ImportError'

  constructor(readonly report: ImportReport) {
    super(`The counts of the import do not add up:\n${report.mistakes.map(mistake => `  ${mistake}`).join('\n')}`)
  }
}

const silent: Progress = { begin() {}, advance() {}, end() {} }
const examplesMax = 1_000

/**
 * Imports a SuiteCRM database table by table: rows that are new there are inserted here, rows that differ are made
 * equal, none is deleted. What cannot be kept as it is becomes null and is reported. An import that was interrupted
 * goes on where it stopped. The report is also kept in `import_runs`.
 *
 * @throws StartupError  the source cannot be read, is no SuiteCRM database, or another import is at work
 * @throws ImportError   the counts do not add up
 */
export async function importSuitecrm(options: ImportOptions): Promise<ImportReport> {
  const { pool, now = () => new Date() } = options
  if (options.uploads) await assertFolder(options.uploads)
  return alone(pool, async () => {
    const source = await openSource(options.source)
    try {
      const run = await openRun(pool, source.name, momentOf(now()))
      const report = await perform({
        ...options,
        progress: options.progress ?? silent,
        now,
        source,
        run,
        totalOf: counter(source),
      })
      await closeRun(pool, run, report.mistakes.length > 0 ? 'failed' : 'finished', report, report.finishedAt)
      if (report.mistakes.length > 0) throw new ImportError(report)
      return report
    } finally {
      options.progress?.end()
      source.close()
    }
  })
}

type Job = Omit<ImportOptions, 'source'> & {
  readonly source: Source
  readonly run: Run
  readonly progress: Progress
  readonly now: () => Date
  /** How many rows a table has there. */
  readonly totalOf: (table: string) => Promise<number>
}

type Targets = Awaited<ReturnType<typeof targetTables>>

async function perform(job: Job): Promise<ImportReport> {
  const { pool, source, run } = job
  // The fields come first: they make columns for what follows.
  await importTable(job, coreCatalog, 'fields_meta_data', await targetTables(pool))
  const described = customFields(await readFieldRows(pool), coreCatalog)
  const columns = await makeColumns(pool, source, described.fields)
  const catalog = extendCatalog(coreCatalog, described.fields)
  const targets = await targetTables(pool)

  if (source.tables.has('config')) await importSettings(pool, run, source)
  const tables = tablesOf(catalog).filter(table => source.tables.has(table))
  for (const table of tables) if (table !== 'fields_meta_data') await importTable(job, catalog, table, targets)

  const counts: TableCount[] = []
  for (const table of ['config', ...tables]) if (source.tables.has(table)) counts.push(...(await countsOf(job, table)))
  for (const table of tables) {
    const [own, target] = [source.tables.get(table), targets.get(table)]
    if (own && target) await continueNumbers(pool, own, target)
    await pool.unsafe(`analyze ${ident(table)}`)
  }
  const files = await importFiles(job)
  return {
    source: source.name,
    startedAt: run.startedAt,
    finishedAt: momentOf(job.now()),
    isResumed: run.isResumed,
    tables: counts,
    findings: await findingsOfRun(job, ['config', ...tables]),
    columns,
    refusedFields: described.refused,
    differences: await differencesOf(catalog, source, targets),
    ...(files ? { files } : {}),
    mistakes: mistakesOf(counts),
  }
}

/** Reads a table from where it was left, and stores it batch by batch: the next one is read while one is stored. */
async function importTable(job: Job, catalog: Catalog, table: string, targets: Targets) {
  const { pool, run, source, progress, signal } = job
  const plan = await planFor(source, catalog, table, targets)
  if (!plan) return
  const total = await job.totalOf(table)
  const isUnique = plan.source.unique.has(keyOf(table))
  const reached = await resumable(job, plan, isUnique)
  if (!reached) await forget(pool, run, table)
  else if (reached.isComplete) return
  progress.begin(table, total)
  progress.advance(reached?.counts.read ?? 0)

  const seen = isUnique ? undefined : new Set<string>()
  let number = reached?.batches ?? 0
  let storing: Promise<unknown> = Promise.resolve()
  const lots = source.read(readStatement(plan, reached?.lastKey !== undefined), reached ? [reached.lastKey] : [])
  for await (const rows of lots) {
    const batch = batchOf(plan, rows, seen)
    await storing
    signal?.throwIfAborted()
    storing = storeBatch(pool, run, plan, batch, number).then(next => {
      number = next
      progress.advance(rows.length)
    })
    storing.catch(() => {}) // awaited above and below; the source may fail first
  }
  await storing
  await recordEnd(pool, run, table, number, plan.signature)
}

/** Counts each table once: what is read is one moment, so the number stays. */
function counter(source: Source) {
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
async function resumable({ pool, run, source }: Job, plan: TablePlan, isUnique: boolean) {
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
async function countsOf({ pool, run, source, totalOf }: Job, table: string): Promise<TableCount[]> {
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

async function findingsOfRun({ pool, run }: Job, tables: readonly string[]) {
  const all = findingsOf('users', examplesMax)
  for (const table of tables) all.merge((await reachedBy(pool, run, table)).findings)
  for (const id of await usersWithoutPassword(pool))
    all.add('user_hash', 'is a hash that cannot be checked here: the user needs a new password', id, '(not shown)')
  return all.list()
}

/** Whose hash is neither bcrypt (of a bearable cost) nor MD5, nor one of ours. */
async function usersWithoutPassword(pool: Pool): Promise<string[]> {
  const rows = await pool<{ id: string }[]>`select id from users where not deleted and user_hash <> ''
    and user_hash !~ ${String.raw`^(\$2[abxy]\$(0[4-9]|1[0-3])\$[./A-Za-z0-9]{53}|[0-9a-f]{32}|\$argon2id\$.*)$`}`
  return rows.map(({ id }) => id)
}

async function importFiles({ pool, uploads, filesDir, progress }: Job): Promise<FilesCount | undefined> {
  if (!uploads) return undefined
  progress.begin('files', await countFiles(pool))
  return copyUploads(pool, uploads, filesDir, progress)
}
