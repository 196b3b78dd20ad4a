import { hash as bcryptHash } from '@node-rs/bcrypt'
import { randomBytes, randomUUID } from 'node:crypto'
import path from 'node:path'
import { connect } from '../../drizzle/client.ts'
import { createPasswordHashes, md5Of } from '../../drizzle/password-hash.ts'
import { openSecrets } from '../../drizzle/secrets.ts'
import { cpuMsOf } from './cpu.ts'
import { startHouse, type House } from './house.ts'
import { median, printTable } from './print.ts'

const loginsAtOnce = 500
const namesOfEach = 150
const rounds = 3

/** What logins cost everybody else, and what their time tells about who exists. */
export async function benchPasswords(dir: string) {
  // Each login comes from an address of its own, as in an attack: else the limit of failures would answer most of them.
  process.env.TRUST_PROXY = 'yes'
  const dataDir = path.join(dir, 'house')
  const house = await startHouse(dataDir)
  try {
    await timesOfNames(house, dataDir)
    await othersDuringLogins(house)
  } finally {
    await house.stop()
  }
}

/** Known names with a wrong password and unknown ones, one by one and in turn. */
async function timesOfNames(house: House, dataDir: string) {
  const known = await addUsers(house, dataDir)
  const times: Record<'known' | 'unknown', number[]> = { known: [], unknown: [] }
  for (const name of known) {
    times.known.push(await timeOf(house, name))
    times.unknown.push(await timeOf(house, randomBytes(6).toString('hex')))
  }
  console.log(`\nA failed login, ${namesOfEach} names of each kind, half of the users with bcrypt (cost 10), ms`)
  const row = (kind: 'known' | 'unknown') => [
    kind,
    ...[10, 50, 90].map(at => quantile(times[kind], at / 100).toFixed(1)),
  ]
  printTable(['names', 'p10', 'median', 'p90'], [row('known'), row('unknown')])
  const z = rankSum(times.known, times.unknown)
  console.log(`Mann-Whitney z = ${z.toFixed(2)}; beyond 2.58 the two could be told apart (1 %)`)
}

async function addUsers({ databaseUrl }: House, dataDir: string): Promise<readonly string[]> {
  const pool = connect(databaseUrl, { max: 1 })
  const digest = md5Of(randomBytes(9).toString('hex'))
  const ours = createPasswordHashes(pool, openSecrets({ dataDir }))
  const hashes = [await bcryptHash(digest, 10), await ours.hash(digest)]
  const users = Array.from({ length: namesOfEach }, (_, number) => ({
    id: randomUUID(),
    user_name: `known-${number}-${randomBytes(4).toString('hex')}`,
    user_hash: hashes[number % 2] ?? '',
    status: 'Active',
  }))
  await pool`insert into users ${pool(users)}`
  // Without those of the demo, the two kinds are stored equally often.
  await pool`update users set user_hash = null where user_name not like 'known-%'`
  await pool.end()
  return users.map(user => user.user_name)
}

async function timeOf(house: House, name: string) {
  const started = performance.now()
  await login(house, name)
  return performance.now() - started
}

/** A login that must fail, for its password. */
async function login({ url, access }: House, name: string) {
  const client = access.clients.find(({ grant }) => grant === 'password')
  const form = {
    grant_type: 'password',
    client_id: client?.id ?? '',
    client_secret: client?.secret ?? '',
    username: name,
    password: 'wrong',
  }
  const headers = { 'x-forwarded-for': anAddress() }
  const response = await fetch(`${url}/Api/access_token`, { method: 'POST', body: new URLSearchParams(form), headers })
  await response.text()
  return response.status
}

const anAddress = () => [10, ...randomBytes(3)].join('.')

/** How long another route takes while many log in at once. */
async function othersDuringLogins(house: House) {
  const bearer = await tokenOf(house)
  const alone: number[] = []
  const beside: number[] = []
  const statuses = new Map<number, number>()
  const cpu = { alone: 0, beside: 0 }
  for (let round = 0; round < rounds; round += 1) {
    const until = performance.now() + 2_000
    const begun = cpuMsOf(house.pid)
    while (performance.now() < until) alone.push(await timeOfRead(house, bearer))
    cpu.alone += cpuMsOf(house.pid) - begun
    let running = true
    const started = cpuMsOf(house.pid)
    const logins = Promise.all(Array.from({ length: loginsAtOnce }, () => login(house, randomBytes(6).toString('hex'))))
    const ended = logins.then(all => {
      running = false
      for (const status of all) statuses.set(status, (statuses.get(status) ?? 0) + 1)
    })
    while (running) beside.push(await timeOfRead(house, bearer))
    await ended
    cpu.beside += cpuMsOf(house.pid) - started
  }
  console.log(`\nV8 GET one account, alone and beside ${loginsAtOnce} bad logins at once, ms`)
  const row = (what: string, times: number[]) => [
    what,
    times.length,
    median(times).toFixed(1),
    quantile(times, 0.95).toFixed(1),
  ]
  printTable(['', 'requests', 'median', 'p95'], [row('alone', alone), row('beside logins', beside)])
  const answers = [...statuses].map(([status, count]) => `${count} x ${status}`).join(', ')
  console.log(
    `p95 is ${(quantile(beside, 0.95) / quantile(alone, 0.95)).toFixed(1)} times as long; logins were answered ${answers}`,
  )
  const reads = (cpu.alone / alone.length) * beside.length
  const each = (cpu.beside - reads) / (rounds * loginsAtOnce)
  console.log(`a bad login costs ${each.toFixed(2)} CPU-ms of the house, hashing included`)
}

async function tokenOf({ url, access }: House): Promise<string> {
  const client = access.clients.find(({ grant }) => grant === 'client_credentials')
  const form = { grant_type: 'client_credentials', client_id: client?.id ?? '', client_secret: client?.secret ?? '' }
  const response = await fetch(`${url}/Api/access_token`, { method: 'POST', body: new URLSearchParams(form) })
  const { access_token } = (await response.json()) as { access_token: string }
  return access_token
}

async function timeOfRead({ url }: House, bearer: string) {
  const started = performance.now()
  const response = await fetch(`${url}/Api/V8/module/Accounts?page[size]=1`, {
    headers: { authorization: `Bearer ${bearer}` },
  })
  if (!response.ok) throw new Error(`the other route answers ${response.status}`)
  await response.text()
  return performance.now() - started
}

function quantile(values: readonly number[], at: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(at * sorted.length))] ?? Number.NaN
}

/** How far the ranks of one sample are from those of another, in standard deviations. */
function rankSum(one: readonly number[], other: readonly number[]): number {
  const all = [...one.map(value => ({ value, isOne: true })), ...other.map(value => ({ value, isOne: false }))]
  all.sort((a, b) => a.value - b.value)
  const ranks = all.reduce((sum, { isOne }, at) => (isOne ? sum + at + 1 : sum), 0)
  const [n, m] = [one.length, other.length]
  return (ranks - (n * (n + m + 1)) / 2) / Math.sqrt((n * m * (n + m + 1)) / 12)
}
