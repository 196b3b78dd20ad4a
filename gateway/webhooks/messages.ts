import { principalNow } from '../../drizzle/acting.ts'
import type { Outside } from '../../drizzle/outside.ts'
import type { Messages } from '../../subgraphs/webhooks/message.ts'
import { openMessages } from '../../subgraphs/webhooks/open-messages.ts'
import { contextFor, type House } from '../context.ts'
import type { Report } from '../error-mask.ts'
import { tokenFetcher } from '../outgoing/client-credentials.ts'

/**
 * The messages of webhooks as this process makes them: with the rights that owners have at that moment.
 *
 * @param houseOf  asked for each batch: what modules there are may have changed
 */
export function webhookMessages(
  houseOf: () => Promise<House & { readonly outside: Outside }>,
  first: House & { readonly outside: Outside },
  report: Report,
): Messages & { readonly close: () => Promise<void> } {
  const { pool, outside, now } = first
  const tokens = tokenFetcher(outside.rules)
  const by = { requestId: 'webhooks', door: 'webhooks', validation: 'strict' } as const
  const messages = openMessages({
    sql: pool,
    outside,
    now,
    fetchToken: tokens.fetchToken,
    report: error => report(error, 'webhook messages'),
    async actingFor(principal) {
      const acting = await principalNow(pool, principal)
      return acting && contextFor(await houseOf(), { ...by, principal: acting })
    },
  })
  return { ...messages, close: tokens.close }
}
