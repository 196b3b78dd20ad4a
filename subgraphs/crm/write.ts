import type { GraphQLFieldResolver, GraphQLResolveInfo } from 'graphql'
import type { Context } from '../../drizzle/context.ts'
import { once, type Once } from '../../drizzle/once.ts'
import { findRecord } from '../../drizzle/select.ts'
import type { Catalog } from '../../schema/catalog.ts'
import { notFound } from '../../schema/errors.ts'
import type { Module } from '../../schema/module.ts'
import { createRecord } from './create.ts'
import { deleteRecord } from './delete.ts'
import { columnsFor } from './read.ts'
import { relateRecords, unrelateRecords } from './relate.ts'
import { updateRecord } from './update.ts'

type Resolver<Args> = GraphQLFieldResolver<unknown, Context, Args, unknown>

type Input = Readonly<Record<string, unknown>>
type Version = { readonly expectedVersion?: number | null }
type Links = { readonly id: string; readonly link: string; readonly relatedIds: readonly string[] }

/** The mutations of a module. Each is a domain function and, where records are answered, a read of what is stored. */
export function mutationsOf(catalog: Catalog, module: Module) {
  const create: Resolver<{ input: Input }> = async (_source, { input }, ctx, info) => {
    // What comes of a write that may be repeated is kept; the record's fields are not.
    const fields = ctx.repeatable || ctx.isRehearsal ? undefined : columnsFor(catalog, module, info)
    const made = await once(ctx, ctx => createRecord(ctx, module, { ...input }, fields))
    return (fields && made.value.row) ?? readBack(catalog, module, ctx, made, info)
  }
  const update: Resolver<{ id: string; input: Input } & Version> = async (_source, args, ctx, info) => {
    const { id, input, expectedVersion } = args
    const changed = await once(ctx, ctx => updateRecord(ctx, module, id, { ...input }, expectedVersion ?? undefined))
    return readBack(catalog, module, ctx, changed, info)
  }
  const remove: Resolver<{ id: string } & Version> = async (_source, args, ctx) =>
    (await once(ctx, ctx => deleteRecord(ctx, module, args.id, args.expectedVersion ?? undefined))).value
  const relate: Resolver<Links & Version & { values?: Input | null }> = async (_source, args, ctx) => {
    const { id, link, relatedIds, values, expectedVersion } = args
    await once(ctx, ctx =>
      relateRecords(ctx, module, id, link, relatedIds, values ?? undefined, expectedVersion ?? undefined),
    )
    return { id, relatedIds }
  }
  const unrelate: Resolver<Links & Version> = async (_source, { id, link, relatedIds, expectedVersion }, ctx) => {
    await once(ctx, ctx => unrelateRecords(ctx, module, id, link, relatedIds, expectedVersion ?? undefined))
    return { id, relatedIds }
  }
  const { type } = module.graphql
  const hasLinks = catalog.links(module).size > 0
  return {
    [`create${type}`]: create,
    [`update${type}`]: update,
    [`delete${type}`]: remove,
    ...(hasLinks ? { [`relate${type}`]: relate, [`unrelate${type}`]: unrelate } : {}),
  }
}

/**
 * What is stored now. An update may have deleted the record; the legacy APIs answer it all the same. Who only repeats a
 * write sees what may be seen now. After a rehearsal there is nothing to see.
 */
async function readBack(
  catalog: Catalog,
  module: Module,
  ctx: Context,
  { value, isRepeat }: Once<{ readonly id: string }>,
  info: GraphQLResolveInfo,
) {
  if (ctx.isRehearsal) return { id: value.id }
  const fields = columnsFor(catalog, module, info)
  const row = await findRecord(ctx, module, value.id, fields, { deleted: 'INCLUDE', justWritten: !isRepeat })
  if (!row) throw notFound(module.name, value.id)
  return row
}
