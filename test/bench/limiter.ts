import { once } from 'node:events'
import { connect } from '../../drizzle/client.ts'
import { openAccount } from '../../gateway/limits/account.ts'
import { openLedger } from '../../gateway/limits/ledger.ts'
import { policiesOf } from '../../gateway/limits/policy.ts'
import { postgresLimits } from '../../gateway/limits/store.ts'

// One process of the benchmark of the limiter. Says when it is ready, is told until when to go on, asks as fast as it can,
// and tells what was let in. Parameters: the database, the keys, the limit a second, how many ask at once.

export type Asked = {
  readonly checks: number
  /** How many were let in, by hundredths of a second since 1970. */
  readonly admitted: readonly (readonly [moment: number, count: number])[]
}

const [url = '', keys = '1', limit = '1000', askers = '32'] = process.argv.slice(2)
const pool = connect(url, { max: 1 })
const ledger = openLedger(postgresLimits(pool))
const policies = policiesOf({
  burst: Number(limit),
  sustained: 'unlimited',
  daily: 'unlimited',
  concurrent: 'unlimited',
})
const accounts = Array.from({ length: Number(keys) }, (_, i) =>
  policies.map(policy => openAccount(`bench ${keys} ${limit} ${i}`, policy)),
)
const admitted = new Map<number, number>()
let checks = 0
let until = 0

async function ask(asker: number) {
  for (let i = asker; Date.now() < until; i++) {
    const short = await ledger.take(accounts[i % accounts.length] ?? [], 1)
    checks += 1
    if (!short) {
      const moment = Math.floor(Date.now() / 10)
      admitted.set(moment, (admitted.get(moment) ?? 0) + 1)
    }
    // What comes over the network gives the loop a turn as well.
    if (checks % 16 === 0) await new Promise(resolve => setImmediate(resolve))
  }
}

await pool`select 1`
process.send?.('ready')
;[until] = (await once(process, 'message')) as [number]
await Promise.all(Array.from({ length: Number(askers) }, (_, asker) => ask(asker)))
const asked: Asked = { checks, admitted: [...admitted] }
await new Promise<void>(resolve => process.send?.(asked, () => resolve()))
await ledger.close()
await pool.end()
process.disconnect()
