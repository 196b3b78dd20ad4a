import { fork, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { connect, type Pool } from '../../drizzle/client.ts'
import { transaction } from '../../drizzle/context.ts'
import { appendEvents } from '../../drizzle/outbox.ts'
import { openSecrets } from '../../drizzle/secrets.ts'
import { systemPrincipal } from '../../schema/principal.ts'
import { sealedPlace } from '../../subgraphs/webhooks/prepared-endpoint.ts'
import { newSecretText } from '../../subgraphs/webhooks/signing/secret-text.ts'
import { contextOn } from './context.ts'
import { cpuMsOf, postgresCpuMs } from './cpu.ts'
import { startHouse, type House } from './house.ts'
import { printTable } from './print.ts'
import type { Arrival } from './webhook-receiver.ts'

type Options = { readonly dir: string; readonly seconds: number }

const endpoints = 3
/** Events that wait at most, so that the house is never idle and never far behind. */
const aheadMax = 2_000
const secretKey = randomUUID()

/**
 * Measures deliveries of one house that has everything on this machine: as fast as it goes beside a bare loop that signs
 * and posts the same bytes, and the way from a commit to a receiver at half of that.
 */
export async function benchWebhooks({ dir, seconds }: Options) {
  const secret = newSecretText('v1')
  const house = await startHouse(dir, {
    environment: { SECRET_KEY: secretKey, OUTGOING_ALLOW: '127.0.0.1', OUTGOING_HTTPS: 'optional', LOG_LEVEL: 'warn' },
  })
  const receiver = forked('webhook-receiver.ts', [])
  const sql = connect(house.databaseUrl, { max: 4 })
  try {
    const [port] = (await once(receiver, 'message')) as [number]
    const url = `http://127.0.0.1:${port}`
    for (let n = 0; n < endpoints; n++) await anEndpoint(sql, `${url}/${n}`, secret)
    await atFull(house, sql, receiver, 3)
    const bareBefore = await bare(url, secret, 5)
    const full = await atFull(house, sql, receiver, seconds)
    const bareAfter = await bare(url, secret, 5)
    const perSecond = (bareBefore + bareAfter) / 2
    await asked(receiver, 'take')
    const half = await atRate(sql, receiver, full.perSecond / endpoints / 2, Math.min(seconds, 30))
    printTable(
      ['as fast as it goes', 'figure'],
      [
        ['deliveries a second', full.perSecond.toFixed(0)],
        ['bare loop, posts a second', perSecond.toFixed(0)],
        ['ratio', (full.perSecond / perSecond).toFixed(2)],
        ['CPU of the house for a delivery, ms', full.houseMs.toFixed(3)],
        ['CPU of PostgreSQL for a delivery, ms', full.postgresMs.toFixed(3)],
        ['memory of the house, MB', full.memoryMb.toFixed(0)],
        ['lost', full.lost],
        ['twice', full.twice],
      ],
    )
    console.log()
    printTable(
      [`at ${(full.perSecond / 2).toFixed(0)} a second, commit to receiver`, 'figure'],
      [...half.ms.map(([name, ms]) => [name, `${ms.toFixed(0)} ms`]), ['lost', half.lost], ['twice', half.twice]],
    )
  } finally {
    receiver.kill()
    await sql.end()
    await house.stop()
  }
}

const forked = (file: string, args: readonly string[]): ChildProcess =>
  fork(fileURLToPath(new URL(file, import.meta.url)), args, { execArgv: ['--import', 'tsx'] })

async function asked(receiver: ChildProcess, order: 'count'): Promise<number>
async function asked(receiver: ChildProcess, order: 'take'): Promise<readonly Arrival[]>
async function asked(receiver: ChildProcess, order: string) {
  receiver.send(order)
  const [answer] = (await once(receiver, 'message')) as [unknown]
  return answer as never
}

async function bare(url: string, secret: string, seconds: number): Promise<number> {
  const body = JSON.stringify({
    type: 'Accounts.updated',
    timestamp: new Date().toISOString(),
    data: exampleOf(randomUUID()),
  })
  const child = forked('webhook-bare.ts', [`${url}/bare`, secret, String(seconds), body])
  const [perSecond] = (await once(child, 'message')) as [number]
  return perSecond
}

/** As many events as the house takes; every one of them is awaited at the end. */
async function atFull(house: House, sql: Pool, receiver: ChildProcess, seconds: number) {
  await asked(receiver, 'take')
  const cpu = () => [cpuMsOf(house.pid), postgresCpuMs(house.postmaster)] as const
  const before = cpu()
  const startedAt = performance.now()
  const written: string[] = []
  let arrived = 0
  while (performance.now() - startedAt < seconds * 1000) {
    if (written.length - arrived / endpoints < aheadMax) written.push(...(await write(sql, 250)))
    else await new Promise(resolve => setTimeout(resolve, 20))
    arrived = await asked(receiver, 'count')
  }
  const inTime = await asked(receiver, 'count')
  const took = performance.now() - startedAt
  const after = cpu()
  const memoryMb = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${house.pid}/status`, 'utf8'))?.[1]) / 1024
  const counted = await settled(receiver, written.length * endpoints)
  return {
    ...counted,
    perSecond: inTime / (took / 1000),
    houseMs: (after[0] - before[0]) / inTime,
    postgresMs: (after[1] - before[1]) / inTime,
    memoryMb,
  }
}

/** Events at even intervals. */
async function atRate(sql: Pool, receiver: ChildProcess, perSecond: number, seconds: number) {
  const committed = new Map<string, number>()
  const startedAt = performance.now()
  const writes: Promise<void>[] = []
  for (let n = 0; n < perSecond * seconds; n++) {
    const wait = startedAt + (n * 1000) / perSecond - performance.now()
    if (wait > 1) await new Promise(resolve => setTimeout(resolve, wait))
    writes.push(
      write(sql, 1, ([id = '']) => committed.set(id, performance.timeOrigin + performance.now())).then(() => undefined),
    )
  }
  await Promise.all(writes)
  const { arrivals, ...counted } = await settled(receiver, writes.length * endpoints)
  const lags = arrivals.map(([, record, at]) => at - (committed.get(record) ?? NaN)).sort((a, b) => a - b)
  const at = (share: number) => lags[Math.floor(lags.length * share)] ?? NaN
  const ms = [
    ['p50', at(0.5)],
    ['p95', at(0.95)],
    ['p99', at(0.99)],
  ] as const
  return { ...counted, ms }
}

/** Waits until nothing comes any more, and compares. */
async function settled(receiver: ChildProcess, expected: number) {
  for (let last = -1, now = 0; now < expected && now !== last;) {
    last = now
    await new Promise(resolve => setTimeout(resolve, 2_000))
    now = await asked(receiver, 'count')
  }
  const arrivals = (await asked(receiver, 'take')).filter(([path]) => path !== '/bare')
  const distinct = new Set(arrivals.map(([path, record]) => `${path} ${record}`)).size
  return { arrivals, lost: expected - distinct, twice: arrivals.length - distinct }
}

/** What a change of an account leaves. @returns the records */
async function write(sql: Pool, count: number, onCommit: (records: string[]) => unknown = () => {}): Promise<string[]> {
  const records = Array.from({ length: count }, () => randomUUID())
  await transaction(contextOn(sql), ctx =>
    appendEvents(
      ctx,
      records.map(recordId => ({ type: 'Accounts.updated', module: 'Accounts', recordId, ...exampleOf(recordId) })),
    ),
  )
  onCommit(records)
  await sql`select pg_notify('events', '')`
  return records
}

const exampleOf = (id: string) => ({
  before: { name: 'Acme', phone_office: '+49 30 1', date_modified: '2030-01-01T00:00:00Z' },
  after: { name: `Acme ${id}`, phone_office: '+49 30 2', date_modified: '2030-01-02T00:00:00Z' },
})

async function anEndpoint(sql: Pool, url: string, secret: string) {
  const [id, secretId] = [randomUUID(), randomUUID()]
  const at = new Date().toISOString()
  const sealed = openSecrets({ secretKey, dataDir: '' }).seal(secret, sealedPlace.secret(secretId))
  await sql`insert into webhook_secret ${sql({ id: secretId, endpoint_id: id, kind: 'v1', sealed, created_at: at })}`
  await sql`insert into webhook_endpoint ${sql({
    ...{ id, url, user_id: '1', event_types: ['Accounts.*'], concurrency: 100, created_at: at, updated_at: at },
    principal: sql.json(systemPrincipal),
    payload: sql.json({ kind: 'CHANGES' }),
  })}`
}
