import { fork, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Pool } from '../../drizzle/client.ts'
import { transaction } from '../../drizzle/context.ts'
import { appendEvents } from '../../drizzle/outbox.ts'
import { openSecrets } from '../../drizzle/secrets.ts'
import { systemPrincipal } from '../../schema/principal.ts'
import { sealedPlace } from '../../subgraphs/webhooks/prepared-endpoint.ts'
import { contextOn } from '../bench/context.ts'
import { openReceiver, type Received } from '../webhooks/receiver.ts'

/** How rough it gets. */
export type Roughness = {
  readonly events: number
  readonly workers: number
  /** A random worker is killed this often. */
  readonly killEveryMs: number
  /** A random connection to the database is cut this often. */
  readonly cutEveryMs: number
  /** Of the batches of the relay, so many are done again. */
  readonly repeatedShare: number
  /** Of the requests to one endpoint, so many are answered after the time limit. */
  readonly lateShare: number
}

/** What came of it. `faults` is empty when every promise was kept. */
export type Aftermath = {
  readonly deliveries: number
  readonly requests: number
  readonly kills: number
  readonly cuts: number
  readonly unknown: number
  readonly repeatedRequests: number
  readonly seconds: number
  readonly faults: readonly string[]
}

const names = ['plain', 'late', 'ordered'] as const
const recordsMax = 200
const timeoutMs = 3_000

/**
 * Delivers events to three endpoints while workers are killed, connections are cut, answers come too late and the relay
 * does its work twice; then compares what was promised with what has arrived.
 */
export async function chaosOfWebhooks(sql: Pool, url: string, rough: Roughness): Promise<Aftermath> {
  const startedAt = performance.now()
  const receiver = await openReceiver()
  receiver.answer('/late', response => {
    if (Math.random() < rough.lateShare) setTimeout(() => response.writeHead(204).end(), timeoutMs * 1.2)
    else response.writeHead(204).end()
  })
  const secretKey = randomUUID()
  const endpoints = new Map<string, string>()
  for (const name of names)
    endpoints.set(name, await anEndpoint(sql, secretKey, receiver.url(`/${name}`), receiver.secret, name))
  const workers = Array.from({ length: rough.workers }, () => aWorker(url, secretKey))
  await Promise.all(workers.map(worker => once(worker, 'message')))
  const counts = { kills: 0, cuts: 0 }
  const ready = new Set(workers)
  const kill = () => {
    // Of those that deliver: on a busy machine it takes seconds to become one.
    const one = [...ready][Math.floor(Math.random() * ready.size)]
    if (!one) return
    one.kill('SIGKILL')
    ready.delete(one)
    counts.kills += 1
    const next = aWorker(url, secretKey)
    workers.push(next)
    next.once('message', () => ready.add(next))
  }
  const troubles = [
    setInterval(kill, rough.killEveryMs),
    setInterval(() => void cutOne(sql).then(() => (counts.cuts += 1)), rough.cutEveryMs),
    setInterval(() => void repeatRelay(sql, rough.repeatedShare).catch(() => undefined), 200),
  ]
  try {
    await write(sql, rough.events)
    await allEnded(sql, rough.events * names.length)
  } finally {
    for (const trouble of troubles) clearInterval(trouble)
    for (const worker of workers) worker.kill('SIGKILL')
  }
  const seconds = (performance.now() - startedAt) / 1000
  await receiver.close()
  const [unknown] = await sql<
    { count: number }[]
  >`select count(*)::int from webhook_attempt where outcome = 'unknown_outcome'`
  const faults = await faultsOf(sql, receiver.received, endpoints, rough.events)
  const pairs = new Set(receiver.received.map(({ path, id }) => `${path} ${id}`)).size
  return {
    ...counts,
    ...{ seconds, faults, deliveries: rough.events * names.length, requests: receiver.received.length },
    unknown: unknown?.count ?? 0,
    repeatedRequests: receiver.received.length - pairs,
  }
}

const aWorker = (url: string, secretKey: string): ChildProcess =>
  fork(fileURLToPath(new URL('webhook-worker.ts', import.meta.url)), [url, secretKey], {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })

/** One that has only begun to be a connection would take the driver's process with it; killing does that already. */
const cutOne = (sql: Pool) => sql`
  select pg_terminate_backend(pid) from (select pid from pg_stat_activity where application_name = 'switchyard webhooks'
    and datname = current_database() and backend_start < now() - interval '0.5 seconds' order by random() limit 1) p`

/** As a queue does that delivers twice: the relay finds itself where it has been before. */
async function repeatRelay(sql: Pool, share: number) {
  if (Math.random() >= share) return
  await sql`
    update webhook_cursor c set position = e.position, id = e.id from (
      select position, id from event_log order by event_log.position desc, event_log.id desc offset 700 limit 1) e
    where c.name = 'relay' and (c.position, c.id) > (e.position, e.id)`
}

async function write(sql: Pool, count: number) {
  const records = Array.from({ length: Math.min(recordsMax, count / 5) }, () => randomUUID())
  for (let n = 0; n < count; n += 20) {
    const some = Array.from({ length: Math.min(20, count - n) }, (_, i) => records[(n + i) % records.length] ?? '')
    await transaction(contextOn(sql), ctx =>
      appendEvents(
        ctx,
        some.map(recordId => ({
          type: 'Accounts.updated',
          module: 'Accounts',
          recordId,
          before: { name: 'a' },
          after: { name: 'b' },
        })),
      ),
    )
    await sql`select pg_notify('events', '')`
  }
}

async function allEnded(sql: Pool, expected: number) {
  const sinceMax = 120_000
  for (let last = -1, changedAt = performance.now(); performance.now() - changedAt < sinceMax;) {
    const [row] = await sql<{ count: number }[]>`select count(*)::int from webhook_delivery where state = 'DELIVERED'`
    const now = row?.count ?? 0
    if (now >= expected) return
    if (now !== last) [last, changedAt] = [now, performance.now()]
    await new Promise(resolve => setTimeout(resolve, 500))
  }
}

type Pair = {
  readonly endpoint: string
  readonly event: string
  readonly rows: number
  readonly state: string
  readonly attempts: number
  readonly delivered: number
}

async function faultsOf(
  sql: Pool,
  received: readonly Received[],
  endpoints: ReadonlyMap<string, string>,
  events: number,
) {
  const faults: string[] = []
  const expect = (isSo: boolean, fault: string) => void (isSo || faults.length > 20 || faults.push(fault))
  const pairs = await sql<Pair[]>`
    select d.endpoint_id as endpoint, d.event_id as event, count(distinct d.id)::int as rows, min(d.state) as state, count(a.number)::int as attempts,
      count(*) filter (where a.outcome = 'delivered')::int as delivered
    from webhook_delivery d left join webhook_attempt a on a.delivery_id = d.id group by 1, 2`
  const requests = new Map<string, number>()
  for (const { path, id } of received) {
    const key = `${endpoints.get(path.slice(1)) ?? ''} ${id}`
    requests.set(key, (requests.get(key) ?? 0) + 1)
  }
  expect(pairs.length === events * endpoints.size, `${pairs.length} pairs, not ${events * endpoints.size}`)
  for (const { endpoint, event, rows, state, attempts, delivered } of pairs) {
    const came = requests.get(`${endpoint} ${event}`) ?? 0
    const name = `event ${event} for ${endpoint}`
    expect(rows === 1, `${name}: ${rows} deliveries`)
    expect(state === 'DELIVERED' && delivered === 1, `${name}: ${state}, delivered ${delivered} times`)
    expect(came >= 1, `${name}: never came`)
    expect(came <= attempts, `${name}: ${came} requests of ${attempts} attempts`)
  }
  expect(
    received.every(({ isVerified }) => isVerified),
    'a request that the reference library refuses',
  )
  const last = new Map<string, number>()
  for (const { text } of received.filter(({ path }) => path === '/ordered')) {
    const { record, sequence } = placeOf(text)
    expect(sequence >= (last.get(record) ?? 0), `record ${record}: ${sequence} behind ${last.get(record) ?? 0}`)
    last.set(record, sequence)
  }
  return faults
}

function placeOf(text: string) {
  const [, record = ''] = /"id":"([0-9a-f-]{36})"/.exec(text) ?? []
  const [, sequence = '0'] = /"sequence":(\d+)/.exec(text) ?? []
  return { record, sequence: Number(sequence) }
}

async function anEndpoint(sql: Pool, secretKey: string, url: string, secret: string, name: string) {
  const [id, secretId] = [randomUUID(), randomUUID()]
  const at = new Date().toISOString()
  const sealed = openSecrets({ secretKey, dataDir: '' }).seal(secret, sealedPlace.secret(secretId))
  await sql`insert into webhook_secret ${sql({ id: secretId, endpoint_id: id, kind: 'v1', sealed, created_at: at })}`
  await sql`insert into webhook_endpoint ${sql({
    ...{
      id,
      url,
      user_id: '1',
      event_types: ['Accounts.*'],
      concurrency: 50,
      timeout_ms: timeoutMs,
      created_at: at,
      updated_at: at,
    },
    ...{ schedule: `{${Array(60).fill(1).join(',')}}`, is_ordered: name === 'ordered' },
    principal: sql.json(systemPrincipal),
    payload: sql.json({ kind: 'CHANGES' }),
  } as never)}`
  return id
}
