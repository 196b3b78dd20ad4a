import { execFileSync, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { cpuMsOf } from './cpu.ts'
import { operations, supergraphSdl } from './gateway/goods.ts'
import { ended, lineWith } from './house.ts'
import { load, once, type Request } from './load.ts'
import { median, printTable } from './print.ts'

type Options = { readonly dir: string; readonly rounds: number; readonly seconds: number }

/** A gateway in a process of its own. */
type Served = {
  readonly name: string
  readonly limits?: readonly number[]
  readonly url: string
  readonly pid: number
  readonly stop: () => Promise<void>
}

type Operation = (typeof operations)[number]

/**
 * Our executor beside other gateways: CPU time of the gateway's process for a request, as a ratio to a plain handler that
 * answers the same. All are loaded in turn, round after round, so that they share what else the machine does.
 */
export async function benchGateways({ dir, rounds, seconds }: Options) {
  const peers = installPeers()
  const running: Served[] = []
  const start = async (name: string, parameters: readonly string[], limits?: readonly number[]) => {
    const served = await startProgram(name, parameters, limits)
    running.push(served)
    return served
  }
  try {
    const { url } = await start('subgraphs', ours('subgraphs.ts'))
    const file = join(dir, 'supergraph.graphql')
    writeFileSync(file, supergraphSdl(url))
    const plain = await start('plain Fastify handler', ours('plain.ts'))
    const gateways = [
      await start('ours, in process', ours('ours.ts'), [1.5, 2.6]),
      await start('ours, over HTTP', [...ours('ours.ts'), url], [3.7, 6.5]),
      await start('@mercuriusjs/gateway', [join(peers, 'mercurius.mjs'), url]),
      await start('@graphql-hive/gateway, planner in Rust', [join(peers, 'hive.mjs'), url, file]),
      await start('@apollo/gateway', [...ours('stock.ts'), url]),
    ]
    for (const operation of operations) await warmUp(plain, gateways, operation)
    const costs = new Map(operations.map(operation => [operation, [] as number[][]]))
    for (let round = 0; round < rounds; round += 1) {
      for (const [operation, figures] of costs) {
        const all = [plain, ...gateways]
        const order = round % 2 === 0 ? all : all.toReversed()
        const measured = new Map<Served, number>()
        for (const each of order) measured.set(each, await cpuMs(each, operation, each === plain, seconds))
        figures.push(all.map(each => measured.get(each) ?? Number.NaN))
      }
      console.error(`round ${round + 1} of ${rounds}`)
    }
    print([plain, ...gateways], costs)
  } finally {
    for (const each of running.toReversed()) await each.stop()
  }
}

const folder = new URL('gateway/', import.meta.url)

const ours = (file: string) => ['--import', 'tsx', fileURLToPath(new URL(file, folder))]

/**
 * Installs the other gateways, exactly as their lock file says, beside what tools keep: they are no part of Switchyard.
 *
 * @returns the folder with their programs
 */
function installPeers(): string {
  const from = fileURLToPath(new URL('peers/', folder))
  const to = fileURLToPath(new URL('../../node_modules/.cache/bench-gateway-peers', import.meta.url))
  mkdirSync(to, { recursive: true })
  const lockIn = (folder: string) => readFileSync(join(folder, 'package-lock.json'), 'utf8')
  const isThere = existsSync(join(to, 'node_modules')) && lockIn(to) === lockIn(from)
  cpSync(from, to, { recursive: true })
  if (!isThere) {
    console.error('installing the other gateways: a minute, and 550 MB')
    execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: to, stdio: 'inherit' })
  }
  return to
}

async function startProgram(name: string, parameters: readonly string[], limits?: readonly number[]): Promise<Served> {
  const child = spawn(process.execPath, parameters, {
    env: { ...process.env, NODE_ENV: 'production', APOLLO_TELEMETRY_DISABLED: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const url = await lineWith(child, child.stdout, /(http:\S+)/)
  return { name, limits, url, pid: child.pid ?? 0, stop: () => ended(child) }
}

const requestOf = ({ url }: Served, { plain, query, variables }: Operation, isPlain: boolean): Request => ({
  method: 'POST',
  url: `${url}${isPlain ? plain : '/graphql'}`,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ query, variables }),
})

/** All must answer the same, or there is nothing to compare. */
async function warmUp(plain: Served, gateways: readonly Served[], operation: Operation) {
  const dataOf = (answer: string) => (JSON.parse(answer) as { data?: unknown }).data
  const expected = dataOf(await once(requestOf(plain, operation, true)))
  for (const gateway of gateways) {
    const answer = await once(requestOf(gateway, operation, false))
    if (!isDeepStrictEqual(dataOf(answer), expected))
      throw new Error(`${gateway.name} answers something else: ${answer.slice(0, 300)}`)
    await load(requestOf(gateway, operation, false), 2)
  }
  await load(requestOf(plain, operation, true), 2)
}

async function cpuMs(served: Served, operation: Operation, isPlain: boolean, seconds: number): Promise<number> {
  const before = cpuMsOf(served.pid)
  const { requests, refused } = await load(requestOf(served, operation, isPlain), seconds)
  if (refused > 0) throw new Error(`${served.name} refused ${refused} requests`)
  return (cpuMsOf(served.pid) - before) / requests
}

function print(all: readonly Served[], costs: ReadonlyMap<Operation, readonly (readonly number[])[]>) {
  for (const [{ name }, figures] of costs) {
    const at = operations.findIndex(operation => operation.name === name)
    console.log(`\n${name}: CPU of the gateway for a request\n`)
    const rows = all.map(({ name: who, limits }, place) => {
      const ratio = median(figures.map(row => (row[place] ?? Number.NaN) / (row[0] ?? Number.NaN)))
      const limit = limits?.[at]
      const isOver = limit !== undefined && ratio > limit
      return [
        who,
        (1000 * median(figures.map(row => row[place] ?? Number.NaN))).toFixed(0),
        `${ratio.toFixed(1)}${isOver ? ' !' : ''}`,
        limit?.toFixed(1) ?? '',
      ]
    })
    printTable(['gateway', 'µs', 'ratio', 'limit'], rows)
  }
  console.log('\nMedians over the rounds; the ratio is to the plain handler in the same round. "!": over the limit.')
}
