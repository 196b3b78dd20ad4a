import { leftIn, type Account } from './account.ts'

/** Why a call was not let in. */
export type Refusal = {
  /** The policy that was exceeded. */
  readonly policy: string
  readonly message: string
  readonly needed: number
  readonly left: number
  /** Whole seconds until the same call would be let in; absent when waiting does not help. */
  readonly retryAfterS?: number
}

/** Of RFC 9457, registered by draft-ietf-httpapi-ratelimit-headers-11. */
export const quotaExceeded = 'https://iana.org/assignments/http-problem-types#quota-exceeded'

/** What the body of an answer says of a refusal, beside its own form. */
export const problemOf = ({ policy, needed, left }: Refusal) => ({
  type: quotaExceeded,
  'violated-policies': [policy],
  needed,
  left,
})

/** What a caller is told of its points. */
export type Standing = {
  readonly accounts: readonly Account[]
  readonly concurrentMax: number | undefined
  readonly running: number
  /** Whether this process counts for itself, because it cannot reach the others. */
  readonly isDegraded: boolean
  readonly refusal?: Refusal | undefined
}

/**
 * `RateLimit-Policy` and `RateLimit` (draft 11) with every policy, the older `X-RateLimit-*` with the one for a minute
 * or the one that was exceeded, and on a refusal `Retry-After`.
 *
 * `t` is the seconds until a policy is wholly restored; in a refusal, until the refused call fits.
 *
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/11/ read 2026-11
 */
export function limitHeaders({ accounts, concurrentMax, running, isDegraded, refusal }: Standing) {
  const now = performance.now()
  const headers: Record<string, string> = {}
  const policies: string[] = []
  const limits: string[] = []
  let shown: { limit: number; left: number; resetS: number } | undefined
  for (const account of accounts) {
    const { name, limit, windowS } = account.policy
    const isExceeded = refusal?.policy === name
    const left = leftIn(account, now)
    const resetS = isExceeded ? (refusal.retryAfterS ?? windowS) : Math.ceil(Math.max(0, account.fullAt - now) / 1000)
    policies.push(`"${name}";q=${limit};w=${windowS}`)
    limits.push(`"${name}";r=${left};t=${resetS}`)
    if (isExceeded || shown === undefined || (name === 'sustained' && refusal === undefined))
      shown = { limit, left, resetS }
  }
  if (concurrentMax !== undefined) {
    policies.push(`"concurrent";q=${concurrentMax};qu="concurrent-requests"`)
    limits.push(`"concurrent";r=${Math.max(0, concurrentMax - running)}`)
  }
  if (policies.length > 0) {
    headers['ratelimit-policy'] = policies.join(', ')
    headers['ratelimit'] = limits.join(', ')
  }
  if (shown) {
    headers['x-ratelimit-limit'] = String(shown.limit)
    headers['x-ratelimit-remaining'] = String(shown.left)
    headers['x-ratelimit-reset'] = String(Math.ceil(Date.now() / 1000) + shown.resetS)
  }
  if (isDegraded) headers['x-ratelimit-status'] = 'degraded'
  if (refusal?.retryAfterS !== undefined) headers['retry-after'] = String(refusal.retryAfterS)
  return headers
}
