import type { Context } from '../../drizzle/context.ts'
import { findRecord } from '../../drizzle/select.ts'
import type { Module } from '../../schema/module.ts'
import type { Accepted } from './accept.ts'
import type { Draft } from './derivations.ts'
import { invalid, isEmpty } from './input.ts'
import { store } from './store.ts'

/**
 * Makes another record the one that a many-to-many link leads to: the account of a contact. Null leads to none.
 *
 * @throws INVALID  strict validation: there is no such record
 * @see SuiteCRM modules/Contacts/Contact.php save_relationship_changes()
 */
export async function setLinked(
  ctx: Context,
  module: Module,
  id: string,
  { link, field, id: relatedId }: Accepted['linked'][number],
  isNew: boolean,
): Promise<void> {
  const related = relatedId === null ? undefined : await findRecord(ctx, link.target, relatedId, ['id'])
  if (relatedId !== null && !related && ctx.validation === 'strict') {
    throw invalid({ module: module.name, field }, `there is no such record in ${link.target.name}`)
  }
  if (!isNew) await store(ctx, { kind: 'parted', link, id, keep: related?.id })
  if (!related) return
  await store(ctx, { kind: 'related', link, id, relatedIds: [related.id], values: {}, ofNewRecord: isNew })
}

/**
 * An e-mail is related to the record it belongs to by a link too, so that it shows there.
 *
 * @see SuiteCRM modules/Emails/Email.php save()
 */
export async function relateParent(ctx: Context, { module, before, row }: Draft): Promise<void> {
  if (module.name !== 'Emails' || isEmpty(row.parent_type) || isEmpty(row.parent_id)) return
  if (row.parent_type === before?.parent_type && row.parent_id === before.parent_id) return
  const id = String(row.id)
  const links = ctx.catalog.links(module)
  const old = links.get(String(before?.parent_type ?? '').toLowerCase())
  const oldId = before?.parent_id
  if (old?.via.kind === 'join' && !isEmpty(oldId)) {
    await store(ctx, { kind: 'unrelated', link: old, id, relatedIds: [String(oldId)] })
  }
  const link = links.get(String(row.parent_type).toLowerCase())
  if (link?.via.kind !== 'join') return
  const parent = await findRecord(ctx, link.target, String(row.parent_id), ['id'])
  if (!parent) return
  await store(ctx, {
    kind: 'related',
    link,
    id,
    relatedIds: [parent.id],
    values: {},
    ofNewRecord: before === undefined,
  })
}
