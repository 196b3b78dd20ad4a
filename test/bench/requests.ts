import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { connect, type Pool } from '../../drizzle/client.ts'
import { cpuMsOf, postgresCpuMs } from './cpu.ts'
import { fill } from './fill.ts'
import { ended, lineWith, startHouse, type House } from './house.ts'
import { load, once, type Request } from './load.ts'
import { median, printTable } from './print.ts'
import { profile } from './profile.ts'
import { madeName, scenariosOn, type Scenario } from './scenarios.ts'

export type Options = {
  /** The house's DATA_DIR. */
  readonly dir: string
  /** Only scenarios whose name contains this. */
  readonly only?: string
  readonly rounds: number
  readonly seconds: number
  readonly accounts: number
  /** Where to write V8 profiles. */
  readonly profileDir?: string
}

/** What one round of load cost, per request. */
type Cost = {
  readonly refused: number
  readonly nodeMs: number
  readonly postgresMs: number
  readonly perSecond: number
  readonly medianMs: number
}

/** No limit is reached: it is the requests that are measured. */
const environment = { LIMIT_MACHINE: 'burst=10000000 sustained=500000000' }

/** Loads a house and the plain handler in turn, and prints what a request costs each of them. */
export async function benchRequests(options: Options) {
  const house = await startHouse(options.dir, { watched: options.profileDir !== undefined, environment })
  try {
    await benchHouse(house, options)
  } finally {
    await house.stop()
  }
}

async function benchHouse(house: House, { only = '', rounds, seconds, accounts, profileDir }: Options) {
  const pool = connect(house.databaseUrl, { max: 1 })
  const plain = await startPlain(house.databaseUrl)
  try {
    const [{ n } = { n: 0 }] = await pool<{ n: number }[]>`select count(*)::int as n from accounts`
    if (n < accounts) await fill(pool, { accounts, contacts: 5 * accounts })
    // What a load before has left behind, in a folder that is used again.
    await clean(pool)
    const [{ id } = { id: '' }] = await pool<
      { id: string }[]
    >`select id from accounts where phone_office is not null order by id offset 7 limit 1`
    const all = await scenariosOn(house, id)
    const scenarios = all.filter(({ name }) => name.toLowerCase().includes(only.toLowerCase()))
    if (scenarios.length === 0)
      throw new Error(`no scenario is called ${only}; there are: ${all.map(({ name }) => name).join('; ')}`)

    const costs = new Map(scenarios.map(scenario => [scenario, { ours: [] as Cost[], plain: [] as Cost[] }]))
    for (const scenario of scenarios) {
      await check(scenario)
      await once(plainRequest(plain.url, scenario))
      await load(scenario.request, 1)
      await load(plainRequest(plain.url, scenario), 1)
      if (scenario.writes) await clean(pool)
    }
    for (let round = 0; round < rounds; round++) {
      for (const [scenario, cost] of costs) {
        const ours = async () => cost.ours.push(await measured(scenario.request, seconds, house.pid, house))
        const theirs = async () =>
          cost.plain.push(await measured(plainRequest(plain.url, scenario), seconds, plain.pid, house))
        for (const turn of round % 2 === 0 ? [ours, theirs] : [theirs, ours]) await turn()
        if (scenario.writes) await clean(pool)
      }
      console.error(`round ${round + 1} of ${rounds}`)
    }
    print(costs)
    if (profileDir !== undefined) {
      for (const scenario of scenarios) await profile(house, scenario, profileDir)
    }
  } finally {
    await pool.end()
    await plain.stop()
  }
}

const plainRequest = (url: string, scenario: Scenario): Request => ({ method: 'GET', url: `${url}${scenario.plain}` })

async function measured(request: Request, seconds: number, pid: number, { postmaster }: House): Promise<Cost> {
  const before = { node: cpuMsOf(pid), postgres: postgresCpuMs(postmaster) }
  const { requests, refused, perSecond, medianMs } = await load(request, seconds)
  const nodeMs = (cpuMsOf(pid) - before.node) / requests
  const postgresMs = (postgresCpuMs(postmaster) - before.postgres) / requests
  return { refused, nodeMs, postgresMs, perSecond, medianMs }
}

async function check({ name, request, holds }: Scenario) {
  const answer = await once(request)
  if (!holds(answer)) throw new Error(`${name}: this is not the answer: ${answer.slice(0, 500)}`)
}

/** Takes away what a scenario made, so that lists do not grow from round to round. */
async function clean(pool: Pool) {
  await pool`delete from accounts where name = ${madeName}`
  await pool`vacuum analyze accounts`
}

async function startPlain(databaseUrl: string) {
  const file = fileURLToPath(new URL('plain.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', file, databaseUrl], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const url = await lineWith(child, child.stdout, /(http:\S+)/)
  return { url, pid: child.pid ?? 0, stop: () => ended(child) }
}

function print(costs: ReadonlyMap<Scenario, { readonly ours: readonly Cost[]; readonly plain: readonly Cost[] }>) {
  const headings = [
    'CPU-ms per request',
    'limit',
    'measured',
    'Node',
    'PostgreSQL',
    'SuiteCRM',
    'plain',
    'ratio',
    'requests/s',
    'plain/s',
    'p50 ms',
  ]
  const rows = [...costs].map(([{ name, limitMs, suitecrmMs }, { ours, plain }]) => {
    const total = median(ours.map(sumOf))
    const ratio = median(ours.map((cost, round) => sumOf(cost) / sumOf(plain[round] ?? cost)))
    return [
      name,
      limitMs === undefined ? '' : limitMs.toFixed(1),
      `${total.toFixed(2)}${limitMs !== undefined && total > limitMs ? ' !' : ''}`,
      median(ours.map(cost => cost.nodeMs)).toFixed(2),
      median(ours.map(cost => cost.postgresMs)).toFixed(2),
      suitecrmMs === undefined ? '' : suitecrmMs.toFixed(1),
      median(plain.map(sumOf)).toFixed(2),
      ratio.toFixed(1),
      median(ours.map(cost => cost.perSecond)).toFixed(0),
      median(plain.map(cost => cost.perSecond)).toFixed(0),
      median(ours.map(cost => cost.medianMs)).toFixed(0),
    ]
  })
  printTable(headings, rows)
  for (const [{ name }, { ours, plain }] of costs) {
    const refused = [...ours, ...plain].reduce((sum, cost) => sum + cost.refused, 0)
    if (refused > 0) console.log(`\n${name}: ${refused} requests were refused or failed; see house.log in --dir.`)
    if (refused > 0) process.exitCode = 1
  }
  console.log(
    '\nMedians. Plain: Fastify and the same prepared statement. "!": over the limit. CPU: user and system, from /proc.',
  )
}

const sumOf = (cost: Cost) => cost.nodeMs + cost.postgresMs
