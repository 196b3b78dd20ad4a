import { expect, it } from 'vitest'
import { servedHouse, type GraphqlAnswer } from './served.ts'

const house = await servedHouse()
const { graphql, post, sql, users } = house

const answerOf = async (response: Response) => ({ status: response.status, body: await response.text() })
const leaks = /stack|node_modules|\/work|\.ts:|postgres|select |insert |127\.0\.0\.1|ECONN/i

it('asks for a token before it reads anything', async () => {
  const ask = (headers: Record<string, string>) =>
    fetch(`${house.url}/graphql`, { method: 'POST', headers, body: 'not even JSON' })

  const none = await ask({ 'content-type': 'application/json' })
  const bad = await ask({ 'content-type': 'application/json', authorization: 'Bearer x.y.z' })

  expect(none.status).toBe(401)
  expect(none.headers.get('www-authenticate')).toMatch(
    /^Bearer realm="Switchyard", resource_metadata="http[^"]+\/graphql", DPoP algs=/,
  )
  expect(bad.headers.get('www-authenticate')).toContain('error="invalid_token"')
  expect(await none.json()).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] })
})

const nested = (open: string, close: string, n = 100) => open.repeat(n) + close.repeat(n)

it.each([
  { what: 'broken JSON', body: '{"query": "{ me { id }', status: 400 },
  { what: 'an empty body', body: '', status: 400 },
  { what: 'JSON that is no request', body: '[1,2]', status: 400 },
  { what: 'a batch', body: '[{"query":"{ me { id } }"}]', status: 400 },
  { what: 'no query', body: '{"variables":{}}', status: 400 },
  { what: 'a query that is no text', body: '{"query":{"a":1}}', status: 400 },
  { what: 'another media type', body: '{"query":"{ me { id } }"}', type: 'text/plain', status: 415 },
  { what: 'a form', body: 'query={me{id}}', type: 'application/x-www-form-urlencoded', status: 415 },
  { what: '2 MB', body: JSON.stringify({ query: `{ me { id } } #${'x'.repeat(2e6)}` }), status: 413 },
  { what: 'broken UTF-8', body: Buffer.from('{"query":"{ me { id } } # \xff\xfe"}', 'latin1'), status: 400 },
  { what: 'a NUL byte', body: '{"query":"{ me { id } } \\u0000"}', status: 400 },
  {
    what: 'JSON nested 100 deep',
    body: `{"query":"{ me { id } }","variables":{"a":${nested('[', ']')}}}`,
    status: 400,
  },
  { what: 'a query nested 100 deep', body: `{"query":"${nested('{ account ', '}')}"}`, status: 400 },
  { what: 'a long query', body: JSON.stringify({ query: `{ me { ${'id '.repeat(10_000)} } }` }), status: 400 },
  { what: 'a syntax error', body: '{"query":"{ me { "}', status: 400 },
  { what: 'an unknown field', body: '{"query":"{ me { nothing } }"}', status: 400 },
  { what: 'a wrong type', body: '{"query":"{ accounts(first: \\"x\\") { nodes { id } } }"}', status: 400 },
  { what: 'an unknown operation', body: '{"query":"query A { me { id } }","operationName":"B"}', status: 400 },
  {
    what: 'variables that do not fit',
    body: '{"query":"query ($n: Int!) { accounts(first: $n) { nodes { id } } }","variables":{"n":"x"}}',
    status: 400,
  },
])('refuses $what', async ({ body, type, status }) => {
  const answer = await answerOf(await post(body, type ? { 'content-type': type } : {}))

  expect(answer.status).toBe(status)
  const { errors } = JSON.parse(answer.body) as GraphqlAnswer
  expect(errors?.[0]).toMatchObject({ message: expect.any(String), extensions: { code: expect.any(String) } })
  expect(answer.body).not.toMatch(leaks)
})

it.each([
  [
    'depth',
    `{ me { ${'assigned_user_link { '.repeat(20)} id ${'}'.repeat(20)} } }`.replaceAll(
      'assigned_user_link',
      'reports_to_link',
    ),
  ],
  ['root fields', `{ ${Array.from({ length: 51 }, (_, i) => `a${i}: me { id }`).join(' ')} }`],
  ['aliases', `{ me { ${Array.from({ length: 101 }, (_, i) => `a${i}: id`).join(' ')} } }`],
  [
    'aliases',
    `{ ...A ...A } fragment A on Query { ${Array.from({ length: 51 }, (_, i) => `a${i}: __typename`).join(' ')} }`,
  ],
  ['directives', `{ me { ${'id @include(if: true) '.repeat(51)} } }`],
])('refuses an operation with too much %s', async (what, query) => {
  const { status, errors } = await graphql(query)

  expect(status).toBe(400)
  expect(errors?.map(error => error.message)).toEqual(expect.arrayContaining([expect.stringContaining(what)]))
})

it('survives fragments that spread each other, and ones that double', async () => {
  const doubling = Array.from({ length: 25 }, (_, i) => `fragment F${i} on User { ...F${i + 1} ...F${i + 1} }`).join(
    ' ',
  )

  const circle = await graphql('{ me { ...A } } fragment A on User { ...B } fragment B on User { ...A }')
  const bomb = await graphql(`
    {
      me {
        ...F0
      }
    }
    ${doubling}
    fragment F25 on User {
      id
    }
  `)

  expect(circle.status).toBe(400)
  expect([200, 400]).toContain(bomb.status)
  expect((await graphql('{ me { id } }')).status).toBe(200)
})

it('answers GET only to callers that cannot be a form or a link, and never changes anything by it', async () => {
  const get = async (query: string, headers: Record<string, string> = {}) => {
    const authorization = `Bearer ${await house.tokenOf('ada')}`
    return fetch(`${house.url}/graphql?query=${encodeURIComponent(query)}`, { headers: { authorization, ...headers } })
  }
  const aware = { 'apollo-require-preflight': 'true' }

  expect((await get('{ me { id } }')).status).toBe(400)
  expect((await get('{ me { id } }', aware)).status).toBe(200)
  expect((await get('mutation { deleteAccount(id: "1") { id } }', aware)).status).toBe(405)
})

it('stores text as it was sent, and refuses text that PostgreSQL cannot hold', async () => {
  const create = 'mutation ($input: AccountInput!) { createAccount(input: $input) { id name } }'
  const name = 'Ünï "quoted" \\ \u2028 𝒳\'; drop table users; --'

  const kept = await graphql(create, { input: { name } })
  const refused = await graphql(create, { input: { name: 'a\u0000b' } })

  expect(kept.data?.createAccount).toMatchObject({ name })
  expect(refused.errors?.[0]?.extensions.code).toBe('INVALID')
  expect(JSON.stringify(refused)).not.toMatch(leaks)
  expect(await sql`select name from accounts`).toEqual([{ name }])
})

it('masks what nobody expected: logged whole, answered with the request id only', async () => {
  await sql`alter table users rename column title to secret_title`
  const { errors } = await graphql('query ($id: ID!) { user(id: $id) { title } }', { id: users.ada })
  await sql`alter table users rename column secret_title to title`

  const requestId = errors?.[0]?.extensions.requestId
  expect(errors).toMatchObject([{ message: 'Something broke here', path: ['user'], extensions: { code: 'INTERNAL' } }])
  expect(JSON.stringify(errors)).not.toMatch(leaks)
  const logged = house.lines.find(line => line.event === 'unexpected error' && line.request_id === requestId)
  expect(JSON.stringify(logged)).toMatch(/column .*title/)
  expect(JSON.stringify(logged)).not.toContain(users.ada)
})

it('logs one line a request: who, what, how long; no token, no values', async () => {
  const before = house.lines.length
  await graphql('query Mine($id: ID!) { user(id: $id) { id } }', { id: 'a-private-value' })

  await expect.poll(() => house.lines.length).toBe(before + 1)
  const line = house.lines.at(-1)
  expect(line).toMatchObject({
    door: 'graphql',
    method: 'POST',
    route: '/graphql',
    operation: 'query Mine',
    status: 200,
    user_id: users.ada,
  })
  expect(line).toMatchObject({ request_id: expect.any(String), ms: expect.any(Number) })
  expect(JSON.stringify(house.lines)).not.toMatch(/a-private-value|eyJ/)
})
