import type { Logger } from 'pino'
import { principalNow } from '../../drizzle/acting.ts'
import type { Outside } from '../../drizzle/outside.ts'
import { systemPrincipal, type Principal } from '../../schema/principal.ts'
import { contextFor, type House } from '../context.ts'
import type { Report } from '../error-mask.ts'
import { guardedConnector } from '../outgoing/guard.ts'
import { startDeliveries, type Deliveries, type DeliveriesDeps } from './deliveries.ts'
import { webhookMessages } from './messages.ts'

type WebhooksDeps = {
  readonly url: string
  /** Asked again and again: what modules there are may have changed. */
  readonly houseOf: () => Promise<House & { readonly outside: Outside }>
  readonly log: Logger
  readonly report: Report
  readonly onAttempt?: DeliveriesDeps['onAttempt']
}

/** Delivers webhooks as a part of the background work, with the rights of their owners and through the guard. */
export async function startWebhooks({ url, houseOf, log, report, onAttempt }: WebhooksDeps): Promise<Deliveries> {
  const first = await houseOf()
  const { close, ...messages } = webhookMessages(houseOf, first, report)
  const by = { requestId: 'webhooks', door: 'webhooks', validation: 'strict' } as const
  const deliveries = await startDeliveries({
    ...{ url, messages, log, report, ...(onAttempt && { onAttempt }) },
    yard: {
      house: async () => contextFor(await houseOf(), { ...by, principal: systemPrincipal }),
      async actingFor(principal: Principal) {
        const acting = await principalNow(first.pool, principal)
        return acting && contextFor(await houseOf(), { ...by, principal: acting })
      },
      aheadMs: () => 0,
    },
    connectorFor: certificate => guardedConnector(first.outside.rules, { ...certificate }),
  })
  return {
    ...deliveries,
    async close() {
      await deliveries.close()
      await close()
    },
  }
}
