import { isConcealed } from '../../drizzle/concealed.ts'
import type { Context } from '../../drizzle/context.ts'
import { isReadable } from '../../drizzle/expression.ts'
import { findRecords, type Row } from '../../drizzle/select.ts'
import { isLink } from '../../schema/field.ts'
import { scalarOf } from '../../schema/graphql-types.ts'
import type { Module } from '../../schema/module.ts'

/** A record with its values as the APIs write them. */
export type WholeRecord = Readonly<Record<string, unknown>>

/** Finds records as they are now, each with all the fields that the principal may see; by one statement a module. */
export async function wholeRecords(
  ctx: Context,
  wanted: ReadonlyMap<string, ReadonlySet<string>>,
): Promise<(module: string, id: string) => WholeRecord | undefined> {
  const found = new Map<string, ReadonlyMap<string, WholeRecord>>()
  await Promise.all(
    [...wanted].map(async ([name, ids]) => {
      const module = ctx.catalog.byName.get(name)
      if (!module) return
      const fields = fieldsShown(ctx, module)
      const moments = new Set(fields.filter(field => scalarOf(ctx.catalog, module, field) === 'DateTime'))
      const rows = await findRecords(ctx, module, [...ids], fields)
      found.set(name, new Map([...rows].map(([id, row]) => [id, recordOf(row, fields, moments)])))
    }),
  )
  return (module, id) => found.get(module)?.get(id)
}

/** The fields that the graph has too, without what is kept from the principal. */
const fieldsShown = (ctx: Context, module: Module): readonly string[] =>
  Object.entries(module.fields).flatMap(([name, field]) =>
    !isLink(field) && isReadable(ctx.catalog, module, name) && !isConcealed(ctx, module, name) ? [name] : [],
  )

const recordOf = (row: Row, fields: readonly string[], moments: ReadonlySet<string>): WholeRecord =>
  Object.fromEntries(
    fields.map(name => {
      const value = row[name] ?? null
      const isMoment = typeof value === 'string' && moments.has(name)
      return [name, isMoment ? `${value.slice(0, 10)}T${value.slice(11, 19)}Z` : value]
    }),
  )
