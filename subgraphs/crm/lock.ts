import type { Context } from '../../drizzle/context.ts'
import { closed, lockRow, type Purpose } from '../../drizzle/select.ts'
import { isClosed } from '../../drizzle/scope.ts'
import { versionColumn } from '../../drizzle/tables/records.ts'
import { HouseError, notFound } from '../../schema/errors.ts'
import type { Module } from '../../schema/module.ts'
import { shapeOf } from './shape.ts'
import type { StoredRow } from './store.ts'

/**
 * Reads a live record that is about to change, and keeps others from changing it until the transaction ends.
 *
 * @throws NOT_FOUND  no such record, or the principal may not see it
 * @throws FORBIDDEN  the principal may see it, but not do that to it
 * @throws CONFLICT   it is not at the version that the caller has seen
 */
export async function lockRecord(
  ctx: Context,
  module: Module,
  id: string,
  purpose: Purpose,
  expectedVersion?: number,
): Promise<StoredRow> {
  if (isClosed(ctx, module, 'view')) throw closed(module, 'view')
  const { names } = shapeOf(ctx.catalog, module)
  const found = isPossibleId(id) ? await lockRow(ctx, module, id, names, purpose) : undefined
  if (!found) throw notFound(module.name, id)
  const { row, isPermitted } = found
  if (!isPermitted) throw outOfReach(module, id, purpose)
  const version = Number(row[versionColumn])
  if (expectedVersion !== undefined && version !== expectedVersion) {
    throw new HouseError('CONFLICT', `${module.name} ${id} has changed since`, { module: module.name, id, version })
  }
  // Columns hold nothing else.
  return row as StoredRow
}

/** The principal sees the record, so it may know that this is not for it to do. */
export const outOfReach = (module: Module, id: string, action: Purpose) =>
  new HouseError('FORBIDDEN', `Your roles do not let you ${action} ${module.name} ${id}`, {
    module: module.name,
    id,
    action,
  })

/** Text that the database could hold; what it cannot is no record's id. */
export const isPossibleId = (id: string) => id.length > 0 && id.length <= 255 && !id.includes('\0')
