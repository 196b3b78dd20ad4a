import { randomUUID } from 'node:crypto'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { fullAccess } from '../../schema/access.ts'
import { systemPrincipal } from '../../schema/principal.ts'
import { openSecrets } from '../../drizzle/secrets.ts'
import { createIdempotency, fingerprintOf, idempotencyKeyOf, sweepIdempotency } from '../../gateway/idempotency.ts'
import { servedHouse } from './served.ts'

const house = await servedHouse()
const { sql, tokenOf, users } = house

type Call = {
  readonly key?: string
  readonly as?: keyof typeof users
  readonly body?: object
  readonly method?: string
  readonly version?: string
}

async function v8({ key, as = 'ada', body, method = 'POST', version }: Call = {}) {
  const response = await fetch(`${house.url}/Api/V8/module`, {
    method,
    headers: {
      authorization: `Bearer ${await tokenOf(as)}`,
      'content-type': 'application/vnd.api+json',
      ...(key === undefined ? {} : { 'idempotency-key': key }),
      ...(version === undefined ? {} : { 'api-version': version }),
    },
    body: JSON.stringify(body ?? anAccount()),
  })
  return answerOf(response)
}

async function graphql(query: string, key: string, variables: object = {}, as: keyof typeof users = 'ada') {
  const response = await fetch(`${house.url}/graphql`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await tokenOf(as)}`,
      'content-type': 'application/json',
      'idempotency-key': key,
    },
    body: JSON.stringify({ query, variables }),
  })
  return answerOf(response)
}

/** About the exchange rather than the answer. */
const ofTheExchange =
  /^(date|connection|keep-alive|x-request-id|traceparent|ratelimit.*|x-ratelimit.*|idempotent-replayed)$/

const answerOf = async (response: Response) => ({
  status: response.status,
  replayed: response.headers.get('idempotent-replayed') === 'true',
  retention: response.headers.get('idempotency-retention'),
  headers: Object.fromEntries([...response.headers].filter(([name]) => !ofTheExchange.test(name))),
  body: await response.text(),
})

const anAccount = (name: string = randomUUID()) => ({ data: { type: 'Accounts', attributes: { name } } })
const nameOf = (account: ReturnType<typeof anAccount>) => account.data.attributes.name
const countOf = async (name: string) => (await sql`select id from accounts where name = ${name}`).length

describe('a request that is sent again with its key', () => {
  it('is answered as it was, byte for byte, marked, and writes nothing', async () => {
    const [key, body] = [randomUUID(), anAccount()]

    const first = await v8({ key, body })
    await sql`update accounts set description = 'changed since' where name = ${nameOf(body)}`
    const again = await v8({ key, body })

    expect(first).toMatchObject({ status: 201, replayed: false, retention: '86400' })
    expect(again).toEqual({ ...first, replayed: true })
    expect(await countOf(nameOf(body))).toBe(1)
  })

  it.each(['8.0', '8.1'])('has the headers that an answer without a key has, in version %s', async version => {
    const [key, body] = [randomUUID(), anAccount()]

    const plain = await v8({ body: anAccount(), version })
    const first = await v8({ key, body, version })
    const again = await v8({ key, body, version })

    const varying = { location: expect.any(String), etag: expect.any(String) }
    const { 'idempotency-retention': _, ...headers } = first.headers
    expect({ ...headers, ...varying }).toEqual({ ...plain.headers, ...varying })
    expect(again.headers).toEqual(first.headers)
  })

  it('is another request when somebody else sends it', async () => {
    const [key, body] = [randomUUID(), anAccount()]

    const answers = [await v8({ key, body }), await v8({ key, body, as: 'ben' })]

    expect(answers.map(({ status, replayed }) => [status, replayed])).toEqual([
      [201, false],
      [201, false],
    ])
    expect(await countOf(nameOf(body))).toBe(2)
  })

  it('is refused when it asks for something else, and the first answer stays', async () => {
    const [key, body] = [randomUUID(), anAccount()]
    const first = await v8({ key, body })

    const other = await v8({ key, body: anAccount() })
    const elsewhere = await graphql('mutation { createAccount(input: { name: "x" }) { id } }', key)

    expect([other.status, elsewhere.status]).toEqual([422, 422])
    expect(elsewhere.body).toContain('KEY_REUSED')
    expect((await v8({ key, body })).body).toBe(first.body)
  })

  it('writes once when ten are sent at one time', async () => {
    const [key, body] = [randomUUID(), anAccount()]

    const answers = await Promise.all(Array.from({ length: 10 }, () => v8({ key, body })))

    expect(new Set(answers.map(({ body }) => body)).size).toBe(1)
    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1)
    expect(await countOf(nameOf(body))).toBe(1)
  })

  it('may be mended when it was refused without writing', async () => {
    const key = randomUUID()

    const refused = await graphql('mutation { createAccount(input: {}) { id } }', key)
    const mended = await graphql('mutation { createAccount(input: { name: "mended" }) { id } }', key)

    expect(refused.body).toContain('INVALID')
    expect(mended).toMatchObject({ status: 200, replayed: false })
    expect(mended.body).not.toContain('errors')
  })

  it('gives the same data and errors, of several mutations of which one failed, and repeats none', async () => {
    const [key, name] = [randomUUID(), randomUUID()]
    const query = `mutation ($name: String!) {
      a: createAccount(input: { name: $name }) { id name }
      b: updateAccount(id: "nobody", input: { name: $name }) { id }
    }`

    const first = await graphql(query, key, { name })
    const again = await graphql(query, key, { name })

    expect(JSON.parse(first.body)).toMatchObject({ errors: [{ path: ['b'] }] })
    expect(again).toEqual({ ...first, replayed: true })
    expect(await countOf(name)).toBe(1)
  })

  it('is answered from what was written, when the process died between the commit and the answer', async () => {
    const [key, body] = [randomUUID(), anAccount()]
    const first = await v8({ key, body })
    await sql`update idempotency_request set status = null, sealed_body = null, leased_until = '2000-01-01' where key = ${key}`

    const again = await v8({ key, body })

    expect(again).toEqual({ ...first, replayed: true })
    expect(await countOf(nameOf(body))).toBe(1)
  })

  it('shows who may see less by now no more than that', async () => {
    const [key, name] = [randomUUID(), randomUUID()]
    const query = 'mutation ($name: String!) { createAccount(input: { name: $name }) { id name } }'
    const first = await graphql(query, key, { name }, 'ben')
    await sql`update accounts set assigned_user_id = '1', created_by = '1' where name = ${name}`
    await onlyOwn(users.ben)
    const find = 'query ($name: String!) { accounts(filter: { name: { eq: $name } }) { nodes { id } } }'
    await expect
      .poll(async () => (await house.graphql(find, { name }, 'ben')).data, { timeout: 20_000 })
      .toEqual({ accounts: { nodes: [] } })

    const again = await graphql(query, key, { name }, 'ben')

    expect(first.body).toContain(name)
    expect(again.body).not.toContain(name)
    expect(await countOf(name)).toBe(1)
  })

  it('does not make a second API client, and its secret is nowhere readable', async () => {
    const key = randomUUID()
    const query = `mutation { createApiClient(input: { name: "once", grant: CLIENT_CREDENTIALS, userId: "${users.ada}" }) { secret } }`

    const first = await graphql(query, key)
    const again = await graphql(query, key)

    const { secret } = (JSON.parse(first.body) as { data: { createApiClient: { secret: string } } }).data
      .createApiClient
    expect(again.body).toBe(first.body)
    expect(await sql`select id from oauth2clients where name = 'once'`).toHaveLength(1)
    const kept = await sql`select r::text || coalesce(s::text, '') as text from idempotency_request r
      left join idempotency_step s using (caller, key) where key = ${key}`
    expect(kept.map(row => String(row.text)).join()).not.toContain(secret)
  })

  it('writes once over v4.1 as well, and answers the same id', async () => {
    const [key, name] = [randomUUID(), randomUUID()]
    await sql`update users set user_hash = md5('ada') where id = ${users.ada}`
    const session = await legacy('login', {
      user_auth: { user_name: 'ada', password: 'ada', encryption: 'PLAIN' },
    })
    const entry = { session: session.id, module_name: 'Accounts', name_value_list: { name } }

    const [first, again] = [await legacy('set_entry', entry, key), await legacy('set_entry', entry, key)]

    expect(again.id).toBe(first.id)
    expect(again.replayed).toBe(true)
    expect(await countOf(name)).toBe(1)
  })
})

async function legacy(method: string, data: object, key?: string) {
  const response = await fetch(`${house.url}/service/v4_1/rest.php`, {
    method: 'POST',
    headers: key === undefined ? {} : { 'idempotency-key': key },
    body: new URLSearchParams({
      method,
      input_type: 'JSON',
      response_type: 'JSON',
      rest_data: JSON.stringify(data),
    }),
  })
  const { id } = (await response.json()) as { id: string }
  return { id, replayed: response.headers.get('idempotent-replayed') === 'true' }
}

/** A role that lets the user view own accounts only. */
async function onlyOwn(userId: string) {
  await sql`insert into acl_actions (id, category, name, acltype, aclaccess) values ('view', 'Accounts', 'view', 'module', 90)`
  await sql`insert into acl_roles (id, name) values ('own', 'own')`
  await sql`insert into acl_roles_users (id, role_id, user_id) values ('own', 'own', ${userId})`
  await sql`insert into acl_roles_actions (id, role_id, action_id, access_override)
    values ('own', 'own', 'view', 75)`
  await sql`select pg_notify('identity', '{"kind":"access"}')`
}

describe('a key', () => {
  it.each([
    ['abc', 'abc'],
    ['"abc"', 'abc'],
    [' "a\\"b" ', 'a"b'],
    ['x'.repeat(255), 'x'.repeat(255)],
  ])('%s is read', (header, key) => expect(idempotencyKeyOf(header)).toBe(key))

  it.each(['', '""', '"abc', 'a"b', 'a b', 'ä', 'x'.repeat(256), '"a\nb"'])('%j is refused', header => {
    expect(() => idempotencyKeyOf(header)).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }))
  })

  it('that is none answers 400 at every door', async () => {
    const bad = 'x'.repeat(300)

    const answers = [
      await v8({ key: bad }),
      await graphql('mutation { createAccount(input: { name: "x" }) { id } }', bad),
    ]

    expect(answers.map(({ status }) => status)).toEqual([400, 400])
  })

  it('is not asked of requests that only read', async () => {
    const query = '{ me { id } }'
    const key = randomUUID()

    await graphql(query, key)
    const again = await graphql(query, key)

    expect(again.replayed).toBe(false)
    expect(await sql`select key from idempotency_request where key = ${key}`).toEqual([])
  })
})

describe('what is kept', () => {
  const noon = new Date('2030-01-01T12:00:00Z')
  let now = noon
  const secrets = openSecrets({ secretKey: 'x'.repeat(32), dataDir: '' })
  const log = pino({ level: 'silent' })
  const idempotency = createIdempotency({ sql, secrets, now: () => now, report: error => log.error(error) })
  const request = (key: string) => ({
    ...{ principal: systemPrincipal, access: fullAccess, key },
    fingerprint: fingerprintOf('POST', '/', undefined, key),
  })
  const seconds = (count: number) => new Date(noon.getTime() + count * 1000)

  it('runs anew when it was kept for a day', async () => {
    const asked = request('old')
    await idempotency.begin(asked)

    now = seconds(86_401)

    expect(await idempotency.begin({ ...asked, fingerprint: 'another' })).toMatchObject({ kind: 'run' })
  })

  it('is deleted after a day, and not before', async () => {
    now = noon
    await idempotency.begin(request('swept'))
    const kept = () => sql`select key from idempotency_request where key = 'swept'`

    await sweepIdempotency(sql, seconds(86_399))
    const before = await kept()
    await sweepIdempotency(sql, seconds(86_401))

    expect([before.length, (await kept()).length]).toEqual([1, 0])
  })

  it('tells a repeat to come again while the first is under way, and lets it when that process has died', async () => {
    now = noon
    const asked = request('slow')
    await idempotency.begin(asked)

    await expect(idempotency.begin(asked)).rejects.toMatchObject({ code: 'CONFLICT' })
    now = seconds(16)

    expect(await idempotency.begin(asked)).toMatchObject({ kind: 'run' })
  }, 10_000)
})
