import { LRUCache } from 'lru-cache'
import { openAccount, type Account } from './account.ts'
import { policiesOf, type Allowance } from './policy.ts'

/** Whose points are counted: a user through an API client or key. Sessions of the legacy API are a client of their own. */
export type CallerName = { readonly client: string; readonly userId: string }

/** The accounts of one caller in this process. */
export type CallerAccounts = {
  readonly accounts: readonly Account[]
  readonly concurrentMax: number | undefined
  /** Calls under way. */
  readonly calls: { running: number }
}

type Entry = CallerAccounts & { readonly allowance: Allowance }

const callersMax = 20_000

/**
 * Remembers the accounts of callers. When a caller is allowed something else, its accounts are made anew; what it has
 * spent is with the database.
 */
export function rememberCallers(allowanceOf: (client: string) => Allowance): (caller: CallerName) => CallerAccounts {
  const known = new LRUCache<string, Entry>({ max: callersMax })
  return ({ client, userId }) => {
    const key = `${client}|${userId}`
    const allowance = allowanceOf(client)
    const entry = known.get(key)
    if (entry?.allowance === allowance) return entry
    const made: Entry = {
      allowance,
      accounts: policiesOf(allowance).map(policy => openAccount(`${key}|${policy.name}`, policy)),
      concurrentMax: allowance.concurrent === 'unlimited' ? undefined : allowance.concurrent,
      calls: entry?.calls ?? { running: 0 },
    }
    known.set(key, made)
    return made
  }
}
