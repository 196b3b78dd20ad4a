import type { Context } from '../../drizzle/context.ts'
import { findRecord } from '../../drizzle/select.ts'
import { versionColumn } from '../../drizzle/tables/records.ts'
import { HouseError, notFound } from '../../schema/errors.ts'
import type { Module } from '../../schema/module.ts'
import { shapeOf } from './shape.ts'
import type { StoredRow } from './store.ts'

/**
 * Reads a live record that is about to change, and keeps others from changing it until the transaction ends.
 *
 * @throws NOT_FOUND  no such record, or the principal may not see it
 * @throws CONFLICT   it is not at the version that the caller has seen
 */
export async function lockRecord(
  ctx: Context,
  module: Module,
  id: string,
  expectedVersion?: number,
): Promise<StoredRow> {
  const { names } = shapeOf(ctx.catalog, module)
  const row = isPossibleId(id) ? await findRecord(ctx, module, id, names, { lock: true }) : undefined
  if (!row) throw notFound(module.name, id)
  const version = Number(row[versionColumn])
  if (expectedVersion !== undefined && version !== expectedVersion) {
    throw new HouseError('CONFLICT', `${module.name} ${id} has changed since`, { module: module.name, id, version })
  }
  // Columns hold nothing else.
  return row as StoredRow
}

/** Text that the database could hold; what it cannot is no record's id. */
export const isPossibleId = (id: string) => id.length > 0 && id.length <= 255 && !id.includes('\0')
