import { createServer, type AddressInfo } from 'node:net'
import { afterAll, describe, expect, it } from 'vitest'
import { buildConnector } from 'undici'
import { guardedConnector } from '../../gateway/outgoing/guard.ts'
import { delivering } from './delivering.ts'
import { status } from './receiver.ts'

const house = await delivering()
const { receiver, anEndpoint, happen, deliveriesOf, attemptsOf } = house
await house.start({
  connectorFor: () => {
    const open = buildConnector({ timeout: 300 })
    const guarded = guardedConnector({ allow: ['127.0.0.1'], isHttpsRequired: false }, { timeout: 300 })
    return (target, done) => (target.hostname === '127.0.0.1' ? open(target, done) : guarded(target, done))
  },
})

/** What came of the first attempt of an event. */
async function attemptAt(path: string, columns: Record<string, unknown> = {}) {
  const id = await anEndpoint(path, columns)
  await happen()
  await expect.poll(async () => (await attemptsOf(id))[0]?.outcome, { timeout: 15_000 }).toBeTruthy()
  const [attempt] = await attemptsOf(id)
  const [delivery] = await deliveriesOf(id)
  return { id, attempt, delivery }
}

/** A port that takes connections and says nothing. */
async function silentPort() {
  const server = createServer(() => undefined)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  afterAll(() => server.close())
  return (server.address() as AddressInfo).port
}

describe('a receiver', () => {
  it('that redirects is not followed', async () => {
    for (const code of [301, 302, 307, 308]) {
      receiver.answer(`/moved-${code}`, status(code, { location: receiver.url('/elsewhere') }))
      const { attempt, delivery } = await attemptAt(`moved-${code}`)
      expect(attempt).toMatchObject({ outcome: 'redirect', status: code })
      expect(delivery).toMatchObject({ state: 'DUE' })
    }
    expect(receiver.to('/elsewhere')).toEqual([])
  })

  it('that is gone has its endpoint disabled, told once, and gets what happened when it is back', async () => {
    receiver.answer('/gone', status(410))
    const { id, attempt, delivery } = await attemptAt('gone')

    expect(attempt).toMatchObject({ outcome: 'gone', status: 410 })
    expect(delivery).toMatchObject({ state: 'DUE', attempts: 1 })
    const [endpoint] = await house.sql`select status, status_reason from webhook_endpoint where id = ${id}`
    expect(endpoint).toMatchObject({ status: 'DISABLED', status_reason: 'gone' })
    const told = (await house.notices()).filter(each => each.id === id)
    expect(told).toMatchObject([{ type: 'webhooks.endpoint.disabled', after: { reason: 'gone' } }])
  })

  it('that is busy is left alone, for every event, until the time it asks for', async () => {
    receiver.answer('/busy', status(429, { 'retry-after': '120' }))
    const { id, attempt } = await attemptAt('busy')
    expect(attempt).toMatchObject({ outcome: 'http_429', retryAfterS: 120 })
    receiver.answer('/busy', status(204))
    await happen()
    await expect.poll(async () => (await deliveriesOf(id)).length).toBe(2)
    house.pass(100_000)
    await happen(1, { type: 'Contacts.updated' })
    await expect.poll(async () => (await deliveriesOf(id)).length).toBe(3)
    expect(receiver.to('/busy')).toHaveLength(1)

    house.pass(50_000)

    await expect
      .poll(async () => (await deliveriesOf(id)).map(({ state }) => state))
      .toEqual(Array(3).fill('DELIVERED'))
    expect(receiver.to('/busy')).toHaveLength(4)
  })

  it('that says nothing is waited for until the time limit, and no longer', async () => {
    receiver.answer('/silent', () => undefined)
    const { attempt, delivery } = await attemptAt('silent', { timeout_ms: 1_000 })

    expect(attempt).toMatchObject({ outcome: 'timeout_wait', status: null, responseMs: null, body: null })
    expect(attempt?.ms).toBeGreaterThan(990)
    expect(delivery).toMatchObject({ state: 'DUE' })
  })

  it('that drips its answer is cut off at the time limit; what it said by then counts', async () => {
    receiver.answer('/dripping', response => {
      response.writeHead(500)
      const timer = setInterval(() => response.write('x'), 20)
      response.on('close', () => clearInterval(timer))
    })
    const { attempt } = await attemptAt('dripping', { timeout_ms: 500 })

    expect(attempt).toMatchObject({ outcome: 'http_5xx', status: 500, message: 'The answer did not come to its end' })
    expect(attempt?.body?.toString()).toMatch(/^x+$/)
    expect(attempt?.responseMs).toBeLessThan(attempt?.ms ?? 0)
  })

  it('is read no further than is kept, and what it answers is kept as it came', async () => {
    receiver.answer('/talkative', response => void response.writeHead(500).end(Buffer.alloc(1_000_000, 'a')))
    receiver.answer(
      '/binary',
      response => void response.writeHead(500, { 'x-note': 'a\u00e9' }).end(Buffer.from([0, 255, 0, 65])),
    )

    const { attempt } = await attemptAt('talkative')
    expect(attempt).toMatchObject({ outcome: 'http_5xx', message: null })
    expect(attempt?.body).toHaveLength(16 * 1024)
    expect((await attemptAt('binary')).attempt?.body).toEqual(Buffer.from([0, 255, 0, 65]))
  })

  it('that cannot be reached is told apart by why', async () => {
    const silent = await silentPort()
    receiver.answer('/hanging-up', response => void response.socket?.destroy())
    const failing = {
      dns: 'http://receiver.invalid/',
      refused: 'http://127.0.0.1:1/',
      policy_blocked: 'http://169.254.169.254/latest',
      tls: `https://127.0.0.1:${new URL(receiver.url('/')).port}/`,
      timeout_connect: `https://127.0.0.1:${silent}/`,
      receiver_abort: receiver.url('/hanging-up'),
    }
    for (const [outcome, url] of Object.entries(failing)) {
      const { attempt, delivery } = await attemptAt(outcome, { url })
      expect(attempt, outcome).toMatchObject({ outcome, status: null, responseMs: null })
      expect(delivery?.state, outcome).toBe(outcome === 'policy_blocked' ? 'DEAD' : 'DUE')
      expect(attempt?.message ?? '').not.toMatch(/\d+\.\d+/)
    }
  })

  it('that takes its time has it written down as it was', async () => {
    receiver.answer('/slow', response => void setTimeout(() => response.writeHead(204).end(), 700))
    const { attempt } = await attemptAt('slow')

    expect(attempt?.outcome).toBe('delivered')
    expect(attempt?.responseMs).toBeGreaterThan(690)
    expect(attempt?.responseMs).toBeLessThan(attempt?.ms ?? 0)
  })

  it('finds its request by one trace in the log, in the attempt and in its header', async () => {
    const { id, attempt } = await attemptAt('traced')

    const [line] = house.lines.filter(each => each['endpoint'] === id)
    const [request] = receiver.to('/traced')
    expect(attempt?.traceId).toMatch(/^[0-9a-f]{32}$/)
    expect(line).toMatchObject({ event: 'delivery.attempted', outcome: 'delivered', trace_id: attempt?.traceId })
    expect(request?.headers['traceparent']).toContain(attempt?.traceId ?? '-')
  })
})

describe('where at most one request may arrive', () => {
  const once = { at_most_once: true, timeout_ms: 300 }

  it('an answer ends it, silence holds it for a person, and only what was never sent is tried again', async () => {
    receiver.answer('/once-refusing', status(500))
    receiver.answer('/once-silent', () => undefined)

    expect((await attemptAt('once-refusing', once)).delivery).toMatchObject({ state: 'DEAD', reason: 'at_most_once' })
    expect((await attemptAt('once-silent', once)).delivery).toMatchObject({ state: 'HELD', reason: 'unknown_outcome' })
    const unsent = await attemptAt('once-unsent', { ...once, url: 'http://127.0.0.1:1/' })
    expect(unsent.delivery).toMatchObject({ state: 'DUE', lastOutcome: 'refused' })
  })
})
