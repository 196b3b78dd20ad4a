import { isConcealed } from '../../../drizzle/concealed.ts'
import { transaction, type Context } from '../../../drizzle/context.ts'
import { isReadable } from '../../../drizzle/expression.ts'
import { closed } from '../../../drizzle/select.ts'
import { reachOf } from '../../../schema/access.ts'
import { HouseError } from '../../../schema/errors.ts'
import { insufficientScope } from '../../../schema/insufficient-scope.ts'
import type { Module } from '../../../schema/module.ts'
import { covers } from '../../../schema/scopes.ts'
import { findJob, openJob, queueJob, type ClientJob } from './job.ts'
import { checkSystem, type Match } from './match.ts'
import { externalIdName, type RowInput } from './row-input.ts'

/** What a bulk write is started with. */
export type NewBulk = {
  readonly module: Module
  /** `id`, `externalId`, or a field. */
  readonly matchBy: string
  /** Whose external ids they are. */
  readonly system?: string | null
  readonly rows: readonly unknown[]
  /** More rows will come, by {@link addRows}, until {@link closeBulk}. */
  readonly isOpen: boolean
}

const rowsMax = 1_000_000
const rowBytesMax = 1024 * 1024

/**
 * Starts to make or change many records. Rows are stored now and written later, in their order.
 *
 * @throws BAD_REQUEST  rows cannot be matched like that
 * @throws INVALID      a row is no object
 * @throws FORBIDDEN    roles do not let the principal import records of the module
 */
export async function startBulk(ctx: Context, { module, matchBy, system, rows, isOpen }: NewBulk): Promise<ClientJob> {
  permitImport(ctx, module)
  const match = matchOf(ctx, module, matchBy, system)
  return transaction(ctx, async ctx => {
    const id = await openJob(ctx, { kind: 'BULK_UPSERT', module: module.name, settings: { match } })
    const job = await store(ctx, id, rows)
    if (isOpen) return job
    await queueJob(ctx, job)
    return findJob(ctx, id)
  })
}

/**
 * Adds rows to a bulk write that was started open.
 *
 * @throws NOT_FOUND, INVALID, FORBIDDEN
 * @throws CONFLICT  it takes no more rows
 */
export const addRows = (ctx: Context, id: string, rows: readonly unknown[]): Promise<ClientJob> =>
  transaction(ctx, async ctx => {
    await openBulk(ctx, id)
    return store(ctx, id, rows)
  })

/** Lets a bulk write that was started open begin: there are no more rows. @throws NOT_FOUND, CONFLICT, FORBIDDEN */
export const closeBulk = (ctx: Context, id: string): Promise<ClientJob> =>
  transaction(ctx, async ctx => {
    await queueJob(ctx, await openBulk(ctx, id))
    return findJob(ctx, id)
  })

async function openBulk(ctx: Context, id: string): Promise<ClientJob> {
  const job = await findJob(ctx, id, true)
  const scope = `records:write:${job.module}`
  if (!covers(ctx.principal.scopes, scope)) throw insufficientScope([scope])
  if (job.status === 'OPEN') return job
  throw new HouseError('CONFLICT', `The job ${id} takes no more rows`, { id, status: job.status })
}

/** SuiteCRM's right to import goes before each record's own, which is judged when it is written. */
export function permitImport(ctx: Context, module: Module): void {
  if (reachOf(ctx.access, module.name, 'import') === 'none') throw closed(module, 'import')
}

function matchOf(ctx: Context, module: Module, matchBy: string, system: string | null | undefined): Match {
  if (matchBy === externalIdName) return { by: 'externalId', system: checkSystem(system) }
  if (matchBy === 'id') return { by: 'id' }
  if (isReadable(ctx.catalog, module, matchBy) && !isConcealed(ctx, module, matchBy))
    return { by: 'field', field: matchBy }
  throw new HouseError('BAD_REQUEST', `${module.name} has no field ${matchBy} to find records by`, {
    argument: 'matchBy',
  })
}

async function store(ctx: Context, id: string, rows: readonly unknown[]): Promise<ClientJob> {
  const job = await findJob(ctx, id)
  const first = job.total + 1
  const texts = rows.map((row, at) => rowText(row, first + at))
  if (job.total + rows.length > rowsMax)
    throw new HouseError('TOO_LARGE', `A bulk write has at most ${rowsMax} rows`, { argument: 'rows' })
  await ctx.sql.unsafe(
    `insert into bulk_row (job, n, input) select $1, $2::int + at - 1, input::jsonb from unnest($3::text[]) with ordinality t(input, at)`,
    [id, first, texts] as never[],
  )
  await ctx.sql`update client_job set total = total + ${rows.length} where id = ${id}`
  return { ...job, total: job.total + rows.length }
}

function rowText(row: unknown, n: number): string {
  const wrong = (why: string) => new HouseError('INVALID', `Row ${n} ${why}`, { argument: 'rows', row: n })
  if (!isRow(row)) throw wrong('is no object')
  const text = JSON.stringify(row)
  if (text.length > rowBytesMax) throw wrong('is too long')
  if (/(^|[^\\])(\\\\)*\\u0000/.test(text)) throw wrong('holds the character NUL, which no field can')
  return text
}

const isRow = (row: unknown): row is RowInput => typeof row === 'object' && row !== null && !Array.isArray(row)
