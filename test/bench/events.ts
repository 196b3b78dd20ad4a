import { setTimeout as pause } from 'node:timers/promises'
import { openSocket, type OpenSocket } from '../events/sockets.ts'
import { write } from '../chaos/writers.ts'
import { randomFrom } from '../chaos/random.ts'
import type { Reached } from '../chaos/consumers.ts'
import { connect } from '../../drizzle/client.ts'
import { cpuMsOf, postgresCpuMs, rssMbOf } from './cpu.ts'
import { startHouse, type House } from './house.ts'
import { machineToken } from './machine-token.ts'
import { median, printTable } from './print.ts'

const idleSubscribers = 1_000
const idleSeconds = 20
const perSecond = 500
const loadSeconds = 20
const listeners = 10

const changed = 'subscription { accountChanged(types: ["created"]) { event { recordId time } } }'
/** Of another module: nothing comes. */
const quiet = 'subscription { caseChanged { event { recordId } } }'

/**
 * What subscribers cost, and how long events take: 1,000 idle ones on one process; the lag from a commit to the socket
 * while 500 events a second are appended; the CPU of an event by the number of its subscribers, who ask the same or not.
 */
export async function benchEvents(dir: string) {
  const house = await startHouse(dir, { watched: true })
  try {
    const reached = { url: house.url, token: await machineToken(house) }
    await write(reached, 300, randomFrom(1), [])
    await benchIdle(house, reached)
    await benchLag(house, reached)
    await benchSharing(house, reached)
  } finally {
    await house.stop()
  }
}

async function subscribers({ url, token }: Reached, number: number, query: (n: number) => string) {
  const all: OpenSocket[] = []
  for (let n = 0; n < number; n += 1) {
    const made = await openSocket(url, token)
    made.subscribe(query(n))
    all.push(made)
  }
  return { all, end: () => all.forEach(({ socket }) => socket.terminate()) }
}

async function benchIdle(house: House, reached: Reached) {
  const cpuMs = async () => {
    const before = cpuMsOf(house.pid) + postgresCpuMs(house.postmaster)
    await pause(idleSeconds * 1_000)
    return (cpuMsOf(house.pid) + postgresCpuMs(house.postmaster) - before) / idleSeconds
  }
  const before = { heap: await house.heapMb(), rss: rssMbOf(house.pid), cpu: await cpuMs() }
  const { end } = await subscribers(reached, idleSubscribers, () => quiet)
  const after = { heap: await house.heapMb(), rss: rssMbOf(house.pid), cpu: await cpuMs() }
  end()
  console.log(`\n${idleSubscribers} idle subscribers over WebSocket on one process\n`)
  printTable(
    ['', 'without', 'with', 'each'],
    [
      ['heap', mb(before.heap), mb(after.heap), kb((after.heap - before.heap) / idleSubscribers)],
      ['memory of the process', mb(before.rss), mb(after.rss), kb((after.rss - before.rss) / idleSubscribers)],
      [
        'CPU-ms a second',
        before.cpu.toFixed(1),
        after.cpu.toFixed(1),
        ((after.cpu - before.cpu) / idleSubscribers).toFixed(3),
      ],
    ],
  )
}

/** Appends so many events a second, in transactions of their own, as eight writers would; @returns when each was committed */
async function append({ databaseUrl }: House, seconds: number): Promise<Map<string, number>> {
  const sql = connect(databaseUrl, { max: 8 })
  const committed = new Map<string, number>()
  const told: Promise<unknown>[] = []
  const begun = performance.now()
  for (let n = 0; n < seconds * perSecond; n += 1) {
    const wait = begun + (n * 1_000) / perSecond - performance.now()
    if (wait > 1) await pause(wait)
    const id = crypto.randomUUID()
    told.push(
      sql`insert into event_log (at, type, module, record_id, sequence, after, origin)
        values (now() at time zone 'utc', 'Accounts.created', 'Accounts', ${id}, 1, ${sql.json({ name: 'Lag' })}, ${sql.json({ userId: '1', requestId: 'bench' })})`.then(
        () => committed.set(id, performance.now()),
      ),
    )
    // As a process does that has committed: at most every ten milliseconds.
    if (n % 5 === 0) told.push(sql`select pg_notify('events', '')`.execute())
  }
  await Promise.all(told)
  await sql.end()
  return committed
}

async function benchLag(house: House, reached: Reached) {
  const arrived = new Map<string, number[]>()
  const { all, end } = await subscribers(reached, 0, () => changed)
  for (let n = 0; n < listeners; n += 1) {
    const made = await openSocket(reached.url, reached.token, ({ payload }) => {
      const { data } = (payload ?? {}) as { data?: { accountChanged: { event: { recordId: string } } } }
      const id = data?.accountChanged.event.recordId
      if (id === undefined) return
      const times = arrived.get(id)
      if (times) times.push(performance.now())
      else arrived.set(id, [performance.now()])
    })
    made.subscribe(changed)
    all.push(made)
  }
  await pause(1_000)
  const before = { house: cpuMsOf(house.pid), postgres: postgresCpuMs(house.postmaster) }
  const committed = await append(house, loadSeconds)
  const used = { house: cpuMsOf(house.pid) - before.house, postgres: postgresCpuMs(house.postmaster) - before.postgres }
  await pause(2_000)
  end()
  const lags = [...committed].flatMap(([id, at]) => (arrived.get(id) ?? []).map(time => time - at))
  const sorted = lags.toSorted((a, b) => a - b)
  const missing = committed.size * listeners - lags.length
  console.log(`\n${perSecond} events a second for ${loadSeconds} s, ${listeners} subscribers (limit: p95 100 ms)\n`)
  printTable(
    ['what', 'figure'],
    [
      ['events', committed.size],
      ['not arrived', missing],
      ['from commit to socket, median', ms(median(lags))],
      ['from commit to socket, p95', ms(sorted[Math.floor(sorted.length * 0.95)])],
      ['from commit to socket, p99', ms(sorted[Math.floor(sorted.length * 0.99)])],
      ['CPU of an event, house', ms(used.house / committed.size)],
      ['CPU of an event, PostgreSQL with its insert', ms(used.postgres / committed.size)],
    ],
  )
}

async function benchSharing(house: House, reached: Reached) {
  const seconds = 6
  const rows: (string | number)[][] = []
  const run = async (what: string, number: number, query: (n: number) => string) => {
    const { end, all } = await subscribers(reached, number, query)
    await pause(1_000)
    const before = cpuMsOf(house.pid)
    const { size } = await append(house, seconds)
    await pause(1_000)
    const used = cpuMsOf(house.pid) - before
    const answers = all.reduce((sum, { messages }) => sum + messages.length, 0)
    end()
    rows.push([what, number, ms(used / size), ((1_000 * used) / Math.max(answers, 1)).toFixed(0)])
  }
  await run('none', 0, () => changed)
  await run('one', 1, () => changed)
  await run('the same', 20, () => changed)
  await run(
    'each another',
    20,
    n => `subscription { a${n}: accountChanged(types: ["created"]) { event { recordId time } } }`,
  )
  console.log(`\nWhat an event costs the house by its subscribers, ${perSecond} events a second\n`)
  printTable(['subscriptions', 'subscribers', 'CPU of an event', 'CPU-µs of an answer'], rows)
}

const mb = (value: number) => `${value.toFixed(0)} MB`
const kb = (value: number) => `${(value * 1024).toFixed(0)} KB`
const ms = (value: number | undefined) => `${(value ?? Number.NaN).toFixed(2)} ms`
