import { fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { hostile } from '../limits/hostile.ts'
import { cpuMsOf } from './cpu.ts'
import { startHouse, type House } from './house.ts'
import type { Asked } from './limiter.ts'
import { load, type Request } from './load.ts'
import { paced, type Paced } from './paced.ts'
import { median, printTable } from './print.ts'
import { oneRecord } from './scenarios.ts'
import { sharesOf } from './shares.ts'

const seconds = 5
const rounds = 3
/** Sign-in may fail without end here: it is the hashing that is measured, not its limit. */
const environment = { LIMIT_SIGN_IN: 'account=unlimited address=unlimited calls=unlimited' }

/** Measures what the platform adds to a request, and what it stands: authentication, permission, limits. */
export async function benchPlatform(dir: string) {
  const house = await startHouse(dir, { watched: true, environment })
  try {
    await benchAdded(house, path.join(dir, 'platform.cpuprofile'))
    await benchLimiter(house.databaseUrl)
    await benchHostile(house)
    await benchLogins(house)
  } finally {
    await house.stop()
  }
}

/** Where the time for one V8 GET goes, by the nearest file of ours. */
async function benchAdded(house: House, file: string) {
  const request = await oneRecord(house)
  await load(request, 2 * seconds)
  const before = cpuMsOf(house.pid)
  const { requests } = await house.profiled(file, () => load(request, 2 * seconds))
  const cpuMs = (cpuMsOf(house.pid) - before) / requests
  const parts = [
    ['authentication', /^gateway\/(authenticate|api-keys)\.ts|^gateway\/oauth\//],
    ['limits', /^gateway\/(limit\.ts|limits\/)/],
    [
      'permission',
      /^gateway\/policy\/|^drizzle\/(access|concealed|reach|scope)\.ts|^schema\/(access|scopes|seen)|^subgraphs\/crm\/permit/,
    ],
  ] as const
  const shares = sharesOf(file)
  const rows = parts.map(([name, files]) => {
    const share = [...shares].filter(([place]) => files.test(place)).reduce((sum, [, each]) => sum + each, 0)
    return [name, (share * cpuMs).toFixed(4)] as const
  })
  const total = rows.reduce((sum, [, ms]) => sum + Number(ms), 0)
  console.log('\nAdded to V8 GET one: shares of a profile under load of what the process used (limit: 0.10 CPU-ms)\n')
  printTable(
    ['part', 'CPU-ms'],
    [...rows, ['together', `${total.toFixed(4)}${total > 0.1 ? ' !' : ''}`], ['the whole request', cpuMs.toFixed(4)]],
  )
}

/** Checks a second with 1 and 4 processes, and how far four that hammer one key exceed its limit in a sliding second. */
async function benchLimiter(databaseUrl: string) {
  const rows: (string | number)[][] = []
  for (const [what, processes, keys, limit] of [
    ['far from the limit, 500 keys', 1, 500, 100_000_000],
    ['far from the limit, 500 keys', 4, 500, 100_000_000],
    ['hammering one key', 1, 1, 1_000],
    ['hammering one key', 4, 1, 1_000],
    ['hammering one key', 4, 1, 50_000],
  ] as const) {
    const script = fileURLToPath(new URL('limiter.ts', import.meta.url))
    const children = Array.from({ length: processes }, () =>
      fork(script, [databaseUrl, String(keys), String(limit), '32'], { execArgv: ['--import', 'tsx'] }),
    )
    await Promise.all(children.map(child => once(child, 'message')))
    const answers = await Promise.all(
      children.map(async child => {
        child.send(Date.now() + seconds * 1000)
        const [asked] = (await once(child, 'message')) as [Asked]
        return asked
      }),
    )
    const checks = answers.reduce((sum, each) => sum + each.checks, 0)
    const worst = worstSecond(answers) / limit
    const over = keys === 1 ? `${worst.toFixed(2)}${worst > 1.25 ? ' !' : ''}` : ''
    rows.push([what, processes, limit, Math.round(checks / seconds), over])
  }
  console.log('\nThe limiter (limit of the worst sliding second: 1.25)\n')
  printTable(['', 'processes', 'limit a second', 'checks a second', 'worst sliding second / limit'], rows)
}

function worstSecond(answers: readonly Asked[]): number {
  const counts = new Map<number, number>()
  for (const { admitted } of answers)
    for (const [moment, count] of admitted) counts.set(moment, (counts.get(moment) ?? 0) + count)
  const moments = [...counts.keys()]
  let [worst, sum] = [0, 0]
  const first = Math.min(...moments)
  for (let moment = first; moment <= Math.max(...moments); moment++) {
    sum += (counts.get(moment) ?? 0) - (counts.get(moment - 100) ?? 0)
    worst = Math.max(worst, sum)
  }
  return worst
}

/** How long hostile documents are looked at before they are refused. Each is sent as one that was never seen. */
async function benchHostile(house: House) {
  const { headers } = await oneRecord(house)
  const rows = []
  for (const { what, code, text } of hostile) {
    const times = []
    for (let i = 0; i < 5; i++) {
      const body = JSON.stringify({ query: `${text} # ${i} ${Date.now()}` })
      const began = performance.now()
      const response = await fetch(`${house.url}/graphql`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body,
      })
      const answer = await response.text()
      times.push(performance.now() - began)
      if (!answer.includes(code)) throw new Error(`${what}: ${answer.slice(0, 300)}`)
    }
    rows.push([what, code, Buffer.byteLength(text), `${median(times).toFixed(1)}${median(times) > 50 ? ' !' : ''}`])
  }
  console.log('\nHostile documents, the whole request (limit: 50 ms)\n')
  printTable(['', 'code', 'bytes', 'ms'], rows)
}

/** What other requests feel of 500 who try wrong passwords at the same time, all in the same millisecond, again and again. */
async function benchLogins(house: House) {
  const request = await oneRecord(house)
  const client = house.access.clients.find(({ grant }) => grant === 'password')
  const form = { grant_type: 'password', client_id: client?.id ?? '', client_secret: client?.secret ?? '' }
  const login: Request = {
    method: 'POST',
    url: `${house.url}/Api/access_token`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ ...form, username: 'admin', password: 'wrong' }).toString(),
  }
  // The rate of an ordinary day, so that it is waiting that is measured and not a full queue.
  const ordinary = () => paced(request, 100, seconds)
  const [quiet, busy]: [Paced[], Paced[]] = [[], []]
  let refused = 0
  await ordinary()
  for (let round = 0; round < rounds; round += 1) {
    quiet.push(await ordinary())
    const [beside, logins] = await Promise.all([ordinary(), load(login, seconds, { connections: 500, perSecond: 500 })])
    busy.push(beside)
    refused += logins.refused
  }
  const medianOf = (loads: readonly Paced[], what: keyof Paced) => median(loads.map(each => each[what]))
  const ratio = medianOf(busy, 'p95Ms') / medianOf(quiet, 'p95Ms')
  const rowOf = (loads: readonly Paced[]) =>
    (['medianMs', 'p95Ms'] as const).map(what => medianOf(loads, what).toFixed(1))
  console.log('\n500 wrong logins at once, every second (limit: others take at most twice as long)\n')
  printTable(
    ['V8 GET one, 100 a second', 'p50 ms', 'p95 ms'],
    [
      ['alone', ...rowOf(quiet)],
      ['beside the logins', ...rowOf(busy)],
      ['ratio', '', `${ratio.toFixed(1)}${ratio > 2 ? ' !' : ''}`],
    ],
  )
  console.log(`${(refused / seconds / rounds).toFixed(0)} logins a second were answered, all refused.`)
}
