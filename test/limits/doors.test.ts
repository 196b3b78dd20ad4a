import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { storedPassword } from '../passwords.ts'
import { servedHouse } from '../gateway/served.ts'

const house = await servedHouse({
  settings: {
    LIMIT_MACHINE: 'burst=unlimited sustained=unlimited daily=100 concurrent=5',
    LIMIT_UI: 'burst=100 sustained=10000',
  },
})
const { sql, users, url } = house
await sql`update users set user_hash = ${await storedPassword('secret')} where id in (${users.ben}, ${users.ada})`
const idOf = (i: number) => `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`
await sql`insert into accounts ${sql(
  Array.from({ length: 30 }, (_, i) => ({ id: idOf(i), name: `Account ${i}`, deleted: false })),
)}`

const headersOf = (token: string) => ({ authorization: `Bearer ${token}` })
const v8 = (token: string, path: string) => fetch(`${url}/Api/V8${path}`, { headers: headersOf(token) })
const graphql = async (token: string, query: string, variables: object = {}) => {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { ...headersOf(token), 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  })
  return { status: response.status, headers: response.headers, body: (await response.json()) as GraphqlBody }
}
type Problem = { extensions: Record<string, unknown>; message: string }
type GraphqlBody = { errors?: Problem[]; extensions?: { cost: Record<string, unknown> } }

const legacy = async (method: string, args: unknown) =>
  fetch(`${url}/service/v4_1/rest.php`, {
    method: 'POST',
    body: new URLSearchParams({ method, input_type: 'JSON', response_type: 'JSON', rest_data: JSON.stringify(args) }),
  })
const session = async (user: string) => {
  const password = createHash('md5').update('secret').digest('hex')
  const login = await legacy('login', [{ user_name: user, password }])
  return ((await login.json()) as { id: string }).id
}

/** What is left of the day. */
const leftOf = ({ headers }: { headers: Headers }) =>
  Number(/"daily";r=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1])
it('lets 100 calls pass, then tells which policy was exceeded and when to come back', async () => {
  const { token } = await house.newClient('ada')
  const passed = []
  for (let i = 0; i < 100; i++) passed.push(await v8(token, `/module/Accounts/${idOf(1)}`))

  const refused = []
  for (let i = 0; i < 3; i++) refused.push(await v8(token, `/module/Accounts/${idOf(1)}`))
  const [last] = refused.slice(-1)
  expect(passed.map(({ status }) => status)).toEqual(Array.from({ length: 100 }, () => 200))
  expect(last?.status).toBe(429)
  expect(last?.headers.get('ratelimit-policy')).toBe('"daily";q=100;w=86400, "concurrent";q=5;qu="concurrent-requests"')
  expect(last?.headers.get('ratelimit')).toMatch(/^"daily";r=0;t=\d+, "concurrent";r=\d$/)
  expect(last?.headers.get('x-ratelimit-limit')).toBe('100')
  expect(last?.headers.get('retry-after')).toMatch(/^8\d\d$/)
  expect(await last?.json()).toMatchObject({
    errors: {
      status: 429,
      type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
      'violated-policies': ['daily'],
      needed: 1,
      left: 0,
    },
  })
})

it('tells on every answer what is left, and it falls', async () => {
  const { token } = await house.newClient('ada')
  const answers = [
    await v8(token, `/module/Accounts/${idOf(1)}`),
    await v8(token, `/module/Accounts/${idOf(99)}`),
    await v8(token, '/nothing'),
    await graphql(token, '{ me { id } }'),
    await graphql(token, '{ me { nothing } }'),
    await graphql(token, '{ me {'),
    await v8(token, '/meta/modules'),
  ]

  expect(answers.map(leftOf)).toEqual([99, 98, 97, 96, 95, 94, 93])
  expect(answers.map(({ headers }) => headers.get('x-ratelimit-remaining'))).toEqual(
    answers.map(answer => String(leftOf(answer))),
  )
})

it('refuses in the form of each API, with the number and code of its own', async () => {
  const { token } = await house.newClient('ada')
  const sessionId = await session('ben')
  for (let i = 0; i < 4; i++) await v8(token, '/module/Accounts?page[size]=20')
  await v8(token, '/module/Accounts?page[size]=10')
  const count = () => legacy('get_entry_list', [sessionId, 'Accounts', '', '', 0, ['id'], [], 20, 0])
  for (let i = 0; i < 5; i++) await count()

  const byGraphql = await graphql(token, '{ accounts { nodes { id } } }')
  const byV4 = await count()

  expect(byGraphql.status).toBe(429)
  expect(byGraphql.body.errors?.[0]?.extensions).toMatchObject({
    code: 'RATE_LIMITED',
    type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
    violatedPolicies: ['daily'],
    needed: 20,
  })
  expect(Number(byGraphql.headers.get('retry-after'))).toBeGreaterThan(8_000)
  expect(byV4.status).toBe(429)
  expect(await byV4.json()).toMatchObject({ number: 90, 'violated-policies': ['daily'] })
  expect(Number(byV4.headers.get('retry-after'))).toBeGreaterThan(0)
})

it('charges the same for the same work by GraphQL, V8 and v4.1', async () => {
  const { token } = await house.newClient('ada')
  const sessionId = await session('ada')
  const costOf = async (response: Promise<{ headers: Headers }>, before: number) => before - leftOf(await response)

  const [one, list, by4] = [
    await v8(token, `/module/Accounts/${idOf(1)}`),
    '/module/Accounts?page[size]=10',
    'get_entry_list',
  ]
  const byV8 = await costOf(v8(token, list), leftOf(one))
  const byGraphql = await costOf(graphql(token, '{ accounts(first: 10) { nodes { id name } } }'), leftOf(one) - byV8)
  const first = await legacy(by4, [sessionId, 'Accounts', '', '', 0, ['id'], [], 1, 0])
  const byV4 = await costOf(legacy(by4, [sessionId, 'Accounts', '', '', 0, ['id'], [], 10, 0]), leftOf(first))

  expect({ byV8, byGraphql, byV4 }).toEqual({ byV8: 10, byGraphql: 10, byV4: 10 })
})

it('charges a query for what it may return, and gives back what it did not', async () => {
  const { token } = await house.newClient('ada')

  const { body, headers } = await graphql(
    token,
    'query ($n: Int!) { accounts(first: $n, filter: { name: { eq: "Account 7" } }) { nodes { id members(first: 3) { nodes { id } } } } }',
    { n: 20 },
  )

  expect(body.extensions?.cost).toEqual({
    requestedQueryCost: 80,
    actualQueryCost: 2,
    throttleStatus: { maximumAvailable: 100, currentlyAvailable: 98, restoreRate: 100 / 86_400 },
  })
  expect(leftOf({ headers })).toBe(98)
})

it('says of a query that can never fit what it needs and what there is', async () => {
  const { token } = await house.newClient('ada')

  const { status, headers, body } = await graphql(token, '{ accounts(first: 101) { nodes { id } } }')

  expect(status).toBe(429)
  expect(headers.get('retry-after')).toBeNull()
  expect(body.errors?.[0]?.extensions).toMatchObject({ code: 'RATE_LIMITED', needed: 101, left: 100 })
})

it('takes a query again at another price when its variables change', async () => {
  const { token } = await house.newClient('ada')
  const query = 'query ($n: Int) { accounts(first: $n) { nodes { id } } }'

  const costs = [
    await graphql(token, query, { n: 3 }),
    await graphql(token, query, { n: 9 }),
    await graphql(token, query),
  ]

  expect(costs.map(({ body }) => body.extensions?.cost.requestedQueryCost)).toEqual([3, 9, 20])
})

it('counts a program by itself, so that people who use an app are not slowed down', async () => {
  const { token } = await house.newClient('ada')
  for (let i = 0; i < 5; i++) await v8(token, '/module/Accounts?page[size]=20')
  const app = await house.newClient('ada')
  await sql`update oauth2clients set allowed_grant_type = 'authorization_code' where id = ${app.id}`

  const program = await v8(token, '/module/Accounts')
  const person = await v8(app.token, '/module/Accounts')

  expect([program.status, person.status]).toEqual([429, 200])
  const policy = async () => (await v8(app.token, '/module/Accounts')).headers.get('ratelimit-policy')
  await expect.poll(policy, { timeout: 10_000, interval: 200 }).toContain('"sustained";q=10000;w=60')
})

it('logs a refused call once, charges it nothing, and says which policy refused it', async () => {
  const { token, id } = await house.newClient('ada')
  for (let i = 0; i < 5; i++) await v8(token, '/module/Accounts?page[size]=20')

  const refused = [await v8(token, '/module/Accounts'), await v8(token, '/module/Accounts')]

  expect(refused.map(({ status }) => status)).toEqual([429, 429])
  const logged = () => house.lines.filter(line => line.client_id === id && line.status === 429)
  await expect.poll(() => logged().length).toBe(2)
  expect(logged()).toEqual([
    expect.objectContaining({ code: 'RATE_LIMITED', limited_by: 'daily' }),
    expect.objectContaining({ code: 'RATE_LIMITED', limited_by: 'daily' }),
  ])
})

it('refuses the sixth of six slow calls when five may be under way', async () => {
  const { token } = await house.newClient('ada')
  const holding = await sql.reserve()
  await holding`begin`
  await holding`lock table accounts in access exclusive mode`
  const slow = Array.from({ length: 5 }, () => v8(token, `/module/Accounts/${idOf(1)}`))
  const waiting = sql`select count(*)::int as n from pg_locks where not granted`
  await expect.poll(async () => (await waiting)[0]?.n).toBeGreaterThan(0)

  const sixth = await v8(token, `/module/Accounts/${idOf(1)}`)

  await holding`commit`
  holding.release()
  expect(sixth.status).toBe(429)
  expect(sixth.headers.get('ratelimit-policy')).toContain('"concurrent";q=5;qu="concurrent-requests"')
  expect(await sixth.json()).toMatchObject({ errors: { 'violated-policies': ['concurrent'] } })
  expect((await Promise.all(slow)).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
  expect((await v8(token, `/module/Accounts/${idOf(1)}`)).status).toBe(200)
})
