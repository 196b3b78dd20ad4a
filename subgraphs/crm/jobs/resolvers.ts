import type { GraphQLFieldResolver } from 'graphql'
import { transaction, type Context } from '../../../drizzle/context.ts'
import { once } from '../../../drizzle/once.ts'
import { HouseError } from '../../../schema/errors.ts'
import { moduleNamed } from '../deeds.ts'
import { addRows, closeBulk, startBulk } from './bulk.ts'
import { coercedFilter, startExport } from './export.ts'
import type { ExportFormat } from './export-text.ts'
import { upsertByExternalId } from './external-id.ts'
import { cancelJob, findJob, listJobs, type ClientJob } from './job.ts'
import { resultsOf } from './results.ts'

type Resolver<Args> = GraphQLFieldResolver<unknown, Context, Args, unknown>

type NewBulk = {
  readonly module: string
  readonly rows: readonly unknown[]
  readonly matchBy?: string | null
  readonly system?: string | null
  readonly validation?: 'STRICT' | 'LENIENT' | null
  readonly open?: boolean | null
}
type Upsert = {
  readonly module: string
  readonly system: string
  readonly externalId: string
  readonly input: unknown
  readonly mustBeNew?: boolean | null
}

const job: Resolver<{ id: string }> = (_source, { id }, ctx) => findJob(ctx, id)
const jobs: Resolver<{ first?: number | null }> = (_source, { first }, ctx) => listJobs(ctx, first ?? 20)

export const jobQueries = { job, jobs }

const startBulkUpsert: Resolver<NewBulk> = (_source, args, ctx) =>
  written({ ...ctx, validation: args.validation === 'LENIENT' ? 'lenient' : 'strict' }, ctx =>
    startBulk(ctx, {
      module: moduleNamed(ctx, args.module),
      matchBy: args.matchBy ?? 'id',
      system: args.system,
      rows: args.rows,
      isOpen: args.open === true,
    }),
  )
type NewExport = {
  readonly module: string
  readonly fields?: readonly string[] | null
  readonly filter?: unknown
  readonly sort?: readonly string[] | null
  readonly format?: ExportFormat | null
  readonly formulaGuard?: boolean | null
  readonly byteOrderMark?: boolean | null
}

const exportRecords: Resolver<NewExport> = (_source, args, ctx, { schema }) =>
  written(ctx, ctx => {
    const module = moduleNamed(ctx, args.module)
    return startExport(ctx, {
      module,
      fields: args.fields,
      filter: coercedFilter(schema, module, args.filter),
      sort: args.sort ?? [],
      format: args.format ?? 'NDJSON',
      isGuarded: args.formulaGuard !== false,
      hasMark: args.byteOrderMark === true,
    })
  })
const addBulkRows: Resolver<{ id: string; rows: readonly unknown[] }> = (_source, { id, rows }, ctx) =>
  written(ctx, ctx => addRows(ctx, id, rows))
const closeBulkUpsert: Resolver<{ id: string }> = (_source, { id }, ctx) => written(ctx, ctx => closeBulk(ctx, id))
const cancel: Resolver<{ id: string }> = (_source, { id }, ctx) =>
  written(ctx, ctx => transaction(ctx, ctx => cancelJob(ctx, id)))

const upsert: Resolver<Upsert> = async (_source, { module, system, externalId, input, mustBeNew }, ctx) => {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    throw new HouseError('BAD_REQUEST', 'input takes an object of values by field name', { argument: 'input' })
  const given = { ...input }
  const key = { system, externalId }
  const write = (ctx: Context) => upsertByExternalId(ctx, moduleNamed(ctx, module), key, given, mustBeNew === true)
  return (await once(ctx, write)).value
}

export const jobMutations = {
  startBulkUpsert,
  startExport: exportRecords,
  addBulkRows,
  closeBulkUpsert,
  cancelJob: cancel,
  upsertByExternalId: upsert,
}

/** A job that was written, as it is now: who only repeats the request is told how far it is by then. */
async function written(ctx: Context, write: (ctx: Context) => Promise<ClientJob>): Promise<ClientJob> {
  let first: ClientJob | undefined
  const { value } = await once(ctx, async ctx => {
    first = await write(ctx)
    return { id: first.id }
  })
  return first ?? findJob(ctx, value.id)
}

export const jobResolver = {
  file: ({ id, kind, status }: ClientJob) => (kind === 'EXPORT' && status === 'FINISHED' ? `/exports/${id}` : null),
  bytes: ({ bytes }: ClientJob) => Number(bytes),
  error: ({ errorCode, errorMessage }: ClientJob) =>
    errorCode === null ? null : { code: errorCode, message: errorMessage ?? '' },
  results: ((source: ClientJob, args, ctx) =>
    resultsOf(ctx, source.id, { ...args, first: args.first ?? 100 })) satisfies GraphQLFieldResolver<
    ClientJob,
    Context,
    { first?: number | null; after?: number | null; outcome?: string | null },
    unknown
  >,
}
