import { coreCatalog } from '../../schema/catalog.ts'
import type { Pool } from '../client.ts'
import { momentOf } from '../context.ts'
import { customFields, extendCatalog, readFieldRows } from '../custom-fields.ts'
import { nextVersion } from '../definitions.ts'
import { ident } from '../names.ts'
import { ownCatalog } from '../own-catalog.ts'
import type { PasswordHashes } from '../password-hash.ts'
import { makeColumns } from './columns.ts'
import { differencesOf } from './differences.ts'
import { findingsOf } from './findings.ts'
import { makeModules } from './modules.ts'
import { continueNumbers } from './numbering.ts'
import { tablesOf, targetTables } from './plan.ts'
import { mistakesOf, type ImportReport, type TableCount } from './report.ts'
import { alone, closeRun, openRun, reachedBy } from './runs.ts'
import { importSettings } from './settings.ts'
import { openSource } from './source.ts'
import { countsOf, importTable, totalsOf, type Progress, type TableJob } from './table.ts'
import { assertFolder, copyUploads, countFiles, type FilesCount } from './uploads.ts'

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
  /** How passwords are stored here: a bare MD5 is hashed on arrival. Without it, hashes stay as they are. */
  readonly passwords?: PasswordHashes
  /** Tell of the records that change, as of any other change. */
  readonly events?: boolean
  /** Stops between two batches; the next import resumes there. */
  readonly signal?: AbortSignal
  readonly now?: () => Date
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
        totalOf: totalsOf(source),
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

type Job = TableJob & { readonly uploads?: string; readonly filesDir: string }

async function perform(job: Job): Promise<ImportReport> {
  const { pool, source, run } = job
  // The definitions come first: they make tables and columns for what follows.
  const before = await definitionRows(pool)
  await importTable(job, coreCatalog, 'fields_meta_data', await targetTables(pool))
  const modules = await makeModules(pool, source, job.now())
  const own = await ownCatalog(pool, coreCatalog)
  const described = customFields(await readFieldRows(pool), own)
  const columns = await makeColumns(pool, source, described.fields)
  // Houses that run follow the version. A run that was interrupted may have ended before it was counted.
  if (run.isResumed || (await definitionRows(pool)) !== before) await nextVersion(pool, job.now())
  const catalog = extendCatalog(own, described.fields)
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
    modules: modules.taken,
    refusedModules: modules.refused,
    columns,
    refusedFields: described.refused,
    differences: await differencesOf(catalog, source, targets),
    ...(files ? { files } : {}),
    mistakes: mistakesOf(counts),
  }
}

/** What decides which modules and fields there are, as text. */
async function definitionRows(pool: Pool): Promise<string> {
  const rows = await pool`select to_jsonb(f)::text as row from fields_meta_data f
    union all select to_jsonb(m)::text from custom_modules m order by 1`
  return JSON.stringify(rows)
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
    and user_hash !~ ${String.raw`^(\$2[abxy]\$(0[4-9]|1[0-3])\$[./A-Za-z0-9]{53}|[0-9a-f]{32}|(\$sw\$[0-9a-f]{8})?\$argon2id\$.*)$`}`
  return rows.map(({ id }) => id)
}

async function importFiles({ pool, uploads, filesDir, progress }: Job): Promise<FilesCount | undefined> {
  if (!uploads) return undefined
  progress.begin('files', await countFiles(pool))
  return copyUploads(pool, uploads, filesDir, progress)
}
