import { isEmpty } from '../php.ts'
import type { Operation } from '../operation.ts'
import { textOf, textsOf } from './arguments.ts'
import { run, type Arguments, type Call } from './call.ts'
import { Fault } from './fault.ts'

const merge: Operation = {
  name: 'LegacyCampaignMerge',
  text: 'mutation LegacyCampaignMerge($campaignId: ID!, $targetIds: [ID!]!) { logCampaignMerge(campaignId: $campaignId, targetIds: $targetIds) }',
}

/**
 * Notes that a campaign was mailed to targets: rows of target lists, as CampaignProspects answers them. Those that do
 * not exist are passed over.
 *
 * @see modules/Campaigns/utils.php campaign_log_mail_merge()
 * @throws Fault  no campaign, or no targets
 */
export async function setCampaignMerge(call: Call, args: Arguments) {
  if (isEmpty(args.campaign_id) || isEmpty(args.targets) || typeof args.targets !== 'object') {
    throw new Fault('invalid_set_campaign_merge_data')
  }
  await run(call, merge, { campaignId: textOf(args.campaign_id), targetIds: textsOf(args.targets) })
  return null
}
