import type { Context } from '../../../drizzle/context.ts'
import { ident } from '../../../drizzle/names.ts'
import { fieldOf } from '../../../schema/module.ts'
import type { Draft } from '../derivations.ts'
import { isEmpty } from '../input.ts'
import { inDefaultCurrency, rateOf } from './currency.ts'

const suffix = '_usdollar'

/** Every amount of a quote, invoice, contract or product once more in the default currency. @see SuiteCRM modules/AOS_Products_Quotes/AOS_Utils.php perform_aos_save() */
export async function deriveDollars(ctx: Context, { module, row }: Draft): Promise<void> {
  const names = Object.keys(module.fields).filter(name => name.endsWith(suffix))
  const rate = await rateOf(ctx, row.currency_id)
  for (const name of names) {
    const source = name.slice(0, -suffix.length)
    if (!fieldOf(module, source)) continue
    const amount = row[source]
    // Without a conversion the digits stay as they are.
    if (rate === 1) row[name] = isEmpty(amount) ? '0' : amount
    else row[name] = inDefaultCurrency(Number(amount ?? 0), rate).toFixed(6)
  }
}

/** A new quote or invoice gets the number after the highest so far. @see SuiteCRM modules/AOS_Quotes/AOS_Quotes.php save() */
export async function deriveNumber(ctx: Context, { module, before, row }: Draft): Promise<void> {
  if (before !== undefined) return
  // Two that are made at once must not get the same number.
  await ctx.sql.unsafe('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`${module.table}.number`], {
    prepare: true,
  })
  // A client may have given one the highest number that there is.
  const text = `select coalesce(max(number), 0) + 1 as next from ${ident(module.table)} where number < 2147483647`
  const [last] = await ctx.sql.unsafe<{ next: number }[]>(text, [], { prepare: true })
  row.number = last?.next ?? 1
}
