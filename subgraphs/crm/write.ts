import type { GraphQLFieldResolver, GraphQLResolveInfo } from 'graphql'
import type { Context } from '../../drizzle/context.ts'
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
    const { id } = await createRecord(ctx, module, { ...input })
    return readBack(catalog, module, ctx, id, info)
  }
  const update: Resolver<{ id: string; input: Input } & Version> = async (_source, args, ctx, info) => {
    const { id } = await updateRecord(ctx, module, args.id, { ...args.input }, args.expectedVersion ?? undefined)
    return readBack(catalog, module, ctx, id, info)
  }
  const remove: Resolver<{ id: string } & Version> = (_source, args, ctx) =>
    deleteRecord(ctx, module, args.id, args.expectedVersion ?? undefined)
  const relate: Resolver<Links & { values?: Input | null }> = async (_source, args, ctx) => {
    await relateRecords(ctx, module, args.id, args.link, args.relatedIds, args.values ?? undefined)
    return { id: args.id, relatedIds: args.relatedIds }
  }
  const unrelate: Resolver<Links> = async (_source, args, ctx) => {
    await unrelateRecords(ctx, module, args.id, args.link, args.relatedIds)
    return { id: args.id, relatedIds: args.relatedIds }
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

/** What is stored now. An update may have deleted the record; the legacy APIs answer it all the same. */
async function readBack(catalog: Catalog, module: Module, ctx: Context, id: string, info: GraphQLResolveInfo) {
  const fields = columnsFor(catalog, module, info)
  const row = await findRecord(ctx, module, id, fields, { deleted: 'INCLUDE', justWritten: true })
  if (!row) throw notFound(module.name, id)
  return row
}
