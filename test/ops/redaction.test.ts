import { randomBytes } from 'node:crypto'
import { beforeAll, expect, it, vi } from 'vitest'
import { redactBody } from '../../gateway/redact/body.ts'
import { pino } from 'pino'
import { reportTo } from '../../gateway/log.ts'
import { redactDocument } from '../../gateway/redact/document.ts'
import { redactValue } from '../../schema/redact/value.ts'
import { vocabularyOf } from '../../gateway/redact/vocabulary.ts'
import { servedHouse } from '../gateway/served.ts'
import { run } from '../house/switchyard.ts'

const house = await servedHouse()
const { sql } = house
const { catalog, api } = house.graphs.current
const vocabulary = vocabularyOf(catalog, api)

const client = await house.newClient('ada')
await house.graphql(
  'mutation ($id: ID!) { a: logBodies(clientId: $id, minutes: 30) { clientId } b: logBodies(clientId: "legacy", minutes: 30) { clientId } }',
  { id: client.id },
)
// Every process knows within two seconds.
beforeAll(() =>
  vi.waitFor(
    async () => {
      await fetch(`${house.url}/Api/V8/meta/modules`, { headers: { authorization: `Bearer ${client.token}` } })
      const [kept] = await sql`select from request_body where client_id = ${client.id}`
      if (!kept) throw new Error('nothing is kept yet')
    },
    { timeout: 15_000 },
  ),
)

const json = 'application/json'
const jsonApi = 'application/vnd.api+json'
const form = 'application/x-www-form-urlencoded'

const escaped = (text: string) =>
  [...text].map(each => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')
const percent = (text: string) => [...text].map(each => `%${each.charCodeAt(0).toString(16).padStart(2, '0')}`).join('')

/** How a secret can be written. What arrives is the secret in any of them. */
const encodings: ((secret: string) => string)[] = [
  secret => secret,
  secret => secret.toUpperCase(),
  secret => Buffer.from(secret).toString('base64'),
  secret => `https://user:${secret}@example.com/?token=${secret}`,
  secret => `a text with password=${secret} in it`,
]

const keys = [
  'password',
  'Password',
  'token',
  'card_number',
  'api_key',
  'user_hash',
  'description',
  'name',
  'nothing_known',
  'account_type',
  'id',
]

const rest = (data: string, method = 'set_entry') =>
  new URLSearchParams({ method, input_type: 'JSON', response_type: 'JSON', rest_data: data }).toString()

/** Where a secret can stand: the request that carries it. */
const places: ((
  key: string,
  secret: string,
) => { path: string; method?: string; type?: string; body?: string; headers?: Record<string, string> })[] = [
  (key, secret) => ({
    path: '/Api/V8/module',
    type: jsonApi,
    body: JSON.stringify({ data: { type: 'Accounts', attributes: { [key]: secret } } }),
  }),
  (key, secret) => ({
    path: '/Api/V8/module',
    type: jsonApi,
    body: `{"data":{"type":"Accounts","attributes":{"${escaped(key)}":"${escaped(secret)}"}}}`,
  }),
  (key, secret) => ({
    path: '/Api/V8/module',
    type: jsonApi,
    body: JSON.stringify({ data: { deep: [[{ [key]: [{ [key]: secret }] }]], [secret]: 1 } }),
  }),
  (key, secret) => ({ path: '/Api/V8/module', type: jsonApi, body: `{"data":{"${key}":"${secret}` }),
  (key, secret) => ({ path: '/Api/V8/module', type: 'text/plain', body: `${key}=${secret}` }),
  (key, secret) => ({
    path: `/Api/V8/module/Accounts?${key}=${percent(secret)}&filter[${key}][eq]=${percent(secret)}&${percent(secret)}=1`,
    method: 'GET',
  }),
  (key, secret) => ({
    path: `/Api/V8/module/Accounts/${percent(secret)}`,
    method: 'GET',
    headers: {
      [`x-${key.replaceAll('_', '-')}`]: secret,
      cookie: `${key}=${secret}`,
      'user-agent': secret,
      tracestate: `a=${secret}`,
    },
  }),
  (key, secret) => ({
    path: '/graphql',
    type: json,
    body: JSON.stringify({
      query: 'mutation M($input: CreateAccountInput!) { createAccount(input: $input) { id } }',
      variables: { input: { [key]: secret }, [key]: secret },
    }),
  }),
  (_key, secret) => ({
    path: '/graphql',
    type: json,
    body: JSON.stringify({
      query: `{ account(id: "${secret}") { id } ${secret.replace(/\W/g, '_').replace(/^(\d)/, '_$1')}: account(id: """${secret}""") { id } } # ${secret}`,
      operationName: secret,
    }),
  }),
  (key, secret) => ({
    path: '/service/v4_1/rest.php',
    type: form,
    body: rest(
      JSON.stringify({
        session: secret,
        module_name: 'Accounts',
        name_value_list: [
          { name: key, value: secret },
          { name: secret, value: 1 },
        ],
      }),
    ),
  }),
  (key, secret) => ({
    path: '/service/v4_1/rest.php',
    type: form,
    body: rest(JSON.stringify({ user_auth: { user_name: secret, password: secret }, [key]: secret }), 'login'),
  }),
  (key, secret) => ({
    path: '/service/v4_1/rest.php',
    type: form,
    body: rest(`["${secret}", "Accounts", {"${key}": "${escaped(secret)}"}]`, secret),
  }),
]

/** What people get to see of it: exports of the command, and the answers of GraphQL. */
async function exported(): Promise<readonly string[]> {
  const environment = { DATABASE_URL: house.databaseUrl }
  const texts = await Promise.all(
    ['--ndjson', '--csv'].map(async form => (await run(['logs', '--limit', 'all', form], { environment })).out),
  )
  const ids = await sql<{ id: string }[]>`select request_id as id from request_body`
  const shown: unknown[] = []
  for (let at = 0; at < ids.length; at += 25) {
    const fields = ids
      .slice(at, at + 25)
      .map(({ id }, n) => `a${n}: requestBodies(requestId: ${JSON.stringify(id)}) { headers query request response }`)
    const { data, errors } = await house.graphql(`{ ${fields.join(' ')} }`)
    expect(errors).toBeUndefined()
    shown.push(data)
  }
  return [...texts, JSON.stringify(shown)]
}

it('leaks none of 500 and more secrets, wherever and however they are written', { timeout: 90_000 }, async () => {
  const secrets: string[] = []
  const requests = places.flatMap((place, at) =>
    keys.flatMap((key, k) =>
      encodings.slice(0, at < 2 ? 5 : 4).map((encode, e) => {
        const secret = `${randomBytes(4).toString('hex')}${at}x${k}y${e}z${randomBytes(4).toString('hex')}`
        secrets.push(secret)
        return place(key, encode(secret))
      }),
    ),
  )
  for (let i = 0; i < requests.length; i += 20) {
    await Promise.all(
      requests.slice(i, i + 20).map(async ({ path, method = 'POST', type, body, headers }) => {
        const response = await fetch(`${house.url}${path}`, {
          method,
          headers: { authorization: `Bearer ${client.token}`, ...(type && { 'content-type': type }), ...headers },
          ...(body !== undefined && { body }),
        })
        await response.text()
      }),
    )
  }
  const countOf = async (table: string) =>
    (await sql`select count(*)::int as count from ${sql(table)}`)[0]?.['count'] as number
  await expect.poll(() => countOf('request_body'), { timeout: 10_000 }).toBeGreaterThanOrEqual(requests.length)
  await expect.poll(() => countOf('request_log'), { timeout: 10_000 }).toBeGreaterThanOrEqual(requests.length)

  const kept = [
    JSON.stringify(await sql`select * from request_body`),
    JSON.stringify(await sql`select * from request_log`),
    JSON.stringify(house.lines),
    await (await fetch(`${house.url}/metrics`)).text(),
    JSON.stringify(await sql`select * from api_usage`),
    JSON.stringify(await sql`select * from access_denial`),
    ...(await exported()),
  ]
    .join('\n')
    .toLowerCase()
  expect(secrets.length).toBeGreaterThanOrEqual(500)
  const traces = (secret: string) => [
    secret,
    Buffer.from(secret).toString('base64').slice(2, -4),
    percent(secret),
    [...secret].reverse().join(''),
  ]
  expect(secrets.filter(secret => traces(secret).some(trace => kept.includes(trace.toLowerCase())))).toEqual([])
  expect(kept).toContain('account_type')
})

it('keeps nothing of what was sent when nobody has switched it on', async () => {
  const other = await house.newClient('ben')
  await fetch(`${house.url}/Api/V8/meta/modules`, { headers: { authorization: `Bearer ${other.token}` } })
  await expect
    .poll(async () => (await sql`select id from request_log where client_id = ${other.id} and door = 'v8'`).length, {
      timeout: 5_000,
    })
    .toBe(1)

  expect(await sql`select id from request_body where client_id = ${other.id}`).toEqual([])
})

it('shows structure, options, numbers, moments and ids; hides text; and redacting again changes nothing', () => {
  const id = '3fa85f64-5717-4562-b3fc-2c963f66afa6'
  const sent = {
    data: {
      type: 'Accounts',
      id,
      attributes: {
        name: 'Acme',
        account_type: 'Customer',
        date_entered: '2030-01-02T03:04:05Z',
        user_hash: 'x',
        card: 4111111111111111,
      },
    },
  }

  const shown = redactValue(sent, vocabulary)
  expect(shown).toEqual({
    data: {
      type: 'Accounts',
      id,
      attributes: {
        name: '[text 4]',
        account_type: 'Customer',
        date_entered: '2030-01-02T03:04:05Z',
        user_hash: '[hidden]',
        card: '[hidden]',
      },
    },
  })
  expect(redactValue(shown, vocabulary)).toEqual(shown)
  expect(redactDocument('query Find { accounts(first: 5) { nodes { id } } }', vocabulary)).toBe(
    'query name1 {\n  accounts(first: 5) {\n    nodes {\n      id\n    }\n  }\n}',
  )
})

it('reads no body that is too long, and nothing that is too deep', () => {
  const long = Buffer.from(`{"a":"${'x'.repeat(1_048_576)}"}`)
  const deep = Buffer.from('['.repeat(20_000) + ']'.repeat(20_000))

  expect(redactBody(long, json, vocabulary)).toEqual({ type: json, bytes: long.length, shown: '[unreadable]' })
  expect(JSON.stringify(redactBody(deep, json, vocabulary))).toMatch(/^\[{1,30}"\[hidden\]"\]{1,30}$/)
})

it('tells of files their type, size and hash', () => {
  const file = Buffer.from('--x\r\ncontent-disposition: form-data; name="a"\r\n\r\nsecret\r\n--x--')

  expect(redactBody(file, 'multipart/form-data; boundary=x', vocabulary)).toEqual({
    type: 'multipart/form-data',
    bytes: file.length,
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
  })
})

it('logs errors that nobody expected with their stack, and without the values that they quote', async () => {
  const lines: string[] = []
  const report = reportTo(pino({ base: null }, { write: line => void lines.push(line) }))
  const wrong = await sql`select ${'hunter'}::int`.catch((error: unknown) => error)
  const unparsed = await new Response('{"a": hunter}').json().catch((error: unknown) => error)
  const nowhere = await sql`select 1 from no_such_table`.catch((error: unknown) => error)
  for (const error of [
    wrong,
    new Error('outer', { cause: unparsed }),
    nowhere,
    new Error("card 4111111111111111 of 'hunter 2'"),
  ]) {
    report(error, 'some-request')
  }

  const text = lines.join('')
  expect(text).not.toMatch(/hunter|4111/)
  expect(text).toContain('invalid input syntax for type integer')
  expect(text).toContain('no_such_table')
  expect(lines.every(line => line.includes('stack') && line.includes('some-request'))).toBe(true)
})
