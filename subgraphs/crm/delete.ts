import { transaction, type Context } from '../../drizzle/context.ts'
import type { Link } from '../../schema/link.ts'
import type { Module } from '../../schema/module.ts'
import { lockRecord } from './lock.ts'
import { permitDelete } from './permit.ts'
import { stampChange, stampsOf } from './stamp.ts'
import { store, type StoredRow } from './store.ts'
import { forgetViews } from './view.ts'

/**
 * Deletes a record: it stays in its table as deleted, and nothing points to it any more. Records that it was reached from
 * lose its id, pairs with others are deleted.
 *
 * @param expectedVersion  `record_version` as the caller last read it; the delete is refused if it moved since
 * @throws NOT_FOUND  no such record, it is deleted already, or the principal may not see it
 * @throws CONFLICT   someone else changed it since
 * @throws FORBIDDEN  its roles do not let the principal; only administrators delete users, roles and groups
 * @see SuiteCRM data/SugarBean.php mark_deleted(), delete_linked()
 */
export async function deleteRecord(ctx: Context, module: Module, id: string, expectedVersion?: number) {
  permitDelete(ctx, module)
  return transaction(ctx, async ctx => {
    const before = await lockRecord(ctx, module, id, 'delete', expectedVersion)
    await removeRecord(ctx, module, id, before)
    return { id }
  })
}

/** Deletes a record that this transaction has locked. */
export async function removeRecord(ctx: Context, module: Module, id: string, before: StoredRow): Promise<void> {
  await beforeRemoval(ctx, module, id)
  // All at once: the connection sends one after the other, without waiting for answers between.
  const cut = await Promise.all(distinct(ctx.catalog.links(module).values()).map(link => cutLink(ctx, link, id)))
  const after = { ...before, deleted: true }
  stampChange(ctx, module, before, after, new Set())
  await store(ctx, { kind: 'deleted', module, before, after, groups: cut.flat() })
  await forgetViews(ctx, id)
}

/**
 * Ends what a link says of the record. That it has ended is a part of the deletion; only other records' own columns change.
 *
 * @returns the security groups that it was in, where it is the link to those
 */
async function cutLink(ctx: Context, link: Link, id: string): Promise<readonly string[]> {
  const { via, target } = link
  switch (via.kind) {
    case 'here':
      return []
    case 'there': {
      const { column, role } = via
      await store(ctx, { kind: 'cleared', module: target, stamps: stampsOf(ctx, target), column, value: id, role })
      return []
    }
    case 'join': {
      const ended = await store(ctx, { kind: 'parted', link, id, told: true })
      return target.name === 'SecurityGroups' ? ended : []
    }
  }
}

/** Several links of a module lead over the same column or table. */
function distinct(links: Iterable<Link>): readonly Link[] {
  return [...new Map([...links].map(link => [JSON.stringify([link.target.table, link.via]), link])).values()]
}

/** What goes with a record that has it, rather than staying behind without it. */
async function beforeRemoval(ctx: Context, module: Module, id: string): Promise<void> {
  switch (module.name) {
    case 'Campaigns':
      await removeLog(ctx, id)
      return
    case 'Calls':
    case 'Meetings':
      await passOnSeries(ctx, module, id)
      return
    default:
  }
}

/** At most so many records in one statement. */
const batchMax = 5_000

/** The log of a campaign goes with it. @see SuiteCRM modules/Campaigns/Campaign.php mark_deleted() */
async function removeLog(ctx: Context, campaignId: string): Promise<void> {
  const log = ctx.catalog.byName.get('CampaignLog')
  if (!log) return
  const values = { ...stampsOf(ctx, log), deleted: true }
  const text = `select id from campaign_log where campaign_id = $1 and not deleted limit ${batchMax} for update`
  for (;;) {
    const rows = await ctx.sql.unsafe<{ id: string }[]>(text, [campaignId], { prepare: true })
    if (rows.length === 0) return
    await store(ctx, { kind: 'set', module: log, ids: rows.map(row => row.id), values })
  }
}

/** The next of a series becomes the one that the others repeat. @see SuiteCRM modules/Calendar/CalendarUtils.php correctRecurrences() */
async function passOnSeries(ctx: Context, module: Module, id: string): Promise<void> {
  const text = `select id from ${module.table} where repeat_parent_id = $1 and not deleted order by date_start, id for update`
  const rows = await ctx.sql.unsafe<{ id: string }[]>(text, [id], { prepare: true })
  const [first, ...others] = rows.map(row => row.id)
  if (first === undefined) return
  const stamps = stampsOf(ctx, module)
  await store(ctx, { kind: 'set', module, ids: [first], values: { ...stamps, repeat_parent_id: null } })
  if (others.length > 0) {
    await store(ctx, { kind: 'set', module, ids: others, values: { ...stamps, repeat_parent_id: first } })
  }
}
