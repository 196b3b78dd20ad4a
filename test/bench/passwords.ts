import { hash as bcryptHash } from '@node-rs/bcrypt'
import { randomBytes, randomUUID } from 'node:crypto'
import path from 'node:path'
import { connect } from '../../drizzle/client.ts'
import { createPasswordHashes, md5Of } from '../../drizzle/password-hash.ts'
import { openSecrets } from '../../drizzle/secrets.ts'
import { startHouse, type House } from './house.ts'
import { printTable } from './print.ts'

const namesOfEach = 150

/** What the time of a failed login tells about who exists. */
export async function benchPasswords(dir: string) {
  // Each login comes from an address of its own, as in an attack: else the limit of failures would answer most of them.
  process.env.TRUST_PROXY = 'yes'
  const dataDir = path.join(dir, 'house')
  const house = await startHouse(dataDir)
  try {
    await timesOfNames(house, dataDir)
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
