import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { request as openRequest } from 'node:http'
import { connect } from 'node:net'
import { expect, it } from 'vitest'
import { servedHouse } from '../gateway/served.ts'

const house = await servedHouse({ apart: ['identity'], settings: { LIMIT_UI: 'concurrent=0' } })
const { sql, users } = house
const made = await house.graphql('mutation { createAccount(input: { name: "Acme" }) { id } }')
const { id: account } = made.data?.['createAccount'] as { id: string }

async function send(path: string, init: { method?: string; headers?: Record<string, string>; body?: string } = {}) {
  const id = randomUUID()
  const authorization = `Bearer ${await house.tokenOf('ada')}`
  const response = await fetch(`${house.url}${path}`, {
    ...init,
    headers: { authorization, 'x-request-id': id, ...init.headers },
  })
  return { id, response, text: await response.text() }
}

const json = { 'content-type': 'application/json' }
const rowsOf = (id: string) => sql`select * from request_log where request_id = ${id}`
const rowOf = async (id: string) => {
  await expect.poll(async () => (await rowsOf(id)).length, { timeout: 5_000 }).toBe(1)
  return (await rowsOf(id))[0]
}

it('keeps one row of a request at each door, with who, what, how long and how much', async () => {
  const graphql = await send('/graphql', {
    method: 'POST',
    headers: json,
    body: '{"query":"query Find { accounts(first: 5) { nodes { id name } } }"}',
  })
  const v8 = await send(`/Api/V8/module/Accounts/${account}?fields[Accounts]=name`)
  const v41 = await send('/service/v4_1/rest.php', {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ method: 'get_server_info', input_type: 'JSON', response_type: 'JSON' }).toString(),
  })
  const page = await send('/livez')

  const everyone = { status: 200, outcome: 'ok', address: '127.0.0.1', ms: expect.any(Number), code: null }
  const ada = { user_id: users.ada, client_id: expect.any(String), key_id: null }
  expect(await rowOf(graphql.id)).toMatchObject({
    ...everyone,
    ...ada,
    door: 'graphql',
    method: 'POST',
    route: '/graphql',
    operation: 'query Find',
    rows: expect.any(Number),
    cost: expect.any(Number),
    bytes_in: '67',
    bytes_out: String(Buffer.byteLength(graphql.text)),
    limit_left: expect.stringMatching(/^\d+$/),
  })
  expect(await rowOf(v8.id)).toMatchObject({
    ...everyone,
    ...ada,
    door: 'v8',
    operation: 'getRecord',
    route: '/Api/V8/module/:moduleName/:id',
    rows: 1,
  })
  expect(await rowOf(v41.id)).toMatchObject({ door: 'v4_1', version: 'v4_1', operation: 'get_server_info' })
  expect(await rowOf(page.id)).toMatchObject({ ...everyone, door: 'live', user_id: null, rows: 0, database_ms: 0 })
})

it('measures the time in the database, also of a subgraph in another process', async () => {
  const { id } = await send('/graphql', {
    method: 'POST',
    headers: json,
    body: '{"query":"{ me { id roles { id } } accounts(first: 1) { nodes { id } } }"}',
  })

  const row = await rowOf(id)
  expect(row).toMatchObject({ outcome: 'ok', door: 'graphql' })
  expect(Number(row?.['database_ms'])).toBeGreaterThan(0)
  expect(Number(row?.['database_ms'])).toBeLessThanOrEqual(Number(row?.['ms']))
})

it('keeps a row of what is refused: by sign-in, size, address, form, limit', async () => {
  const unsigned = await send('/graphql', {
    method: 'POST',
    headers: { ...json, authorization: 'Bearer x' },
    body: '{}',
  })
  const large = await send('/graphql', { method: 'POST', headers: json, body: `{"query":"${'x'.repeat(1_100_000)}"}` })
  const nowhere = await send('/nothing/is/here')
  const unreadable = await send('/Api/V8/%zz')
  const wrong = await send('/graphql', { method: 'POST', headers: json, body: '{"query":"{ nothing }"}' })
  const foreign = await send('/service/v4_1/rest.php?method=drop_all_secrets&input_type=JSON&response_type=JSON')

  expect(await rowOf(unsigned.id)).toMatchObject({ status: 401, code: 'UNAUTHENTICATED', outcome: 'unauthenticated' })
  expect(await rowOf(large.id)).toMatchObject({ status: 413, code: 'TOO_LARGE', outcome: 'too_large' })
  expect(await rowOf(nowhere.id)).toMatchObject({ status: 404, outcome: 'not_found', door: null, route: null })
  expect(await rowOf(unreadable.id)).toMatchObject({ status: 400, outcome: 'invalid' })
  expect(await rowOf(wrong.id)).toMatchObject({ status: 400, outcome: 'invalid', door: 'graphql' })
  expect(await rowOf(foreign.id)).toMatchObject({ operation: null })
})

it('takes no error object of the legacy API for a success', async () => {
  const call = (method: string, ...args: unknown[]) =>
    send('/service/v4_1/rest.php', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        ...{ method, input_type: 'JSON', response_type: 'JSON' },
        rest_data: JSON.stringify(args),
      }).toString(),
    })
  const login = await call('login', { user_name: 'ada', password: 'wrong' })
  const lost = await call('get_entry_list', 'nosession', 'Accounts')
  const unnamed = await call('get_entry_list')
  const nothing = await call('no_such_method')
  const atItsAddress = await send('/service/v4_1/get_entry_list', {
    method: 'POST',
    headers: json,
    body: '{"session":"nosession","module_name":"Accounts"}',
  })

  const failed = { status: 200, code: 'UNAUTHENTICATED', outcome: 'unauthenticated', door: 'v4_1' }
  for (const { id } of [login, lost, unnamed, atItsAddress]) expect(await rowOf(id)).toMatchObject(failed)
  expect(await rowOf(nothing.id)).toMatchObject({ status: 200, code: 'BAD_REQUEST', outcome: 'invalid' })
})

it('keeps a row of what the parser gave up on, with where it came from', async () => {
  const { hostname, port } = new URL(house.url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => undefined)
  socket.write(`GET / HTTP/1.1\r\nHost: a\r\nX-Long: ${'x'.repeat(70_000)}\r\n\r\n`)
  const [answer] = (await once(socket.setEncoding('utf8'), 'data')) as [string]

  expect(answer).toMatch(/^HTTP\/1.1 431 .*"TOO_LARGE"/s)
  await expect
    .poll(() => sql`select outcome, address, method, ms from request_log where status = 431`)
    .toEqual([{ outcome: 'too_large', address: '127.0.0.1', method: null, ms: null }])
})

it('tells of callers that have gone before they were answered', async () => {
  const id = randomUUID()
  const lock = await sql.reserve()
  await lock`begin`
  await lock`lock table accounts in access exclusive mode`
  const authorization = `Bearer ${await house.tokenOf('ada')}`
  const caller = openRequest(`${house.url}/Api/V8/module/Accounts`, { headers: { authorization, 'x-request-id': id } })
  caller.on('error', () => undefined).end()
  const waiting = () => sql`select count(*)::int as count from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`
  await expect.poll(waiting, { timeout: 10_000 }).toEqual([{ count: 1 }])
  caller.destroy()
  const row = await rowOf(id)
  await lock`rollback`
  lock.release()

  expect(row).toMatchObject({ outcome: 'client_closed', status: 499, code: null, operation: 'getRecords' })
})

it('belongs to the trace that the caller names, and to its own without one', async () => {
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
  const told = await send('/livez', { headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01` } })
  const wrong = await send('/livez', { headers: { traceparent: `00-${'0'.repeat(32)}-00f067aa0ba902b7-01` } })
  const apart = await send('/graphql', {
    method: 'POST',
    headers: { ...json, traceparent: `00-${traceId}-00f067aa0ba902b8-01` },
    body: '{"query":"{ me { id } }"}',
  })

  expect(await rowOf(told.id)).toMatchObject({ trace_id: traceId })
  expect((await rowOf(wrong.id))?.['trace_id']).toMatch(/^(?!0+$)[0-9a-f]{32}$/)
  expect(await rowOf(apart.id)).toMatchObject({ trace_id: traceId })
  const inSubgraph = house.lines.filter(line => line['door'] === 'subgraph' && line['trace_id'] === traceId)
  expect(inSubgraph).toMatchObject([{ user_id: users.ada, status: 200 }])
})

it('writes the log line from the same entry as the row', async () => {
  const { id } = await send(`/Api/V8/module/Accounts/${account}`)
  const row = await rowOf(id)

  const line = house.lines.find(each => each['event'] === 'request' && each['request_id'] === id)
  const { time, level, event, ...entry } = line ?? {}
  const { id: _, at, ...stored } = row ?? {}
  const told = Object.fromEntries(Object.entries(stored).filter(([, value]) => value !== null))
  const asText = (values: object) =>
    Object.fromEntries(Object.entries(values).map(([key, value]) => [key, String(value)]))
  expect(asText(entry)).toEqual(asText(told))
  expect([level, event]).toEqual([30, 'request'])
  expect(Math.abs(Date.parse(`${String(at)}Z`) - Number(time))).toBeLessThan(5_000)
})
