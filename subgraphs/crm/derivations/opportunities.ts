import type { Context } from '../../../drizzle/context.ts'
import { defaultCurrency } from '../../../schema/derive.ts'
import type { Draft } from '../derivations.ts'
import { isEmpty } from '../input.ts'
import { inDefaultCurrency, rateOf } from './currency.ts'

/** How likely a deal is at each stage. @see SuiteCRM include/language/en_us.lang.php sales_probability_dom */
const probabilities: ReadonlyMap<string, number> = new Map([
  ['Prospecting', 10],
  ['Qualification', 20],
  ['Needs Analysis', 25],
  ['Value Proposition', 30],
  ['Id. Decision Makers', 40],
  ['Perception Analysis', 50],
  ['Proposal/Price Quote', 65],
  ['Negotiation/Review', 80],
  ['Closed Won', 100],
  ['Closed Lost', 0],
])

/**
 * An opportunity's currency, its amount in the default currency, and how likely it is.
 *
 * The probability follows from the stage where it was not sent: for a new opportunity, and for a client that validates also
 * when the stage changes, as in SuiteCRM's forms.
 *
 * @see SuiteCRM modules/Opportunities/Opportunity.php save()
 */
export async function deriveOpportunity(ctx: Context, { before, row, given }: Draft): Promise<void> {
  if (isEmpty(row.currency_id)) row.currency_id = (await preferredCurrency(ctx)) ?? defaultCurrency.id
  if (!isEmpty(row.amount)) {
    row.amount_usdollar = inDefaultCurrency(Number(row.amount), await rateOf(ctx, row.currency_id))
  }
  const followsStage = before === undefined || (ctx.validation === 'strict' && given.has('sales_stage'))
  if (followsStage && !given.has('probability')) {
    row.probability = probabilities.get(String(row.sales_stage ?? '')) ?? row.probability ?? null
  }
}

async function preferredCurrency(ctx: Context): Promise<string | undefined> {
  const text = `select contents->>'currency' as currency from user_preferences where assigned_user_id = $1 and category = 'global' and not deleted limit 1`
  const rows = await ctx.sql.unsafe<{ currency: string | null }[]>(text, [ctx.principal.userId], { prepare: true })
  return rows[0]?.currency || undefined
}
