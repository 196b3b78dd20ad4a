import { afterAll, expect, it } from 'vitest'
import { leftIn, openAccount, waitMs, type Account } from '../../gateway/limits/account.ts'
import { openLedger, type Ledger } from '../../gateway/limits/ledger.ts'
import { policiesOf, wholeWindow } from '../../gateway/limits/policy.ts'
import { postgresLimits, sweepLimits } from '../../gateway/limits/store.ts'
import { testDatabase } from '../database.ts'

const db = await testDatabase()
const store = postgresLimits(db.pool)
const ledgers: Ledger[] = []
afterAll(() => Promise.all(ledgers.map(ledger => ledger.close())))

/** What one process has: a ledger, and its own view of an account. */
function aProcess(key: string, limit: number, windowS = 60) {
  const ledger = openLedger(store)
  ledgers.push(ledger)
  const accounts = wholeWindow('sustained', limit, windowS).map(policy => openAccount(key, policy))
  return { ledger, accounts, take: (cost = 1) => ledger.take(accounts, cost) }
}

const sole = ({ accounts: [account] }: { accounts: readonly Account[] }): Account => {
  if (!account) throw new Error('there is no account')
  return account
}

const admitted = async (calls: readonly ReturnType<Ledger['take']>[]) =>
  (await Promise.all(calls.map(call => Promise.resolve(call)))).filter(short => short === undefined).length

it('keeps its accounts in a table that needs no log of its writes', async () => {
  const [table] = await db.pool`select relpersistence, reloptions from pg_class where relname = 'limit_account'`

  expect(table).toEqual({ relpersistence: 'u', reloptions: ['fillfactor=50'] })
})

it('lets exactly as many of 200 calls at once pass as the limit says', async () => {
  const { take } = aProcess('fifty', 50)

  expect(await admitted(Array.from({ length: 200 }, () => take()))).toBe(50)
})

it('is exact among four processes when the limit is small', async () => {
  const processes = Array.from({ length: 4 }, () => aProcess('shared', 40))

  const calls = Array.from({ length: 200 }, (_, i) => processes[i % 4]?.take() ?? undefined)

  expect(await admitted(calls)).toBe(40)
})

it('lets four processes exceed a large limit by no more than what each may spend untold', async () => {
  const processes = Array.from({ length: 4 }, () => aProcess('large', 10_000, 86_400))
  let passed = 0
  for (let round = 0; round < 300; round++) {
    passed += await admitted(processes.flatMap(({ take }) => Array.from({ length: 10 }, () => take())))
  }

  expect(passed).toBeGreaterThanOrEqual(10_000)
  expect(passed).toBeLessThanOrEqual(10_000 * 1.08 + 10)
})

it('asks the database nothing while the limit is far', () => {
  const { take } = aProcess('far', 1_000_000)

  expect(Array.from({ length: 1_000 }, () => take())).toEqual(Array.from({ length: 1_000 }))
})

it('charges what a call costs, and refuses one that is too expensive without charging it', async () => {
  const account = aProcess('costs', 20)

  expect(await account.take(15)).toBeUndefined()
  expect(await account.take(15)).toMatchObject({ account: { key: 'costs' } })
  expect(leftIn(sole(account), performance.now())).toBe(5)
  expect(await account.take(5)).toBeUndefined()
  expect(await account.take(21)).toMatchObject({ waitMs: Number.POSITIVE_INFINITY })
})

it('spends from all policies or from none', async () => {
  const ledger = openLedger(store)
  ledgers.push(ledger)
  const [wide, narrow] = [wholeWindow('wide', 30, 60), wholeWindow('narrow', 10, 60)].map(([policy], i) =>
    openAccount(`both ${i}`, policy ?? { name: '', limit: 0, windowS: 1, size: 1 }),
  )
  if (!wide || !narrow) throw new Error('there are no accounts')

  const passed = await admitted(Array.from({ length: 25 }, () => ledger.take([wide, narrow], 1)))

  expect(passed).toBe(10)
  await ledger.close()
  const rows = await db.pool`select key, size - (full_at - counted_at) / step as left from limit_account
    where key like 'both%' order by key`
  expect(rows.map(({ key, left }) => [key, Math.floor(Number(left) + 0.1)])).toEqual([
    ['both 0', 20],
    ['both 1', 0],
  ])
})

it('says how long to wait, and lets the call in after that time', () => {
  const account = openAccount('wait', { name: 'sustained', limit: 60, windowS: 60, size: 60 })
  account.fullAt = 60_000

  expect(waitMs(account, 10, 0)).toBeGreaterThan(9_900)
  expect(waitMs(account, 10, 0)).toBeLessThanOrEqual(10_000)
  expect(waitMs(account, 10, waitMs(account, 10, 0))).toBe(0)
})

it('lets a call that is larger than fits at once in when nothing is outstanding, and owes it', async () => {
  const [burst] = policiesOf({ burst: 50, sustained: 'unlimited', daily: 'unlimited', concurrent: 'unlimited' })
  if (!burst) throw new Error('there is no policy')
  const ledger = openLedger(store)
  ledgers.push(ledger)
  const account = openAccount('large call', burst)

  expect(burst.size).toBe(10)
  expect(await ledger.take([account], 20)).toBeUndefined()
  expect(await ledger.take([account], 1)).toMatchObject({ account: { key: 'large call' } })
})

it('gives back what was not used, to all processes', async () => {
  const [one, other] = [aProcess('refund', 20), aProcess('refund', 20)]
  await one.take(20)
  expect(await other.take(1)).toBeDefined()

  one.ledger.owe(one.accounts, -15)

  await expect.poll(async () => (await db.pool`select paid from limit_account where key = 'refund'`)[0]?.paid).toBe(-15)
  const third = aProcess('refund', 20)
  expect(await third.take(15)).toBeUndefined()
  expect(await third.take(2)).toBeDefined()
})

it('blocks with a limit of nothing', async () => {
  const { take } = aProcess('blocked', 0)

  expect(await take()).toMatchObject({ waitMs: Number.POSITIVE_INFINITY })
  expect(await take(0)).toBeUndefined()
})

it('forgets accounts that are full', async () => {
  await store.settle([{ key: 'old', stepMs: 1, size: 10, paid: 1, wanted: 0, first: 0 }])
  await store.settle([{ key: 'busy', stepMs: 1_000, size: 100, paid: 90, wanted: 0, first: 0 }])
  await db.pool`update limit_account set full_at = full_at - 120000 where key = 'old'`

  await sweepLimits(db.pool)

  expect((await db.pool`select key from limit_account where key in ('old', 'busy')`).map(row => row.key)).toEqual([
    'busy',
  ])
})
