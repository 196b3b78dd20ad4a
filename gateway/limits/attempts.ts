import { hash } from 'node:crypto'
import { isIPv6 } from 'node:net'
import { LRUCache } from 'lru-cache'
import { openAccount, type Account } from './account.ts'
import type { Refusal } from './headers.ts'
import type { Ledger } from './ledger.ts'
import { wholeWindow, type Bound, type Policy } from './policy.ts'
import { exceeded } from './visit.ts'

/** How often somebody may try to sign in, or to get a token. */
export type AttemptLimits = {
  /** Failures in ten minutes with one user name, or of one API client. */
  readonly account: Bound
  /** Failures in ten minutes from one address. */
  readonly address: Bound
  /** Tries in a minute with one user name, or of one API client, also those that succeed. */
  readonly calls: Bound
}

/** Whose password or secret is tried, and from where. */
export type Attempted = { readonly account: string; readonly address: string }

/** A try that was counted as a failure before anything was looked at. */
export type Attempt = {
  /** Of what is left, as the headers tell it. */
  readonly accounts: readonly Account[]
  /** Too many have failed: nothing is to be looked at. */
  readonly refusal: Refusal | undefined
  /** It was none: what was taken for a failure is given back. */
  succeeded(): void
}

export type Attempts = (attempted: Attempted) => Promise<Attempt>

const rememberedMax = 20_000
const failureS = 600
const callS = 60

/**
 * Counts tries before a password is hashed. Names count whether they exist or not, so that the answer tells nothing; they
 * are kept as hashes, because people type passwords into the wrong field.
 */
export function createAttempts(ledger: Ledger, limits: AttemptLimits): Attempts {
  const known = new LRUCache<string, Account>({ max: rememberedMax })
  const policies = {
    account: wholeWindow('sign-in-account', limits.account, failureS),
    address: wholeWindow('sign-in-address', limits.address, failureS),
    calls: wholeWindow('sign-in-calls', limits.calls, callS),
  }
  const accountsOf = (who: string, [policy]: Policy[]): Account[] => {
    if (!policy) return []
    const key = `${policy.name}|${hash('sha256', who, 'base64url')}`
    let account = known.get(key)
    if (!account) known.set(key, (account = openAccount(key, policy)))
    return [account]
  }

  return async ({ account, address }) => {
    const failures = [
      ...accountsOf(account.toLowerCase(), policies.account),
      ...accountsOf(networkOf(address), policies.address),
    ]
    const accounts = [...failures, ...accountsOf(account.toLowerCase(), policies.calls)]
    const short = await ledger.take(accounts, 1)
    return {
      accounts,
      refusal: short && exceeded(short, 1),
      succeeded: () => ledger.owe(failures, -1),
    }
  }
}

/** Who holds one IPv6 address holds the other 2^64 of its network. An IPv4 client of an IPv6 socket is an IPv4 client. */
export function networkOf(address: string): string {
  const [, mapped] = /^::ffff:([\d.]+)$/i.exec(address) ?? []
  if (mapped !== undefined) return mapped
  const [plain = ''] = address.split('%')
  if (!isIPv6(plain)) return address
  const [head = '', tail] = plain.split('::')
  const [left, right] = [head, tail ?? ''].map(part => part.split(':').filter(Boolean))
  const groups = [
    ...(left ?? []),
    ...(tail === undefined ? [] : Array.from({ length: 8 - (left?.length ?? 0) - (right?.length ?? 0) }, () => '0')),
    ...(right ?? []),
  ]
  return `${groups
    .slice(0, 4)
    .map(group => parseInt(group, 16).toString(16))
    .join(':')}::/64`
}
