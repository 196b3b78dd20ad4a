import { createClient as sseClient } from 'graphql-sse'
import { createClient as wsClient } from 'graphql-ws'
import { afterEach, describe, expect, it } from 'vitest'
import { servedHouse } from '../gateway/served.ts'

const house = await servedHouse({ settings: { LIMIT_STREAMS: '40' } })
const { url, graphql, tokenOf, sql } = house
const token = await tokenOf('ada')

type Answer = {
  data?: Record<string, Record<string, unknown>> | null
  errors?: readonly { message: string; extensions?: Record<string, unknown> }[]
}
type Open = {
  readonly answers: Answer[]
  readonly done: Promise<void>
  /** Everything that was said of refusals and ends. */
  readonly said: () => string
  readonly stop: () => void
}

const clients: (() => void)[] = []
afterEach(() => clients.splice(0).forEach(close => close()))

const transports: Readonly<Record<string, (query: string, variables?: Record<string, unknown>, by?: string) => Open>> =
  {
    WebSocket: (query, variables = {}, by = token) => {
      const codes: number[] = []
      const client = wsClient({
        url: `${url.replace('http', 'ws')}/graphql`,
        connectionParams: { authorization: `Bearer ${by}` },
        retryAttempts: 0,
        on: { closed: event => void codes.push((event as { code: number }).code) },
      })
      clients.push(() => void client.dispose())
      return collect(
        sink => client.subscribe({ query, variables }, sink),
        () => codes.join(),
      )
    },
    'Server-Sent Events': (query, variables = {}, by = token) => {
      let refusal = ''
      const client = sseClient({
        url: `${url}/graphql/stream`,
        headers: { authorization: `Bearer ${by}` },
        retryAttempts: 0,
        async fetchFn(input: string, init: RequestInit) {
          const response = await fetch(input, init)
          refusal = response.ok ? '' : await response.clone().text()
          return response
        },
      })
      clients.push(() => client.dispose())
      return collect(
        sink => client.subscribe({ query, variables }, sink),
        () => refusal,
      )
    },
  }

type Sink = { next(answer: unknown): void; error(error: unknown): void; complete(): void }

function collect(subscribe: (sink: Sink) => () => void, more: () => string): Open {
  const answers: Answer[] = []
  const errors: unknown[] = []
  const { promise: done, resolve } = Promise.withResolvers<void>()
  const stop = subscribe({
    next: answer => void answers.push(answer as Answer),
    error: error => {
      errors.push(error)
      resolve()
    },
    complete: () => resolve(),
  })
  const said = () =>
    `${JSON.stringify(errors)} ${JSON.stringify(answers.flatMap(({ errors }) => errors ?? []))} ${more()}`
  return { answers, done, stop, said }
}

async function anAccount(input: Record<string, unknown> = {}) {
  const { data } = await graphql('mutation ($input: AccountInput!) { createAccount(input: $input) { id } }', {
    input: { name: 'Acme', ...input },
  })
  return (data?.createAccount as { id: string }).id
}
const rename = (id: string, name: string) =>
  graphql('mutation ($id: ID!, $name: String!) { updateAccount(id: $id, input: { name: $name }) { id } }', { id, name })

/** A cursor behind everything that has happened here so far, once that is settled. */
async function now(): Promise<string> {
  const read = async (cursor: string, ids?: readonly string[]) => {
    const query =
      'query ($cursor: String, $ids: [ID!]) { events(cursor: $cursor, ids: $ids) { cursor events { cursor } } }'
    const { data } = await graphql(query, { cursor, ids })
    return data?.events as { cursor: string; events: { cursor: string }[] }
  }
  const { cursor } = await read('now')
  const id = await anAccount({ name: 'Mark' })
  await expect.poll(async () => (await read(cursor, [id])).events).toHaveLength(1)
  return (await read(cursor, [id])).events[0]?.cursor ?? cursor
}

function transportNamed(name: string) {
  const transport = transports[name]
  if (!transport) throw new Error(`no transport ${name}`)
  return transport
}

/** Nothing says that a subscription has begun, so something happens until it is told. */
async function begun(open: Open) {
  await expect
    .poll(async () => {
      await anAccount({ name: 'To begin' })
      return open.answers.length
    })
    .toBeGreaterThan(0)
  return open
}

describe.each(Object.keys(transports))('over %s, a subscription', transport => {
  const open = transportNamed(transport)

  it('gets what happens, with fields of any subgraph', async () => {
    const live = await begun(
      open(`subscription {
        accountChanged(types: ["created", "updated"]) {
          event { type sequence changes { field old new } origin { userId } }
          record { id name created_by_link { user_name roles { id } } }
        }
      }`),
    )
    const id = await anAccount({ name: 'Seen' })
    await rename(id, 'Seen too')

    const of = (name: string) =>
      live.answers.find(({ data }) => JSON.stringify(data?.accountChanged?.event).includes(`"new":"${name}"`))
    await expect.poll(() => of('Seen too')).toBeDefined()
    expect(of('Seen too')).toMatchObject({
      data: {
        accountChanged: {
          event: { type: 'Accounts.updated', sequence: 2, origin: { userId: house.users.ada } },
          record: { id, name: 'Seen too', created_by_link: { user_name: 'ada', roles: [] } },
        },
      },
    })
    expect(of('Seen')?.errors).toBeUndefined()
  })

  it('of any module names the record by its type', async () => {
    const live = await begun(
      open(`subscription {
        recordChanged(module: "Accounts", types: ["created"]) {
          event { module recordId }
          record { __typename ... on Account { id name contacts(first: 1) { nodes { id } } } }
        }
      }`),
    )

    expect(live.answers[0]).toMatchObject({
      data: {
        recordChanged: {
          event: { module: 'Accounts' },
          record: { __typename: 'Account', name: 'To begin', contacts: { nodes: [] } },
        },
      },
    })
  })

  it('is narrowed by ids, types and a filter on the record', async () => {
    const [id, other] = [await anAccount({ industry: 'Retail' }), await anAccount({ industry: 'Banking' })]
    const cursor = await now()
    const query = `subscription ($ids: [ID!], $filter: JSON, $cursor: String) {
      accountChanged(ids: $ids, types: ["updated"], filter: $filter, cursor: $cursor) { event { recordId type cursor } }
    }`
    const one = open(query, { ids: [id], cursor })
    const retail = open(query, { filter: { industry: { eq: 'Retail' } }, cursor })
    await rename(other, 'No')
    await rename(id, 'Yes')

    for (const live of [one, retail]) {
      await expect.poll(() => live.answers.length).toBe(1)
      expect(live.answers[0]).toMatchObject({ data: { accountChanged: { event: { recordId: id } } } })
    }
  })

  it('goes on behind a cursor', async () => {
    const cursor = await now()
    const ids = [await anAccount(), await anAccount(), await anAccount()]
    const query = 'subscription ($cursor: String) { accountChanged(cursor: $cursor) { event { recordId cursor } } }'
    const recordOf = ({ data }: Answer) =>
      (data?.accountChanged?.event as { recordId: string; cursor: string }).recordId
    const whole = open(query, { cursor })
    await expect.poll(() => whole.answers.map(recordOf)).toEqual(ids)

    const second = whole.answers[1]?.data?.accountChanged?.event as { cursor: string }
    const rest = open(query, { cursor: second.cursor })
    await expect.poll(() => rest.answers.map(recordOf)).toEqual(ids.slice(2))
  })

  it.each([
    ['subscription { accountChanged(filter: { nope: { eq: 1 } }) { event { id } } }', /no field nope/],
    ['subscription { accountChanged(types: ["renamed"]) { event { id } } }', /no event type/],
    ['subscription { recordChanged(module: "Acounts") { event { id } } }', /no module/],
    ['subscription { accountChanged(cursor: "x") { event { id } } }', /no cursor/],
    ['subscription { accountChanged { event { nope } } }', /Cannot query field/],
    ['{ accounts { nodes { id } } }', /Only subscriptions/],
    ['subscription { accountChanged { event { id }', /Syntax Error/],
  ])('is refused in words: %s', async (query, words) => {
    const live = open(query)
    await live.done

    expect(live.said()).toMatch(words)
  })

  it('ends when its token is taken back', async () => {
    const { id, token: other } = await house.newClient('ben')
    const live = await begun(open('subscription { accountChanged { event { id } } }', {}, other))
    await graphql('mutation ($id: ID!) { revokeApiClientTokens(id: $id) }', { id })

    await live.done
    expect(live.said()).toMatch(/4401|UNAUTHENTICATED/)
  })
})

const webSocket = transportNamed('WebSocket')

it('a WebSocket without a token is closed with 4401', async () => {
  const live = webSocket('subscription { accountChanged { event { id } } }', {}, 'nonsense')
  await live.done

  expect(live.said()).toContain('4401')
})

it('a WebSocket leaves a row in the log of requests', async () => {
  await begun(webSocket('subscription { accountChanged { event { id } } }'))
  clients.splice(0).forEach(close => close())

  await expect
    .poll(
      () =>
        sql`select status, door, user_id from request_log where operation = 'websocket' and user_id = ${house.users.ada}`,
    )
    .not.toEqual([])
})

it('a caller has so many streams at the same time, and the next is refused', async () => {
  const all = Array.from({ length: 41 }, () => webSocket('subscription { accountChanged { event { id } } }'))

  await expect.poll(() => all.filter(live => live.said().includes('RATE_LIMITED')).length).toBe(1)
})
