import type { Context } from '../../../drizzle/context.ts'
import type { Draft } from '../derivations.ts'

/** Only a newsletter is sent again and again. @see SuiteCRM modules/Campaigns/Campaign.php save() */
export function deriveFrequency(_ctx: Context, { row }: Draft): void {
  if (row.campaign_type !== 'NewsLetter') row.frequency = null
}
