import { coerceInputValue, isInputType, type GraphQLSchema } from 'graphql'
import { isConcealed } from '../../../drizzle/concealed.ts'
import { transaction, type Context } from '../../../drizzle/context.ts'
import { isReadable } from '../../../drizzle/expression.ts'
import { closed, findPage } from '../../../drizzle/select.ts'
import { fieldForbidden } from '../../../drizzle/where.ts'
import { reachOf } from '../../../schema/access.ts'
import { HouseError } from '../../../schema/errors.ts'
import type { Filter, Sort } from '../../../schema/filter.ts'
import { scalarOf } from '../../../schema/graphql-types.ts'
import type { Module } from '../../../schema/module.ts'
import { filterOf, type FilterInput } from '../../../schema/filter-input.ts'
import { readableFields } from '../sdl.ts'
import { findJob, openJob, queueJob, type ClientJob } from './job.ts'
import type { ExportColumn, ExportFormat } from './export-text.ts'

/** What an export is started with. */
export type NewExport = {
  readonly module: Module
  /** All that the principal may see, where none are named. */
  readonly fields: readonly string[] | null | undefined
  readonly filter: FilterInput | undefined
  /** Field names, with a minus sign in front for the other way round. */
  readonly sort: readonly string[]
  readonly format: ExportFormat
  readonly isGuarded: boolean
  readonly hasMark: boolean
}

/** What a job keeps of it. */
export type ExportSettings = {
  readonly columns: readonly ExportColumn[]
  readonly filter?: Filter
  readonly sort: Sort
  readonly format: ExportFormat
  readonly isGuarded: boolean
  readonly hasMark: boolean
  /** The place behind the last record that is written. */
  readonly after?: string
}

/**
 * Starts to write the records that a filter finds into a file.
 *
 * @throws FORBIDDEN  roles do not let the principal export records of the module, or see a field
 * @throws INVALID    there is no such field
 */
export async function startExport(ctx: Context, { module, fields, ...how }: NewExport): Promise<ClientJob> {
  permitExport(ctx, module)
  const names = fields && fields.length > 0 ? ['id', ...fields] : openFields(ctx, module)
  const { format, isGuarded, hasMark } = how
  const settings: ExportSettings = {
    columns: [...new Set(names)].map(name => ({ name, scalar: checkedScalar(ctx, module, name) })),
    filter: filterOf(how.filter),
    sort: how.sort.map(sortStep),
    ...{ format, isGuarded, hasMark },
  }
  // What is wrong with filter and sort is told now, not by a job that fails.
  await findPage(ctx, module, { fields: ['id'], filter: settings.filter, sort: settings.sort, limit: 1 })
  return transaction(ctx, async ctx => {
    const id = await openJob(ctx, { kind: 'EXPORT', module: module.name, settings })
    await queueJob(ctx, { id, kind: 'EXPORT' })
    return findJob(ctx, id)
  })
}

/** SuiteCRM's right to export; how far it reaches is a part of the select. */
export function permitExport(ctx: Context, module: Module): void {
  if (reachOf(ctx.access, module.name, 'export') === 'none') throw closed(module, 'export')
}

const openFields = (ctx: Context, module: Module) =>
  readableFields(ctx.catalog, module)
    .map(([name]) => name)
    .filter(name => !isConcealed(ctx, module, name))

function checkedScalar(ctx: Context, module: Module, name: string) {
  if (!isReadable(ctx.catalog, module, name))
    throw new HouseError('INVALID', `${module.name} has no field ${name}`, { module: module.name, field: name })
  if (isConcealed(ctx, module, name)) throw fieldForbidden(module, name)
  return scalarOf(ctx.catalog, module, name)
}

const sortStep = (text: string): Sort[number] =>
  text.startsWith('-') ? { field: text.slice(1), direction: 'desc' } : { field: text, direction: 'asc' }

/**
 * A filter that came as JSON, with the values that the module's filter input takes.
 *
 * @throws BAD_REQUEST  it is none
 */
export function coercedFilter(schema: GraphQLSchema, module: Module, given: unknown): FilterInput | undefined {
  if (given === null || given === undefined) return undefined
  const type = schema.getType(`${module.graphql.type}Filter`)
  if (!isInputType(type)) throw new Error(`There is no filter for ${module.name}`)
  // The input type answers an object, or the callback has thrown.
  return coerceInputValue(given, type, (path, _value, error) => {
    const where = ['filter', ...path].join('.')
    throw new HouseError('BAD_REQUEST', `${where}: ${error.message}`, { argument: 'filter' })
  }) as FilterInput
}
