import { transaction, type Context } from '../../drizzle/context.ts'
import { findPage, findRecord } from '../../drizzle/select.ts'
import { compare } from '../../drizzle/where.ts'
import { notFound } from '../../schema/errors.ts'
import { createRecord } from './create.ts'
import { updateRecord } from './update.ts'

/** A row of a target list. */
type Target = { readonly id: string; readonly list: string; readonly relatedId: string; readonly relatedType: string }

/**
 * Logs that a campaign was sent to targets outside of the CRM, as a mail merge does: an entry for each target, counted
 * up when it is there. Targets that do not exist are passed over.
 *
 * @param targetIds  ids of rows of target lists
 * @throws NOT_FOUND  no such campaign
 * @see SuiteCRM modules/Campaigns/utils.php campaign_log_mail_merge()
 */
export async function logCampaignMerge(
  ctx: Context,
  campaignId: string,
  targetIds: readonly string[],
): Promise<number> {
  const log = ctx.catalog.byName.get('CampaignLog')
  const campaigns = ctx.catalog.byName.get('Campaigns')
  if (!log || !campaigns) return 0
  if (!(await findRecord(ctx, campaigns, campaignId, ['id']))) throw notFound('Campaigns', campaignId)

  return transaction(ctx, async ctx => {
    const targets = await ctx.sql<Target[]>`
      select id, prospect_list_id as list, related_id as "relatedId", related_type as "relatedType"
      from prospect_lists_prospects where id = any (${[...targetIds]}::text[])`
    for (const target of targets) {
      const filter = {
        kind: 'and',
        of: [compare('campaign_id', 'eq', campaignId), compare('target_tracker_key', 'eq', target.id)],
      } as const
      const { rows } = await findPage(ctx, log, { fields: ['id', 'hits'], filter, limit: 1 })
      const [known] = rows
      if (known) await updateRecord(ctx, log, known.id, { hits: Number(known.hits ?? 0) + 1 })
      else await createRecord(ctx, log, entryOf(ctx, campaignId, target))
    }
    return targets.length
  })
}

const entryOf = (ctx: Context, campaignId: string, target: Target) => ({
  campaign_id: campaignId,
  target_tracker_key: target.id,
  target_id: target.relatedId,
  target_type: target.relatedType,
  activity_type: 'targeted',
  activity_date: ctx.now().toISOString(),
  list_id: target.list,
  hits: 1,
})
