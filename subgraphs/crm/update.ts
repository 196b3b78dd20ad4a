import { transaction, type Context } from '../../drizzle/context.ts'
import type { Module } from '../../schema/module.ts'
import { acceptInput, type Accepted } from './accept.ts'
import { removeRecord } from './delete.ts'
import { derive, type Draft } from './derivations.ts'
import { acceptAddress, storeAddress } from './email-addresses.ts'
import { storeEmailText } from './email-text.ts'
import type { Companions } from './events.ts'
import { withStagedFile } from './files.ts'
import { isEmpty } from './input.ts'
import { relateParent, setLinked } from './linked.ts'
import { lockRecord } from './lock.ts'
import { permitDelete, permitOn, permittedInput, permitWrite } from './permit.ts'
import { shapeOf } from './shape.ts'
import { stampChange } from './stamp.ts'
import { inheritGroups, store, type DraftRow, type StoredRow } from './store.ts'
import { attachmentOf, storeRevision } from './uploads.ts'
import { checkRequired } from './validate.ts'

/**
 * Changes the fields of a record that are given, and what follows from them. `deleted: true` deletes it as well.
 *
 * @param expectedVersion  `record_version` as the caller last read it; the write is refused if it moved since
 * @throws NOT_FOUND     no such record, or the principal may not see it
 * @throws CONFLICT      someone else changed it since
 * @throws INVALID       strict validation; `field` says where
 * @throws INVALID_FILE  the file's extension is not accepted
 * @throws FORBIDDEN     its roles do not let the principal; only administrators change other users, roles and groups
 * @see SuiteCRM data/SugarBean.php save()
 */
export async function updateRecord(
  ctx: Context,
  module: Module,
  id: string,
  input: Readonly<Record<string, unknown>>,
  expectedVersion?: number,
) {
  permitWrite(ctx, module, id)
  const accepted = acceptInput(ctx, module, permittedInput(ctx, module, input), false)
  const address = acceptAddress(ctx, module, accepted)
  const attachment = attachmentOf(ctx, module, id, accepted, false)
  const isDeletion = accepted.row.deleted === true
  if (isDeletion) permitDelete(ctx, module)

  return withStagedFile(ctx, attachment?.ownerId ?? id, attachment?.upload, () =>
    transaction(ctx, async ctx => {
      const before = await lockRecord(ctx, module, id, 'edit', expectedVersion)
      if (isDeletion) await permitOn(ctx, module, [id], 'delete')
      const draft = draftOf(ctx, module, before, accepted)
      await derive(ctx, draft)
      checkRequired(ctx, module, draft.row, draft.given)
      stampChange(ctx, module, before, draft.row, draft.given)
      if (attachment) await storeRevision(ctx, draft, attachment)
      const also = {
        ...(attachment?.upload && fileChange(before, draft.row)),
        ...(await storeAddress(ctx, module, id, address, accepted, false)),
        ...(module.name === 'Emails' && (await storeEmailText(ctx, id, accepted, false))),
      }
      await store(ctx, { kind: 'updated', module, before, after: draft.row, also })

      for (const linked of accepted.linked) await setLinked(ctx, module, id, linked, false)
      await relateParent(ctx, draft)
      await inheritNewOwner(ctx, draft, id)
      if (isDeletion) await removeRecord(ctx, module, id, draft.row)
      return { id }
    }),
  )
}

/** Merely saving a record gives its empty fields their defaults in SuiteCRM, so for older clients it does. */
function draftOf(ctx: Context, module: Module, before: StoredRow, { row: sent, given }: Accepted): Draft {
  const row: DraftRow = { ...before, ...sent, deleted: false }
  if (ctx.validation === 'lenient') {
    for (const { name, initial } of shapeOf(ctx.catalog, module).columns) {
      if (initial !== null && isEmpty(row[name])) row[name] = initial
    }
  }
  return { module, before, row, given }
}

/** New bytes under the same name are a change too. */
const fileChange = (before: StoredRow, after: StoredRow): Companions =>
  'filename' in after ? { filename: { old: before.filename ?? null, new: after.filename ?? null } } : {}

async function inheritNewOwner(ctx: Context, { module, before, row }: Draft, id: string): Promise<void> {
  const owner = row.assigned_user_id
  if (isEmpty(owner) || owner === before?.assigned_user_id) return
  await inheritGroups(ctx, module, id, String(owner))
}
