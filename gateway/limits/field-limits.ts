import { createRequire } from 'node:module'
import { LRUCache } from 'lru-cache'
import type { Context } from '../../drizzle/context.ts'
import { HouseError } from '../../schema/errors.ts'
import type { ShieldRule } from '../policy/shield.ts'
import { quotaExceeded } from './headers.ts'

// graphql-rate-limit loads graphql-shield, which needs what policy/shield.ts puts in place first; so it is loaded late.
const require = createRequire(import.meta.url)

/**
 * Single fields that cost far more than the records they answer, and how often one caller may ask a process for them in a
 * minute. The budget of points stands behind, exact and shared by all processes.
 */
// prettier-ignore
export const fieldLimits: Readonly<Record<string, number>> = {
  'Query.modules':                  120, // every definition of the installation
  'Query.optionLists':              120,
  'Mutation.logCampaignMerge':      60,  // writes a row for each target
  'Mutation.changePassword':        30,  // hashes
  'Mutation.signOutEverywhere':     30,  // tells all processes
  'Mutation.revokeApiClientTokens': 30,
}

type Identity = { readonly contextIdentity: string; readonly fieldIdentity: string }

const windowMs = 60_000
const identitiesMax = 10_000

/**
 * Where graphql-rate-limit keeps the times of calls: its own store copies everything at each call and forgets nothing.
 *
 * It reads, waits, and writes, so calls at the same time (aliases) would not see each other. Here a call is noted when it
 * reads, if there is room for it; a refused one is not noted, and writing does nothing.
 */
export function fieldLimitStore(max: number, now: () => number = Date.now) {
  const times = new LRUCache<string, readonly number[]>({ max: identitiesMax, ttl: windowMs })
  return {
    getForIdentity({ contextIdentity, fieldIdentity }: Identity): readonly number[] {
      const key = `${contextIdentity}|${fieldIdentity}`
      const recent = (times.get(key) ?? []).filter(time => time + windowMs > now())
      if (recent.length < max) times.set(key, [...recent, now()])
      return recent
    },
    setForIdentity: () => undefined,
  }
}

let rules: ReadonlyMap<string, ShieldRule> | undefined

/** The rules for graphql-shield, by coordinate. A process counts in one place, whatever graphs it has had since. */
export const fieldLimitRules = () => (rules ??= limitRules(fieldLimits))

function limitRules(limits: Readonly<Record<string, number>>): ReadonlyMap<string, ShieldRule> {
  const { createRateLimitRule } = require('graphql-rate-limit') as typeof import('graphql-rate-limit')
  const config = {
    identifyContext: ({ principal: { keyId, clientId, userId } }: Context) =>
      `${keyId ?? clientId ?? 'session'}|${userId}`,
    formatError: ({ fieldName, max }: { fieldName: string; max: number }) =>
      `${fieldName} may be asked for ${max} times a minute`,
    createError: (message: string) =>
      new HouseError('RATE_LIMITED', message, {
        type: quotaExceeded,
        violatedPolicies: ['field'],
        retryAfterSeconds: windowMs / 1000,
      }),
  }
  return new Map(
    Object.entries(limits).map(([coordinate, max]) => {
      const limited = createRateLimitRule({ ...config, store: fieldLimitStore(max) })
      return [coordinate, limited({ max, window: `${windowMs}ms` }) as unknown as ShieldRule]
    }),
  )
}
