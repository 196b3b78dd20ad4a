import { transaction, type Context } from '../../../drizzle/context.ts'
import type { JobOutcome } from '../../../drizzle/jobs.ts'
import { HouseError } from '../../../schema/errors.ts'
import { permitImport } from './bulk.ts'
import { endJob, findJob, type ClientJob } from './job.ts'
import { exportSome } from './run-export.ts'
import type { Match } from './match.ts'
import type { RowInput } from './row-input.ts'
import { upsertRows, type RowResult } from './upsert.ts'

/** What runs a client's job is given. */
export type JobRun = {
  readonly id: string
  /** Ends when the process stops. */
  readonly signal: AbortSignal
  /** The context of the house itself. */
  readonly house: () => Promise<Context>
  /** That of who started the job, with their rights of this moment; undefined when they may no longer act. */
  readonly actingFor: (job: ClientJob) => Promise<Context | undefined>
  readonly report: (error: unknown) => void
}

/** So many rows are written together. PostgreSQL keeps up to 64 undoable parts of a transaction at hand. */
const rowsAtOnce = 50
/** After so many steps other jobs have their turn. */
const stepsMax = 40

/**
 * Goes on with a job until it is over. Each step is one transaction with what it came to: whatever is killed when, nothing
 * is done twice and nothing is lost.
 */
export async function runJob(run: JobRun): Promise<JobOutcome> {
  for (let step = 0; step < stepsMax && !run.signal.aborted; step++) {
    if (await isOver(run)) return 'done'
  }
  return 'later'
}

async function isOver(run: JobRun): Promise<boolean> {
  const house = await run.house()
  const job = await findJob(house, run.id)
  const ctx = await run.actingFor(job)
  if (!ctx) {
    await fail(house, job, new HouseError('FORBIDDEN', 'Who started it may no longer act'))
    return true
  }
  try {
    return await transaction(ctx, ctx => goOn(ctx, run))
  } catch (error) {
    // What is refused as a whole, such as the module: it would be refused again.
    if (!(error instanceof HouseError)) throw error
    await fail(house, job, error)
    return true
  }
}

const fail = (house: Context, { id }: ClientJob, error: HouseError) =>
  transaction(house, async ctx => {
    const { finishedAt } = await findJob(ctx, id, true)
    if (finishedAt === null) await endJob(ctx, id, 'FAILED', error)
  })

type Held = Pick<ClientJob, 'id' | 'kind' | 'module' | 'settings' | 'status'>

async function goOn(ctx: Context, { id, report }: JobRun): Promise<boolean> {
  const [job] = await ctx.sql<Held[]>`
    select id, kind, module, settings, status from client_job where id = ${id} for update`
  if (!job || (job.status !== 'QUEUED' && job.status !== 'RUNNING')) return true
  return job.kind === 'EXPORT' ? exportSome(ctx, job) : writeSome(ctx, job, report)
}

async function writeSome(ctx: Context, job: Held, report: JobRun['report']): Promise<boolean> {
  const { id } = job
  const module = ctx.catalog.byName.get(job.module)
  if (!module) throw new HouseError('NOT_FOUND', `There is no module ${job.module}`)
  permitImport(ctx, module)
  const rows = await ctx.sql<{ n: number; input: RowInput }[]>`
    select n, input from bulk_row where job = ${id} and outcome is null order by n limit ${rowsAtOnce}`
  if (rows.length === 0) {
    await endJob(ctx, id, 'FINISHED')
    return true
  }
  // It was stored by matchOf().
  const match = job.settings['match'] as Match
  const inputs = rows.map(({ input }) => input)
  const results = await upsertRows(ctx, module, match, inputs, report)
  await keep(
    ctx,
    id,
    results.map((result, at) => ({ n: rows[at]?.n ?? 0, ...result })),
  )
  return false
}

async function keep(ctx: Context, id: string, results: readonly (RowResult & { readonly n: number })[]) {
  await ctx.sql`
    update bulk_row b set input = null, outcome = r.outcome, record_id = r.id, code = r.code, message = r.message, field = r.field
    from jsonb_to_recordset(${JSON.stringify(results)}::jsonb) as r(n int, outcome text, id text, code text, message text, field text)
    where b.job = ${id} and b.n = r.n`
  const count = (outcome: RowResult['outcome']) => results.filter(result => result.outcome === outcome).length
  await ctx.sql`
    update client_job set status = 'RUNNING', started_at = coalesce(started_at, ${ctx.now().toISOString()}),
      done = done + ${results.length}, created = created + ${count('CREATED')}, updated = updated + ${count('UPDATED')},
      unchanged = unchanged + ${count('UNCHANGED')}, failed = failed + ${count('FAILED')} where id = ${id}`
}
