import type { Context } from '../../../drizzle/context.ts'
import { findRecord } from '../../../drizzle/select.ts'
import { defaultCurrency } from '../../../schema/derive.ts'
import { isEmpty, type Stored } from '../input.ts'

/** What one unit of the default currency is in another. Nothing is known of a currency that has gone: it counts as the default one. */
export async function rateOf(ctx: Context, currencyId: Stored | undefined): Promise<number> {
  const currencies = ctx.catalog.byName.get('Currencies')
  if (isEmpty(currencyId) || currencyId === defaultCurrency.id || !currencies) return defaultCurrency.rate
  const currency = await findRecord(ctx, currencies, String(currencyId), ['conversion_rate'])
  return currency ? Number(currency.conversion_rate ?? 0) : defaultCurrency.rate
}

/** @see SuiteCRM modules/Currencies/Currency.php convertToDollar(): six places, and a rate of nothing gives nothing */
export const inDefaultCurrency = (amount: number, rate: number) => (rate === 0 ? 0 : Number((amount / rate).toFixed(6)))
