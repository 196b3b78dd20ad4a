import { isConcealed } from '../../drizzle/concealed.ts'
import type { Context } from '../../drizzle/context.ts'
import type { Cursor } from '../../drizzle/event-cursor.ts'
import type { EventValue } from '../../drizzle/outbox.ts'
import { cursorOf, findPage, type Row } from '../../drizzle/select.ts'
import { eventFields } from '../../schema/event-types.ts'
import { scalarOf } from '../../schema/graphql-types.ts'
import type { Module } from '../../schema/module.ts'
import { logOf } from './feed.ts'

/** A part of a snapshot: records, or at its end where the events go on. */
export type SnapshotPart = { readonly records: readonly SnapshotRecord[] } | { readonly cursor: string }

export type SnapshotRecord = {
  readonly record: { readonly module: string; readonly id: string }
  /** Those that hold something, as events write them. */
  readonly fields: Readonly<Record<string, EventValue>>
}

const pageSize = 500

/**
 * Every record of a module that the principal may list, as it was at one moment, and the cursor of that moment: the
 * events behind it tell everything that these records do not show yet, and nothing that they do.
 *
 * Holds a connection of its own until it ends.
 *
 * @throws FORBIDDEN  the roles close the module
 */
export async function* takeSnapshot(
  ctx: Context,
  module: Module,
  signal: AbortSignal,
): AsyncGenerator<SnapshotPart, void> {
  const snapshot = await logOf(ctx).snapshot()
  try {
    const still: Context = { ...ctx, sql: snapshot.sql, batches: new Map() }
    const fields = fieldsOf(ctx, module)
    const sort = [{ field: 'id', direction: 'asc' }] as const
    for (let after: string | undefined, hasNextPage = true; hasNextPage;) {
      signal.throwIfAborted()
      const page = await findPage(still, module, {
        fields: ['id', ...fields],
        sort,
        limit: pageSize,
        after,
        cursors: true,
      })
      const last = page.rows.at(-1)
      after = last && cursorOf(last, page.sort)
      hasNextPage = page.hasNextPage
      yield { records: page.rows.map(row => recordOf(ctx, module, fields, row)) }
    }
    yield { cursor: logOf(ctx).encode(snapshot.cursor satisfies Cursor) }
  } finally {
    await snapshot.end()
  }
}

/** What events tell of a record, as far as the principal may see it. */
const fieldsOf = (ctx: Context, module: Module) =>
  eventFields(ctx.catalog, module).filter(name => name !== 'deleted' && !isConcealed(ctx, module, name))

function recordOf({ catalog }: Context, module: Module, names: readonly string[], row: Row): SnapshotRecord {
  const fields: Record<string, EventValue> = {}
  for (const name of names) {
    const value = row[name] as EventValue
    if (value === null || value === '') continue
    const isMoment = scalarOf(catalog, module, name) === 'DateTime'
    fields[name] = isMoment ? `${String(value).slice(0, 19).replace(' ', 'T')}Z` : value
  }
  return { record: { module: module.name, id: row.id }, fields }
}
