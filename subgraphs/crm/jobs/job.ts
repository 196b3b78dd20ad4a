import { randomUUID } from 'node:crypto'
import type { Context } from '../../../drizzle/context.ts'
import { enqueue } from '../../../drizzle/jobs.ts'
import type { QueueName } from '../../../drizzle/queues.ts'
import { HouseError, type ErrorCode } from '../../../schema/errors.ts'
import type { Principal } from '../../../schema/principal.ts'

export type JobStatus = 'OPEN' | 'QUEUED' | 'RUNNING' | 'FINISHED' | 'FAILED' | 'CANCELLED'

/** Work that a client started; tables/client-jobs.ts says what its parts are. */
export type ClientJob = {
  readonly id: string
  readonly kind: 'BULK_UPSERT' | 'EXPORT'
  readonly module: string
  readonly settings: Readonly<Record<string, unknown>>
  readonly validation: Context['validation']
  readonly principal: Principal
  readonly status: JobStatus
  readonly total: number
  readonly done: number
  readonly created: number
  readonly updated: number
  readonly unchanged: number
  readonly failed: number
  /** Of the file of an export. */
  readonly bytes: string
  readonly errorCode: ErrorCode | null
  readonly errorMessage: string | null
  readonly createdAt: string
  readonly startedAt: string | null
  readonly finishedAt: string | null
}

const columns = `id, kind, module, settings, validation, principal, status, total, done, created, updated, unchanged, failed, bytes,
  error_code as "errorCode", error_message as "errorMessage", created_at as "createdAt", started_at as "startedAt",
  finished_at as "finishedAt"`

/** The queue in which jobs of a kind wait. */
export const queueOf = { BULK_UPSERT: 'bulk', EXPORT: 'export' } as const satisfies Record<ClientJob['kind'], QueueName>

/** A job of the principal, who is an administrator or started it. @throws NOT_FOUND */
export async function findJob(ctx: Context, id: string, lock = false): Promise<ClientJob> {
  const { userId, isAdmin } = ctx.principal
  const text = `select ${columns} from client_job where id = $1 and ($2::text::boolean or user_id = $3)${lock ? ' for update' : ''}`
  const [job] = id.includes('\0') ? [] : await ctx.sql.unsafe<ClientJob[]>(text, [id, isAdmin ? 't' : 'f', userId])
  if (!job) throw new HouseError('NOT_FOUND', `There is no job ${id}`, { id })
  return job
}

const listMax = 100

/** The jobs that the principal started, the newest first; for administrators everybody's. */
export async function listJobs(ctx: Context, first: number): Promise<readonly ClientJob[]> {
  if (first < 1 || first > listMax)
    throw new HouseError('BAD_REQUEST', `first must be from 1 to ${listMax}`, { argument: 'first' })
  const { userId, isAdmin } = ctx.principal
  const text = `select ${columns} from client_job where ($1::text::boolean or user_id = $2) order by created_at desc, id limit $3`
  return ctx.sql.unsafe<ClientJob[]>(text, [isAdmin ? 't' : 'f', userId, first])
}

/** A job that waits for what it needs. */
export async function openJob(
  ctx: Context,
  { kind, module, settings }: Pick<ClientJob, 'kind' | 'module' | 'settings'>,
): Promise<string> {
  const id = randomUUID()
  const { principal, validation } = ctx
  await ctx.sql`
    insert into client_job (id, kind, module, settings, validation, user_id, principal, status, created_at)
    values (${id}, ${kind}, ${module}, ${JSON.stringify(settings)}::jsonb, ${validation}, ${principal.userId},
      ${JSON.stringify(principal)}::jsonb, 'OPEN', ${ctx.now().toISOString()})`
  return id
}

/** Lets a job begin: it stands in its queue when the transaction commits. */
export async function queueJob(ctx: Context, { id, kind }: Pick<ClientJob, 'id' | 'kind'>): Promise<void> {
  await ctx.sql`update client_job set status = 'QUEUED' where id = ${id}`
  await enqueue(ctx, queueOf[kind], [{ key: id, data: { id } }])
}

/**
 * Ends a job before it is done. What it has written stays.
 *
 * @throws NOT_FOUND
 * @throws CONFLICT  it has ended already
 */
export async function cancelJob(ctx: Context, id: string): Promise<ClientJob> {
  const job = await findJob(ctx, id, true)
  if (job.status === 'CANCELLED') return job
  if (job.finishedAt !== null) throw new HouseError('CONFLICT', `The job ${id} has ended`, { id, status: job.status })
  await endJob(ctx, id, 'CANCELLED')
  return findJob(ctx, id)
}

/** @param error  why it failed */
export async function endJob(
  ctx: Context,
  id: string,
  status: 'FINISHED' | 'FAILED' | 'CANCELLED',
  error?: HouseError,
): Promise<void> {
  await ctx.sql`update client_job set status = ${status}, finished_at = ${ctx.now().toISOString()},
    error_code = ${error?.code ?? null}, error_message = ${error?.message ?? null} where id = ${id}`
  await ctx.sql`update bulk_row set input = null where job = ${id} and input is not null`
}
