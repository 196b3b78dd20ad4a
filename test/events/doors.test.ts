import { afterEach, describe, expect, it } from 'vitest'
import { servedHouse } from '../gateway/served.ts'
import { openStream, type OpenStream } from './streams.ts'

const house = await servedHouse()
const { url, graphql, tokenOf, sql } = house
const authorization = `Bearer ${await tokenOf('ada')}`

const opened: OpenStream[] = []
afterEach(() => opened.splice(0).forEach(stream => stream.close()))

type Json = Readonly<Record<string, unknown>>
type Page = {
  events: (Json & { type: string; cursor: string; record: { id: string } })[]
  cursor: string
  hasMore: boolean
}

const get = (path: string) => fetch(`${url}${path}`, { headers: { authorization } })
const feed = async (query: string) => (await (await get(`/events?${query}`)).json()) as Page

/** A cursor behind everything that has happened here so far, once that is settled. */
async function now(): Promise<string> {
  const { cursor } = await feed('cursor=now')
  const id = await anAccount('Mark')
  const marks = async () => (await feed(`cursor=${cursor}&ids=${id}`)).events
  await expect.poll(marks).toHaveLength(1)
  return (await marks())[0]?.cursor ?? cursor
}

async function stream(query: string, headers: Readonly<Record<string, string>> = {}) {
  const made = await openStream(`${url}/events/stream?${query}`, { authorization, ...headers })
  opened.push(made)
  await expect.poll(() => made.text()).toContain('retry:')
  return made
}

async function anAccount(name = 'Acme') {
  const { data } = await graphql('mutation ($name: String!) { createAccount(input: { name: $name }) { id } }', { name })
  return (data?.createAccount as { id: string }).id
}
const rename = (id: string, name: string) =>
  graphql('mutation ($id: ID!, $name: String!) { updateAccount(id: $id, input: { name: $name }) { id } }', { id, name })

describe('the feed', () => {
  it('gives what has happened in pages, each of which leads to the next', async () => {
    const from = await now()
    const ids = [await anAccount('A'), await anAccount('B'), await anAccount('C')]
    await expect.poll(async () => (await feed(`cursor=${from}`)).events).toHaveLength(3)

    const first = await feed(`cursor=${from}&limit=2`)
    const second = await feed(`cursor=${first.cursor}&limit=2`)

    expect([...first.events, ...second.events].map(event => event.record.id)).toEqual(ids)
    expect([first.hasMore, second.hasMore]).toEqual([true, false])
    expect(await feed(`cursor=${second.cursor}`)).toMatchObject({ events: [], hasMore: false })
    expect(await feed(`cursor=${first.events[0]?.cursor ?? ''}`)).toMatchObject({ events: [{}, {}] })
  })

  it('tells of a change who did it by what', async () => {
    const from = await now()
    const id = await anAccount('Old')
    const { headers } = await rename(id, 'New')
    await expect.poll(async () => (await feed(`cursor=${from}`)).events).toHaveLength(2)

    const [, changed] = (await feed(`cursor=${from}`)).events
    expect(changed).toMatchObject({
      type: 'Accounts.updated',
      version: 1,
      record: { module: 'Accounts', id },
      sequence: 2,
      changes: { name: { old: 'Old', new: 'New' } },
      origin: { userId: house.users.ada, requestId: headers.get('x-request-id'), door: 'graphql' },
    })
  })

  it('is narrowed by module, type and record', async () => {
    const from = await now()
    const id = await anAccount()
    await rename(id, 'Other')
    await graphql('mutation { createContact(input: { last_name: "Li" }) { id } }')
    await expect.poll(async () => (await feed(`cursor=${from}`)).events).toHaveLength(3)
    const types = async (query: string) => (await feed(`cursor=${from}&${query}`)).events.map(event => event.type)

    expect(await types('modules=Contacts')).toEqual(['Contacts.created'])
    expect(await types('types=*.created')).toEqual(['Accounts.created', 'Contacts.created'])
    expect(await types('types=Accounts.updated,Contacts.*')).toEqual(['Accounts.updated', 'Contacts.created'])
    expect(await types(`ids=${id}`)).toEqual(['Accounts.created', 'Accounts.updated'])
  })

  it.each([
    ['modules=Acounts', 'modules'],
    ['types=Accounts.renamed', 'types'],
    ['types=Acounts.created', 'types'],
    ['limit=0', 'limit'],
    ['limit=x', 'limit'],
    ['modul=Accounts', 'modul'],
    ['cursor=x', 'cursor'],
  ])('refuses ?%s in words', async (query, argument) => {
    const response = await get(`/events?${query}`)

    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: 'BAD_REQUEST', argument })
  })

  it('asks for a token', async () => {
    for (const path of ['/events', '/events/stream', '/events/snapshot?module=Accounts']) {
      const response = await fetch(`${url}${path}`)
      expect(response.status).toBe(401)
      expect(response.headers.get('www-authenticate')).toContain('Bearer')
    }
  })

  it('answers 410 to a cursor from before what is kept, and says how to begin anew', async () => {
    const old = await now()
    await anAccount()
    await expect.poll(async () => (await feed(`cursor=${old}`)).events).toHaveLength(1)
    const [before] = await sql<{ position: string; id: string }[]>`
      select forgotten_position as position, forgotten_id as id from event_stream`
    await sql`update event_stream set (forgotten_position, forgotten_id) = (select position, id from event_log order by 1 desc, 2 desc limit 1)`

    for (const path of ['/events', '/events/stream']) {
      const response = await get(`${path}?cursor=${old}`)
      expect(response.status).toBe(410)
      expect(await response.json()).toMatchObject({ error: 'CURSOR_EXPIRED', snapshot: expect.any(String) as string })
    }
    await sql`update event_stream set forgotten_position = ${before?.position ?? 0}, forgotten_id = ${before?.id ?? 0}`
  })
})

describe('the stream', () => {
  it('sends events as they happen, with a cursor each', async () => {
    const live = await stream('modules=Accounts')
    const id = await anAccount()

    await expect.poll(() => live.events).toHaveLength(1)
    expect(live.headers.get('content-type')).toContain('text/event-stream')
    expect(live.headers.get('cache-control')).toBe('no-store')
    const [event] = live.events
    expect(event?.event).toBe('Accounts.created')
    expect(JSON.parse(event?.data ?? '')).toMatchObject({ record: { id }, changes: { name: { new: 'Acme' } } })
    expect(await feed(`cursor=${event?.id ?? ''}`)).toMatchObject({ events: [] })
  })

  it('goes on behind the event that a client had last, wherever it was cut off', async () => {
    const from = await now()
    const ids = []
    for (let i = 0; i < 6; i++) ids.push(await anAccount(`N${i}`))
    const whole = await stream(`cursor=${from}`)
    await expect.poll(() => whole.events).toHaveLength(6)

    for (const [at, { id = '' }] of whole.events.entries()) {
      const rest = await stream('', { 'last-event-id': id })
      await expect.poll(() => rest.events).toHaveLength(5 - at)
      expect(rest.events.map(({ data }) => (JSON.parse(data) as { record: { id: string } }).record.id)).toEqual(
        ids.slice(at + 1),
      )
      rest.close()
    }
  })

  it('ends with words when its token is taken back', async () => {
    const { id, token } = await house.newClient('ben')
    const live = await openStream(`${url}/events/stream`, { authorization: `Bearer ${token}` })
    opened.push(live)
    await expect.poll(() => live.text()).toContain('retry:')
    await graphql('mutation ($id: ID!) { revokeApiClientTokens(id: $id) }', { id })

    await live.ended
    expect(live.events.at(-1)).toMatchObject({
      event: 'end',
      data: expect.stringContaining('UNAUTHENTICATED') as string,
    })
  })

  it('leaves a row in the log of requests', async () => {
    const live = await stream('')
    const requestId = live.headers.get('x-request-id') ?? ''
    live.close()

    await expect
      .poll(() => sql`select door, operation, route, user_id from request_log where request_id = ${requestId}`)
      .toEqual([{ door: 'events', operation: 'stream', route: '/events/stream', user_id: house.users.ada }])
  })
})

describe('a snapshot', () => {
  it('and the events behind its cursor are everything, once', async () => {
    const before = [await anAccount('Kept'), await anAccount('Changed')]
    const response = await get('/events/snapshot?module=Accounts')
    const lines = (await response.text())
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as Json)
    const { cursor } = lines.at(-1) as { cursor: string }
    await rename(before[1] ?? '', 'Later')
    const after = await anAccount('After')

    const records = new Map(
      lines.slice(0, -1).map(line => [(line.record as { id: string }).id, line.fields as Json] as const),
    )
    const [row] = await sql<{ n: number }[]>`select count(*)::int as n from accounts where not deleted`
    expect(records.size).toBe((row?.n ?? 0) - 1)
    expect(records.get(before[0] ?? '')).toMatchObject({ name: 'Kept' })
    await expect.poll(async () => (await feed(`cursor=${cursor}`)).events).toHaveLength(2)
    const events = (await feed(`cursor=${cursor}`)).events
    expect(events.map(event => [event.type, event.record.id])).toEqual([
      ['Accounts.updated', before[1]],
      ['Accounts.created', after],
    ])
  })

  it('does not tell again what it has seen of transactions that ended out of turn', async () => {
    // An older transaction stays open, so that the position of what comes after it is not settled when it is read.
    const holder = await sql.reserve()
    await holder`begin`
    await holder`select pg_current_xact_id()`
    const id = await anAccount('Seen')
    const text = await (await get('/events/snapshot?module=Accounts')).text()
    await holder`rollback`
    holder.release()
    const lines = text.trimEnd().split('\n')
    const { cursor } = JSON.parse(lines.at(-1) ?? '') as { cursor: string }
    const next = await anAccount('Next')

    expect(text).toContain(id)
    await expect.poll(async () => (await feed(`cursor=${cursor}`)).events.map(event => event.record.id)).toEqual([next])
  })

  it('asks which module', async () => {
    expect((await get('/events/snapshot')).status).toBe(400)
    expect((await get('/events/snapshot?module=Acounts')).status).toBe(400)
  })
})
