import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { connect, type Pool } from '../../drizzle/client.ts'
import { migrate } from '../../drizzle/migrate.ts'
import { openLog } from '../../gateway/log.ts'
import { openRequestLog } from '../../gateway/request-log.ts'
import { listRequests, type RequestFilter } from '../../subgraphs/ops/requests.ts'
import { contextOn } from './context.ts'
import { cpuMsOf } from './cpu.ts'
import { startHouse, type House } from './house.ts'
import { load, type Request } from './load.ts'
import { paced } from './paced.ts'
import { clients, days, fillLog, operations, users } from './log-rows.ts'
import { median, printTable } from './print.ts'
import { oneRecord } from './scenarios.ts'

type Options = { readonly dir: string; readonly rows: number; readonly rounds: number; readonly seconds: number }

/** Measures what the log of requests costs, and how fast it is read. */
export async function benchLog({ dir, rows, rounds, seconds }: Options) {
  const house = await startHouse(dir, { environment: { LIMIT_UI: unlimited, LIMIT_MACHINE: unlimited } })
  const pool = connect(house.databaseUrl, { max: 2 })
  try {
    await migrate(pool)
    await benchAdded(house.databaseUrl, rounds, seconds)
    await benchStored(house.databaseUrl)
    await benchStopped(house, pool, rounds, seconds)
    await benchRead(pool, rows)
  } finally {
    await pool.end()
    await house.stop()
  }
}

const unlimited = 'burst=unlimited sustained=unlimited daily=unlimited concurrent=unlimited'

/** CPU of a request with its log and without, in turns, so that both meet the same machine. */
async function benchAdded(databaseUrl: string, rounds: number, seconds: number) {
  const child = fork(fileURLToPath(new URL('logged.ts', import.meta.url)), [databaseUrl], {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const [urls] = (await once(child, 'message')) as [{ kept: string; bare: string }]
  const cpuOf = async (url: string, length: number) => {
    const before = cpuMsOf(child.pid ?? 0)
    const { requests } = await load({ method: 'GET', url: `${url}/one` }, length)
    await stored(child)
    return (cpuMsOf(child.pid ?? 0) - before) / requests
  }
  await cpuOf(urls.kept, 2)
  await cpuOf(urls.bare, 2)
  const rows: (string | number)[][] = []
  const added: number[] = []
  for (let round = 1; round <= rounds; round++) {
    const [kept, bare] = [await cpuOf(urls.kept, seconds), await cpuOf(urls.bare, seconds)]
    added.push(kept - bare)
    rows.push([round, kept.toFixed(4), bare.toFixed(4), (kept - bare).toFixed(4)])
  }
  child.kill()
  const middle = median(added)
  console.log('\nWhat the log adds to a request: row, line, usage, metrics, trace (limit: 0.05 CPU-ms)\n')
  printTable(['round', 'with CPU-ms', 'without', 'added'], rows)
  console.log(`Median: ${middle.toFixed(4)}${middle > 0.05 ? ' !' : ''}`)
}

async function stored(child: ChildProcess) {
  child.send('stored?')
  await once(child, 'message')
}

/** How many rows a second one process gets into the database. */
async function benchStored(databaseUrl: string) {
  const requests = openRequestLog({ url: databaseUrl, log: openLog('silent') })
  const count = 200_000
  const began = performance.now()
  for (let i = 0; i < count; i++) {
    while (requests.counts.waiting > 10_000) await new Promise(resolve => setTimeout(resolve, 1))
    requests.add({
      ...{
        at: Date.now(),
        outcome: 'ok',
        request_id: `bench-${i}`,
        trace_id: 'x'.repeat(32),
        door: 'v8',
        version: '8.0',
      },
      ...{
        client_id: `client-${i % 40}`,
        user_id: `user-${i % 500}`,
        method: 'GET',
        route: '/Api/V8/module/:moduleName',
      },
      ...{ operation: 'getRecords', status: 200, ms: 3.21, database_ms: 1.2, rows: 20, bytes_out: 4_000, cost: 20 },
    })
  }
  await requests.close()
  const perSecond = (requests.counts.stored / (performance.now() - began)) * 1000
  console.log(
    `\nRows written by one process: ${Math.round(perSecond)} a second (${requests.counts.stored} of ${count} stored, ${requests.counts.dropped} dropped)`,
  )
}

/** What requests feel while the log cannot be written, and whether every row that is lost is counted. */
async function benchStopped(house: House, pool: Pool, rounds: number, seconds: number) {
  const request = await oneRecord(house)
  const slowMs = async () => (await paced(request, 100, seconds)).p95Ms
  await slowMs()
  const [well, stopped]: [number[], number[]] = [[], []]
  for (let round = 0; round < rounds; round++) {
    well.push(await slowMs())
    stopped.push(await whileStopped(pool, slowMs))
  }
  const ratio = median(stopped) / median(well)
  console.log('\nV8 GET one, 100 a second, p95 (limit: 5 % worse while the log is stopped)\n')
  printTable(
    ['log', 'ms'],
    [
      ['written', median(well).toFixed(2)],
      ['stopped', median(stopped).toFixed(2)],
      ['ratio', `${ratio.toFixed(2)}${ratio > 1.05 ? ' !' : ''}`],
    ],
  )
  const dropped = await whileStopped(pool, () => floodUntilDropped(house, request))
  console.log(`\nFlooded while stopped: ${dropped}`)
}

/** Nobody gets at the table of the log while `work` goes on. */
async function whileStopped<T>(pool: Pool, work: () => Promise<T>): Promise<T> {
  const lock = await pool.reserve()
  try {
    await lock`begin`
    await lock`lock table request_log in access exclusive mode`
    return await work()
  } finally {
    await lock`rollback`
    lock.release()
  }
}

/** One answer of /metrics counts requests and rows at the same moment. */
async function floodUntilDropped(house: House, request: Request): Promise<string> {
  for (let i = 0; i < 20; i++) {
    await load(request, 5, { connections: 50 })
    const text = await (await fetch(`${house.url}/metrics`)).text()
    const sum = (name: string) =>
      text
        .split('\n')
        .filter(line => line.startsWith(name))
        .reduce((total, line) => total + Number(line.split(' ').at(-1)), 0)
    const [requests, stored] = [sum('switchyard_requests_total'), sum('switchyard_request_log_stored_total')]
    const [dropped, waiting] = [sum('switchyard_request_log_dropped_total'), sum('switchyard_request_log_waiting')]
    if (dropped === 0) continue
    const isExact = requests === stored + dropped + waiting
    return `${requests} requests = ${stored} stored + ${dropped} dropped + ${waiting} waiting${isExact ? '' : ' !'}`
  }
  return 'nothing was dropped !'
}

/** What the console asks most: newest first, by each of its filters. */
async function benchRead(pool: Pool, rows: number) {
  const began = performance.now()
  const said = (part: string) => console.error(`${((performance.now() - began) / 1000).toFixed(0)} s: ${part}`)
  await fillLog(pool, rows, said)
  const ctx = contextOn(pool)
  const some = (count: number) => Math.floor(Math.random() * count)
  const client = () => `client-${some(clients)}`
  const from = () => new Date(Date.now() - some(days * 24) * 3_600_000).toISOString()
  const day = () => new Date(Date.now() - some(days) * 86_400_000)
  const ids = await pool<{ id: string }[]>`select request_id as id from request_log tablesample system (0.01) limit 200`
  const questions: Readonly<Record<string, () => RequestFilter>> = {
    'the newest of all': () => ({}),
    'a client, failures, since then': () => ({ clientId: client(), status: '5xx', from: from() }),
    'a client, refusals, since then': () => ({ clientId: client(), status: '4xx', from: from() }),
    'a client': () => ({ clientId: client() }),
    'a user, on a day': () => ({ userId: `user-${some(users)}`, ...dayOf(day()) }),
    'an operation, since then': () => ({ operation: operations[some(operations.length)], from: from() }),
    'an operation, failures': () => ({ operation: operations[some(operations.length)], status: '5xx' }),
    'a code': () => ({ code: ['NOT_FOUND', 'INVALID', 'INTERNAL', 'RATE_LIMITED'][some(4)] }),
    'an outcome': () => ({ outcome: ['limited', 'failed', 'invalid', 'not_found'][some(4)] }),
    'a door, refusals': () => ({ door: 'v4_1', status: '4xx' }),
    'slow ones': () => ({ minMs: 1_000 }),
    'slow ones of a client': () => ({ clientId: client(), minMs: 1_000 }),
    'slow ones, on a day': () => ({ minMs: 2_500, ...dayOf(day()) }),
    'a request id': () => ({ requestId: ids[some(ids.length)]?.id }),
    'a trace': () => ({ traceId: 'f'.repeat(32) }),
    'a request id that is not there': () => ({ requestId: 'nobody' }),
  }
  const figures: (string | number)[][] = []
  for (const [name, filter] of Object.entries(questions)) {
    const times: number[] = []
    for (let i = 0; i < 40; i++) {
      const start = performance.now()
      await listRequests(ctx, filter(), { first: 50 })
      times.push(performance.now() - start)
    }
    const p95 = times.toSorted((a, b) => a - b)[37] ?? 0
    figures.push([name, median(times).toFixed(1), `${p95.toFixed(1)}${p95 > 300 ? ' !' : ''}`])
  }
  console.log(`\nPages of 50 of a log of ${rows} rows (limit: p95 300 ms)\n`)
  printTable(['filter', 'p50 ms', 'p95 ms'], figures)
}

const dayOf = (day: Date) => ({
  from: day.toISOString().slice(0, 10),
  to: new Date(day.getTime() + 86_400_000).toISOString().slice(0, 10),
})
