import { momentOf, type Context } from '../../drizzle/context.ts'
import { versionColumn } from '../../drizzle/tables/records.ts'
import type { Module } from '../../schema/module.ts'
import { isStored } from '../../schema/field.ts'
import { isEmpty, type Stored } from './input.ts'
import type { DraftRow, StoredRow } from './store.ts'

/** The fields that say who did what when. Clients of the old APIs may set them, as SuiteCRM lets them. */
export const stampFields: ReadonlySet<string> = new Set([
  'date_entered',
  'date_modified',
  'created_by',
  'modified_user_id',
])

/**
 * Says of a new record who made it and when, where the client has not.
 *
 * @see SuiteCRM data/SugarBean.php save()
 */
export function stampNew(ctx: Context, module: Module, row: DraftRow): void {
  const now = momentOf(ctx.now())
  fill(module, row, 'date_modified', now)
  fill(module, row, 'date_entered', row.date_modified ?? now)
  fill(module, row, 'date_created', now)
  fill(module, row, 'created_by', ctx.principal.userId)
  fill(module, row, 'modified_user_id', ctx.principal.userId)
  row[versionColumn] = 1
}

/** Says who changed a record and when, where the client has not. */
export function stampChange(
  ctx: Context,
  module: Module,
  before: StoredRow,
  row: DraftRow,
  given: ReadonlySet<string>,
) {
  const stamps = stampsOf(ctx, module)
  for (const [name, value] of Object.entries(stamps)) if (!given.has(name)) row[name] = value
  row[versionColumn] = Number(before[versionColumn]) + 1
}

/** The stamps of a change that the client did not ask for by name: records that lose what they pointed to, new related ones. */
export function stampsOf(ctx: Context, module: Module): StoredRow {
  const stamps: DraftRow = {}
  if (hasColumn(module, 'date_modified')) stamps.date_modified = momentOf(ctx.now())
  if (hasColumn(module, 'modified_user_id')) stamps.modified_user_id = ctx.principal.userId
  return stamps
}

function fill(module: Module, row: DraftRow, name: string, value: Stored) {
  if (hasColumn(module, name) && isEmpty(row[name])) row[name] = value
}

function hasColumn(module: Module, name: string) {
  const field = module.fields[name]
  return Object.hasOwn(module.fields, name) && field !== undefined && isStored(field)
}
