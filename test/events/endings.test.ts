import { afterEach, expect, it } from 'vitest'
import { transaction } from '../../drizzle/context.ts'
import { createRecord } from '../../subgraphs/crm/create.ts'
import { moduleNamed, writer } from '../crm/writes/writer.ts'
import { servedHouse } from '../gateway/served.ts'
import { openSocket, type OpenSocket } from './sockets.ts'
import { openStream, type OpenStream } from './streams.ts'

const house = await servedHouse()
const { url, tokenOf, sql } = house
const token = await tokenOf('ada')
const ada = writer(sql, { userId: house.users.ada })

const sockets: OpenSocket[] = []
const streams: OpenStream[] = []
afterEach(() => {
  for (const { socket } of sockets.splice(0)) socket.terminate()
  for (const stream of streams.splice(0)) stream.close()
})

async function aSocket(by = token, at = url) {
  const made = await openSocket(at, by)
  sockets.push(made)
  return made
}
async function aStream(by = token, at = url) {
  const made = await openStream(`${at}/events/stream`, { authorization: `Bearer ${by}` })
  streams.push(made)
  await expect.poll(() => made.text()).toContain('retry:')
  return made
}

const anAccount = (input = {}) => ada.create('Accounts', { name: 'Acme', ...input })

/** Nothing says that a subscription has begun, so something happens until it is told. */
async function begun({ messages }: OpenSocket) {
  await expect
    .poll(async () => {
      await anAccount()
      return messages.some(({ type }) => type === 'next')
    })
    .toBe(true)
}

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Number(new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1] ?? Number.NaN)
}

const changed = 'subscription { accountChanged { event { recordId cursor } } }'

it('an access token that expires closes its WebSocket with 4401, and ends its stream with the cursor that it had come to', async () => {
  const { id, secret } = await house.newClient('ben')
  await sql`update api_client_settings set token_seconds = 6 where client_id = ${id}`
  const short = async () => {
    const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: id, client_secret: secret })
    const answer = (await (await fetch(`${url}/Api/access_token`, { method: 'POST', body })).json()) as Record<
      string,
      unknown
    >
    expect(answer.expires_in).toBe(6)
    return String(answer.access_token)
  }
  await expect.poll(short).toBeDefined()
  const own = await short()
  const socket = await aSocket(own)
  const stream = await aStream(own)

  expect(await socket.closed).toBe(4401)
  await stream.ended
  const end = stream.events.at(-1)
  expect(end?.event).toBe('end')
  expect(JSON.parse(end?.data ?? '')).toMatchObject({ code: 'UNAUTHENTICATED' })
})

it('an API key that expires closes its WebSocket with 4401', async () => {
  const query = 'mutation { createApiKey(input: { name: "k", scopes: ["records:read"] }) { key { id } secret } }'
  const { data } = await house.graphql(query)
  const { key, secret } = data?.createApiKey as { key: { id: string }; secret: string }
  const socket = await aSocket(secret)
  await sql`update api_key set expires_at = now() at time zone 'utc' - interval '1 second' where id = ${key.id}`

  expect(await socket.closed).toBe(4401)
})

it('a house that closes says so: 1001, and a cursor from which another one goes on', async () => {
  const other = await house.another()
  const socket = await aSocket(token, other.url)
  const stream = await aStream(token, other.url)
  const before = await anAccount({ name: 'Before' })
  await expect.poll(() => stream.events.some(({ data }) => data.includes(before))).toBe(true)
  await other.close()

  expect(await socket.closed).toBe(1001)
  await stream.ended
  const end = JSON.parse(stream.events.at(-1)?.data ?? '') as { code: string; cursor: string }
  expect(end).toMatchObject({ code: 'UNAVAILABLE', cursor: expect.any(String) as string })
  const after = await anAccount({ name: 'After' })
  const ids = async () => {
    const headers = { authorization: `Bearer ${token}` }
    const answer = (await (await fetch(`${url}/events?cursor=${end.cursor}`, { headers })).json()) as {
      events: { record: { id: string } }[]
    }
    return answer.events.map(({ record }) => record.id)
  }
  await expect.poll(ids).toEqual([after])
})

it('who asks the same is served by one subscription, and clients that are cut leave nothing behind', async () => {
  await expect.poll(() => metric('switchyard_streams_open')).toBe(0)
  const all = await Promise.all(Array.from({ length: 20 }, () => aSocket()))
  for (const socket of all) socket.subscribe(changed)
  await aStream()
  await Promise.all(all.map(begun))

  expect(await metric('switchyard_streams_open')).toBe(21)
  expect(await metric('switchyard_subscriptions_running')).toBe(1)
  const id = await anAccount({ name: 'Once' })
  for (const { messages } of all) {
    await expect.poll(() => messages.filter(({ payload }) => JSON.stringify(payload).includes(id))).toHaveLength(1)
  }

  for (const { socket } of sockets) socket.terminate()
  for (const stream of streams) stream.close()
  await expect.poll(() => metric('switchyard_streams_open')).toBe(0)
  expect(await metric('switchyard_subscriptions_running')).toBe(0)
})

it('a stream is no call under way, whatever its client says that it accepts', async () => {
  const headers = { authorization: `Bearer ${token}` }
  const stream = await openStream(`${url}/graphql/stream?query=${encodeURIComponent(changed)}`, headers)
  streams.push(stream)
  expect(stream.status).toBe(200)

  const response = await fetch(`${url}/events`, { headers })
  expect(response.headers.get('ratelimit')).toContain('"concurrent";r=199')
})

it('who has gone before it is known who it is leaves nothing behind', async () => {
  await expect.poll(() => metric('switchyard_streams_open')).toBe(0)
  const query = 'mutation { createApiKey(input: { name: "k", scopes: ["records:read"] }) { secret } }'
  const { secret } = (await house.graphql(query)).data?.createApiKey as { secret: string }
  const headers = { authorization: `Bearer ${secret}` }
  const leaving = new AbortController()
  const paths = ['/events', '/events/stream', `/graphql/stream?query=${encodeURIComponent(changed)}`]
  await sql.begin(async tx => {
    await tx`lock table api_key in access exclusive mode` // nobody is known meanwhile
    const asked = paths.map(path => fetch(`${url}${path}`, { headers, signal: leaving.signal }))
    const waiting = () => sql`select from pg_locks where relation = 'api_key'::regclass and not granted`
    await expect.poll(waiting).not.toHaveLength(0)
    leaving.abort()
    expect((await Promise.allSettled(asked)).map(({ status }) => status)).toEqual(Array(3).fill('rejected'))
  })

  const left = async () => (await fetch(`${url}/events`, { headers })).headers.get('ratelimit')
  await expect.poll(left).toContain('"concurrent";r=199')
  expect(await metric('switchyard_streams_open')).toBe(0)
  expect(await metric('switchyard_subscriptions_running')).toBe(0)
})

it('who does not read is told to begin anew, while others get everything', async () => {
  const many = 950
  const query = 'subscription { accountChanged(types: ["created"]) { event { cursor changes { field new } } } }'
  const [slow, quick] = [await aSocket(), await aSocket()]
  for (const socket of [slow, quick]) {
    socket.subscribe(query)
    await begun(socket)
  }
  const before = quick.messages.length
  slow.socket.pause()
  await transaction(ada.ctx, async ctx => {
    const long = { name: 'Long', description: 'x'.repeat(32_000) }
    for (let i = 0; i < many; i += 1) await createRecord(ctx, moduleNamed('Accounts'), long)
  })

  await expect.poll(() => quick.messages.length - before).toBeGreaterThanOrEqual(many)
  slow.socket.resume()
  await expect.poll(() => slow.messages.at(-1)?.type).toBe('complete')
  expect(slow.messages.at(-2)).toMatchObject({ payload: { errors: [{ extensions: { code: 'RESYNC' } }] } })
  expect(slow.messages.length).toBeLessThan(many)
  expect(quick.messages.at(-1)?.type).toBe('next')
}, 60_000)

it('a cursor that has expired is refused with the way to begin anew', async () => {
  const headers = { authorization: `Bearer ${token}` }
  const { cursor } = (await (await fetch(`${url}/events?cursor=oldest`, { headers })).json()) as { cursor: string }
  await anAccount()
  await sql`update event_stream set (forgotten_position, forgotten_id) = (select position, id from event_log order by 1 desc, 2 desc limit 1)`

  const refusal = await fetch(`${url}/events/stream?cursor=${cursor}&modules=Accounts`, { headers })
  expect(refusal.status).toBe(410)
  const { error, snapshot } = (await refusal.json()) as { error: string; snapshot: string }
  expect(error).toBe('CURSOR_EXPIRED')
  const records = await fetch(`${url}${snapshot.replace('...', 'Accounts')}`, { headers })
  expect(records.status).toBe(200)
  expect((await records.text()).trimEnd().split('\n').at(-1)).toContain('"cursor"')

  const socket = await aSocket()
  socket.subscribe(`subscription { accountChanged(cursor: "${cursor}") { event { id } } }`)
  await expect
    .poll(() => socket.messages)
    .toMatchObject([{ type: 'error', payload: [{ extensions: { code: 'CURSOR_EXPIRED', snapshot } }] }])
})
