import type { Policy } from './policy.ts'

/**
 * What this process knows of one caller under one policy: the generic cell rate algorithm (GCRA), which keeps a single
 * moment, the one at which everything will have been restored.
 */
export type Account = {
  readonly key: string
  readonly policy: Policy
  /** Milliseconds that restore one point. */
  readonly stepMs: number
  /** How many points may be spent here before the database is told. */
  readonly lot: number
  /** When it is full again, in milliseconds of `performance.now()`. */
  fullAt: number
  /** Points spent here that the database has not been told of; below zero, points it granted and nobody used. */
  owed: number
  /** Points that it is being told of right now. */
  settling: number
}

/** The part of what fits at once that one process may spend untold. Four processes exceed a limit by 8 % of that part. */
const lotShare = 0.02

export const openAccount = (key: string, policy: Policy): Account => ({
  key,
  policy,
  stepMs: policy.limit > 0 ? (policy.windowS * 1000) / policy.limit : Number.POSITIVE_INFINITY,
  lot: Math.floor(policy.size * lotShare),
  fullAt: 0,
  owed: 0,
  settling: 0,
})

/** Points that can be spent now. */
export const leftIn = ({ policy, stepMs, fullAt }: Account, now: number) =>
  policy.limit === 0 ? 0 : Math.max(0, Math.floor(policy.size - Math.max(0, fullAt - now) / stepMs + tolerance))

/**
 * Milliseconds until a cost can be spent: 0 when it can at once, infinite for never. What is larger than fits at once waits until
 * the account is full, and is owed from then on.
 */
export function waitMs({ policy, stepMs, fullAt }: Account, cost: number, now: number): number {
  if (cost > policy.limit) return Number.POSITIVE_INFINITY
  const ahead = Math.max(0, fullAt - now)
  const over = ahead - Math.max(0, policy.size - cost + tolerance) * stepMs
  return Math.max(0, over)
}

/** Spends points whether they are there or not. A negative cost gives them back. */
export function spend(account: Account, cost: number, now: number) {
  if (account.policy.limit === 0) return
  account.fullAt = Math.max(account.fullAt, now) + cost * account.stepMs
  account.owed += cost
}

/** Part of a point that rounding may take away. */
const tolerance = 1e-3
