import { setTimeout as pause } from 'node:timers/promises'
import { leftIn, spend, waitMs, type Account } from './account.ts'
import type { LimitStore, Settled } from './store.ts'

/** A cost that does not fit: the account that has no room for it, and how long until it has. */
export type Short = { readonly account: Account; readonly waitMs: number }

/** The accounts of this process, and their agreement with those of the others. */
export type Ledger = {
  /**
   * Spends a cost from all accounts or from none.
   *
   * Far from the limits that happens here, and the database is told within a tenth of a second. Near them, and for
   * limits too small to have a lot, the database is asked; callers that ask at the same time share a statement.
   *
   * @returns what there was no room in
   */
  take(accounts: readonly Account[], cost: number): Short | undefined | Promise<Short | undefined>
  /** Spends a cost without asking; a negative one is given back. */
  owe(accounts: readonly Account[], cost: number): void
  /** What has no room for a cost, as far as this process knows. */
  shortOf(accounts: readonly Account[], cost: number): Short | undefined
  /** Whether the database could not be told the last time: every process then counts for itself. */
  readonly isAlone: boolean
  close(): Promise<void>
}

type Wish = { readonly cost: number; readonly settle: (isGranted: boolean) => void }

const tellMs = 100
const retryMs = 1_000
const settlementsMax = 500
/** A database that takes longer counts as away: callers wait for it. */
const answerMsMax = 1_000
/** Below this part of what fits at once, the database is asked. */
const nearShare = 0.1

/** What is not yet restored. A process that was alone for an hour has spent much, but owes no more than this. */
const outstandingIn = ({ fullAt, stepMs }: Account) => Math.max(0, (fullAt - performance.now()) / stepMs)

async function tooLate(): Promise<never> {
  await pause(answerMsMax, undefined, { ref: false })
  throw new Error(`The limits were not settled within ${answerMsMax} ms`)
}

/**
 * @param onAlone  called when the database stops answering (with what it said), and when it answers again
 */
export function openLedger(store: LimitStore, onAlone: (error: unknown) => void = () => undefined): Ledger {
  const untold = new Set<Account>()
  const wishes = new Map<Account, Wish[]>()
  const stopped = new AbortController()
  let isAlone = false
  let telling: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined

  function shortOf(accounts: readonly Account[], cost: number): Short | undefined {
    const now = performance.now()
    let short: Short | undefined
    for (const account of accounts) {
      const wait = waitMs(account, cost, now)
      if (wait > (short?.waitMs ?? 0)) short = { account, waitMs: wait }
    }
    return short
  }

  function owe(accounts: readonly Account[], cost: number) {
    if (cost === 0) return
    const now = performance.now()
    for (const account of accounts) {
      spend(account, cost, now)
      untold.add(account)
      if (account.owed * 2 > account.lot) tellSoon()
    }
    timer ??= setTimeout(tell, tellMs).unref()
  }

  const tellSoon = () => {
    telling ??= new Promise(resolve => setImmediate(resolve)).then(tellAll).finally(() => {
      telling = undefined
      if (wishes.size > 0) tellSoon()
    })
  }
  const tell = () => {
    timer = undefined
    tellSoon()
  }

  async function tellAll() {
    clearTimeout(timer)
    timer = undefined
    const accounts = [...new Set([...wishes.keys(), ...untold])].slice(0, settlementsMax)
    if (accounts.length === 0) return
    const wanted = new Map(accounts.map(account => [account, wishes.get(account) ?? []]))
    const settlements = accounts.map(account => {
      untold.delete(account)
      wishes.delete(account)
      account.settling = isAlone ? Math.min(account.owed, outstandingIn(account)) : account.owed
      account.owed = 0
      const costs = (wanted.get(account) ?? []).map(({ cost }) => cost)
      return {
        key: account.key,
        stepMs: account.stepMs,
        size: account.policy.size,
        paid: account.settling,
        wanted: costs.reduce((sum, cost) => sum + cost, 0),
        first: costs[0] ?? 0,
      }
    })
    try {
      const answer = await Promise.race([store.settle(settlements), tooLate()])
      const settled = new Map(answer.map(each => [each.key, each]))
      if (isAlone) onAlone(undefined)
      isAlone = false
      for (const account of accounts) agree(account, wanted.get(account) ?? [], settled.get(account.key))
    } catch (error) {
      if (!isAlone) onAlone(error)
      isAlone = true
      for (const account of accounts) decideAlone(account, wanted.get(account) ?? [])
      await pause(retryMs, undefined, { ref: false, signal: stopped.signal }).catch(() => undefined)
    }
    if (untold.size > 0 && !stopped.signal.aborted) timer ??= setTimeout(tell, tellMs).unref()
  }

  /** Takes over what the database knows, adds what was spent meanwhile, and deals out what was granted. */
  function agree(account: Account, wanted: readonly Wish[], settled: Settled | undefined) {
    account.settling = 0
    let granted = settled?.granted ?? 0
    account.fullAt = performance.now() + (settled?.fullInMs ?? 0) + account.owed * account.stepMs
    for (const { cost, settle } of wanted) {
      const isGranted = cost <= granted
      if (isGranted) granted -= cost
      settle(isGranted)
    }
    if (granted > 0) owe([account], -granted)
  }

  function decideAlone(account: Account, wanted: readonly Wish[]) {
    account.owed += account.settling
    account.settling = 0
    untold.add(account)
    for (const { cost, settle } of wanted) {
      const now = performance.now()
      const isGranted = waitMs(account, cost, now) === 0
      if (isGranted) spend(account, cost, now)
      settle(isGranted)
    }
  }

  const isFar = (account: Account, cost: number, now: number) =>
    isAlone ||
    (account.owed + account.settling + cost <= account.lot &&
      leftIn(account, now) - cost > account.policy.size * nearShare &&
      !wishes.has(account))

  /** Asks the database for the same cost in all accounts; what only some grant is given back to those. */
  async function ask(accounts: readonly Account[], cost: number): Promise<Short | undefined> {
    const answers = await Promise.all(
      accounts.map(
        account =>
          new Promise<boolean>(settle => {
            const waiting = wishes.get(account)
            if (waiting) waiting.push({ cost, settle })
            else wishes.set(account, [{ cost, settle }])
            tellSoon()
          }),
      ),
    )
    if (answers.every(Boolean)) return undefined
    owe(
      accounts.filter((_account, i) => answers[i]),
      -cost,
    )
    const refusing = accounts.filter((_account, i) => !answers[i])
    const [first] = refusing
    return shortOf(refusing, cost) ?? (first && { account: first, waitMs: first.stepMs })
  }

  return {
    shortOf,
    owe,
    take(accounts, cost) {
      const short = shortOf(accounts, cost)
      if (short) return short
      const now = performance.now()
      for (const account of accounts) if (!isFar(account, cost, now)) return ask(accounts, cost)
      owe(accounts, cost)
      return undefined
    },
    get isAlone() {
      return isAlone
    },
    async close() {
      stopped.abort()
      clearTimeout(timer)
      await telling
      if (!isAlone) await tellAll()
    },
  }
}
