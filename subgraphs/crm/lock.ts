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
  const row = await findRecord(ctx, module, id, shapeOf(ctx.catalog, module).names, { lock: true })
  if (!row) throw notFound(module.name, id)
  const version = Number(row[versionColumn])
  if (expectedVersion !== undefined && version !== expectedVersion) {
    throw new HouseError('CONFLICT', `${module.name} ${id} has changed since`, { module: module.name, id, version })
  }
  // Columns hold nothing else.
  return row as StoredRow
}
