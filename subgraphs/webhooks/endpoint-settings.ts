import type { Principal } from '../../schema/principal.ts'
import type { FilterInput } from '../../schema/filter-input.ts'

/** What follows when it is not known whether a request has arrived: send again, wait for a person, or ask the receiver. */
export type OnUnknown = 'RESEND' | 'HOLD' | 'PROBE'

export type EndpointStatus = 'ACTIVE' | 'PAUSED' | 'DISABLED'

/** The settings of an endpoint, as the table `webhook_endpoint` has them. */
export type EndpointSettings = {
  readonly id: string
  readonly url: string
  readonly userId: string
  /** With whose rights events are chosen and written. */
  readonly principal: Principal
  readonly status: EndpointStatus
  /** `Accounts.updated`, `Accounts.*`, `*.deleted`, `*`. */
  readonly eventTypes: readonly string[]
  readonly filter: FilterInput | null
  readonly payload: Readonly<Record<string, unknown>>
  /** Sealed. */
  readonly headers: string | null
  /** Sealed. */
  readonly authentication: string | null
  readonly ratePerSecond: number | null
  /** So many requests at the same time, over all processes. */
  readonly concurrency: number
  /** Seconds to wait before each retry. */
  readonly schedule: readonly number[]
  readonly timeoutMs: number
  readonly isOrdered: boolean
  readonly onUnknown: OnUnknown
  readonly atMostOnce: boolean
  readonly skipOwn: boolean
  readonly version: number
  /** Rises with every change of the settings: what was prepared for one revision holds for it only. */
  readonly revision: number
}

/** The columns of an {@link EndpointSettings}, for a select from `webhook_endpoint e`. */
export const settingsColumns = `e.id, e.url, e.user_id as "userId", e.principal, e.status, e.event_types as "eventTypes", e.filter,
  e.payload, e.headers, e.authentication, e.rate_per_second as "ratePerSecond", e.concurrency, e.schedule,
  e.timeout_ms as "timeoutMs", e.is_ordered as "isOrdered", e.on_unknown as "onUnknown", e.at_most_once as "atMostOnce",
  e.skip_own as "skipOwn", e.version, e.revision`
