import { describe, expect, it } from 'vitest'
import { declaringHouse, order, summary } from './declared.ts'

const house = await declaringHouse()
const { call, declared, graphql, post, sql, users } = house

const account = async (name: string, owner = users.ada) => {
  const { data } = await graphql(
    `
      mutation ($input: AccountInput!) {
        createAccount(input: $input) {
          id
        }
      }
    `,
    { input: { name, phone_office: '123', assigned_user_id: owner } },
  )
  return (data?.createAccount as { id: string }).id
}

const acme = await account('Acme')
for (const last of ['Ant', 'Bee', 'Cat']) {
  const { data } = await graphql(
    `
      mutation ($name: String!) {
        createContact(input: { last_name: $name }) {
          id
        }
      }
    `,
    { name: last },
  )
  const ids = [(data?.createContact as { id: string }).id]
  await graphql(
    `
      mutation ($id: ID!, $ids: [ID!]!) {
        relateAccount(id: $id, link: contacts, relatedIds: $ids) {
          id
        }
      }
    `,
    {
      id: acme,
      ids,
    },
  )
}
await declared(summary)
await declared(order)

describe('an endpoint', () => {
  it('answers the shape that was declared, with the defaults of its input', async () => {
    const { status, headers, body } = await call(`/custom/customers/${acme}/summary`)

    expect(status).toBe(200)
    expect(body).toMatchObject({ name: 'Acme', phone: '123' })
    expect((body as { contacts: string[] }).contacts).toHaveLength(2)
    expect(headers.get('endpoint-version')).toBe('1')
    expect(headers.get('cache-control')).toBe('private, no-cache')
    expect(headers.get('ratelimit')).toBeTruthy()
  })

  it.each(['/Api/V8', '/Api/index.php/V8', '/legacy/Api/V8', '/legacy/Api/index.php/V8'])(
    'answers below %s as well',
    async base => {
      const { status, body } = await call(`${base}/custom/customers/${acme}/summary?contacts=3`)

      expect(status).toBe(200)
      expect((body as { contacts: string[] }).contacts.sort()).toEqual(['Ant', 'Bee', 'Cat'])
    },
  )

  it('is known to who has its answer already', async () => {
    const path = `/custom/customers/${acme}/summary`
    const etag = (await call(path)).headers.get('etag') ?? ''

    expect(await call(path, { headers: { 'if-none-match': etag } })).toMatchObject({ status: 304, body: undefined })
    expect(await call(path, { headers: { 'if-none-match': '"other", *' } })).toMatchObject({ status: 304 })
    expect(await call(path, { headers: { 'if-none-match': '"other"' } })).toMatchObject({ status: 200 })
    expect(await call(path, { method: 'HEAD' })).toMatchObject({ status: 200, body: undefined })
  })

  it('leaves a row in the log of requests, with the address that was declared and its version', async () => {
    const { headers } = await call(`/custom/customers/${acme}/summary`)

    const requestId = headers.get('x-request-id')
    const find = async () =>
      (
        await sql`select door, route, operation, version, user_id, status from request_log where request_id = ${requestId}`
      )[0]
    await expect.poll(find, { timeout: 10_000 }).toEqual({
      door: 'custom',
      route: '/custom/customers/{id}/summary',
      operation: 'Summary',
      version: '1',
      user_id: users.ada,
      status: 200,
    })
  })
})

describe('who may call', () => {
  it('sees what they may see, and is told no more of the rest than of what does not exist', async () => {
    const role = (
      await graphql(`
        mutation {
          createRole(input: { name: "Owners" }) {
            id
          }
        }
      `)
    ).data?.createRole as { id: string }
    const rules = ['view', 'list'].map(action => ({ module: 'Accounts', action, level: 'OWNER' }))
    await graphql(
      `
        mutation ($id: ID!, $rules: [RoleActionInput!]!) {
          setRoleActions(roleId: $id, rules: $rules) {
            id
          }
        }
      `,
      {
        ...role,
        rules,
      },
    )
    await graphql(
      `
        mutation ($id: ID!, $ids: [ID!]!) {
          relateRole(id: $id, link: users, relatedIds: $ids) {
            id
          }
        }
      `,
      {
        ...role,
        ids: [users.ben],
      },
    )
    const his = await account('His own', users.ben)

    const own = () => call(`/custom/customers/${his}/summary`, { as: 'ben' })
    const hidden = await call(`/custom/customers/${acme}/summary`, { as: 'ben' })
    const unknown = await call('/custom/customers/nothing/summary', { as: 'ben' })

    await expect.poll(async () => (await own()).body).toMatchObject({ name: 'His own' })
    expect(hidden).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } })
    const { requestId: _a, instance: _b, ...told } = hidden.body as Record<string, unknown>
    expect(unknown.body).toMatchObject(told)
  })

  it('must be somebody', async () => {
    const response = await fetch(`${house.url}/custom/customers/${acme}/summary`)
    const nowhere = await fetch(`${house.url}/custom/nothing`)

    expect([response.status, nowhere.status]).toEqual([401, 401])
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer /)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
  })

  it('needs the scopes of the operation and those of the endpoint', async () => {
    await declared({ ...summary, path: '/custom/scoped/{id}', scopes: ['records:read:Cases'] })
    const key = async (scopes: string[]) => {
      const { data } = await graphql(
        `
          mutation ($input: NewApiKey!) {
            createApiKey(input: $input) {
              secret
            }
          }
        `,
        {
          input: { name: 'x', scopes },
        },
      )
      const { secret } = data?.createApiKey as { secret: string }
      const response = await fetch(`${house.url}/custom/scoped/${acme}`, { headers: { 'x-api-key': secret } })
      return {
        status: response.status,
        challenge: response.headers.get('www-authenticate'),
        body: await response.json(),
      }
    }

    expect(await key(['records:read:Accounts', 'records:read:Contacts', 'records:read:Cases'])).toMatchObject({
      status: 200,
    })
    const without = await key(['records:read:Accounts', 'records:read:Contacts'])
    expect(without).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } })
    expect(without.challenge).toContain('scope="records:read:Cases"')
    expect(await key(['records:read:Cases', 'records:read:Accounts'])).toMatchObject({
      status: 403,
      body: { scope: 'records:read:Contacts' },
    })
  })
})

describe('bad input is refused, and where it lies is said', () => {
  const path = `/custom/customers/${acme}/summary`
  it.each([
    ['?contacts=many', 400, { code: 'BAD_REQUEST', source: { parameter: 'contacts' } }],
    ['?contacts=0', 400, { code: 'BAD_REQUEST', source: { parameter: 'contacts' } }],
    ['?contacts=51', 400, { code: 'BAD_REQUEST', source: { parameter: 'contacts' } }],
    ['?contacts=1.5', 400, { code: 'BAD_REQUEST', source: { parameter: 'contacts' } }],
    ['?contacts=', 400, { code: 'BAD_REQUEST', source: { parameter: 'contacts' } }],
    ['?contacts=1&contacts=2', 400, { code: 'BAD_REQUEST', source: { parameter: 'contacts' } }],
    ['?contact=1', 400, { code: 'BAD_REQUEST', source: { parameter: 'contact' } }],
    ['?__proto__=1', 400, { code: 'BAD_REQUEST', source: { parameter: '__proto__' } }],
  ])('%s', async (query, status, problem) => {
    expect(await call(`${path}${query}`)).toMatchObject({ status, body: problem })
  })

  it.each([
    [{}, 422, { code: 'INVALID', source: { pointer: '/title' } }],
    [{ title: '' }, 422, { code: 'INVALID', source: { pointer: '/title' } }],
    [{ title: 1 }, 422, { code: 'INVALID', source: { pointer: '/title' } }],
    [{ title: 'x', priority: 'P9' }, 422, { code: 'INVALID', source: { pointer: '/priority' } }],
    [{ title: 'x', status: 'Closed' }, 422, { code: 'INVALID', source: { pointer: '/status' } }],
    [[], 422, { code: 'INVALID', source: { pointer: '' } }],
    [
      { priority: 1, more: 2 },
      422,
      {
        errors: [
          { source: { pointer: '/title' } },
          { source: { pointer: '/more' } },
          { source: { pointer: '/priority' } },
          {},
        ],
      },
    ],
  ])('%j', async (body, status, problem) => {
    expect(await post('/custom/orders', body)).toMatchObject({ status, body: problem })
  })

  it('in any form', async () => {
    const send = (body: string, type = 'application/json') =>
      call('/custom/orders', { method: 'POST', body, headers: { 'content-type': type } })

    expect(await send('{"title":')).toMatchObject({ status: 400, body: { code: 'BAD_REQUEST' } })
    expect(await send('')).toMatchObject({ status: 400, body: { code: 'BAD_REQUEST' } })
    expect(await send('title=x', 'application/x-www-form-urlencoded')).toMatchObject({ status: 415 })
    expect(await send(`{"title":"${'x'.repeat(1_100_000)}"}`)).toMatchObject({ status: 413 })
    expect(await send('['.repeat(100) + ']'.repeat(100))).toMatchObject({ status: 400 })
  })

  it('and addresses and methods that there are not', async () => {
    expect(await call('/custom/nothing')).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } })
    expect(await call('/custom/customers//summary')).toMatchObject({ status: 404 })
    expect(await call('/custom/customers/%zz/summary')).toMatchObject({ status: 400 })
    const wrong = await call('/custom/orders')
    expect(wrong).toMatchObject({ status: 405, body: { code: 'METHOD_NOT_ALLOWED' } })
    expect(wrong.headers.get('allow')).toBe('POST, OPTIONS')
    const preflight = await fetch(`${house.url}/custom/orders`, { method: 'OPTIONS' })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-methods')).toBe('POST, OPTIONS')
  })

  it('by the operation itself: nothing of the database is told', async () => {
    await declared({
      method: 'GET',
      path: '/custom/accounts',
      input: { query: { type: 'object', properties: { after: { type: 'string' } } } },
      operation: 'query Page($after: String) { accounts(first: 1, after: $after) { nodes { name } } }',
      output: { $each: '/accounts/nodes', $as: '/name' },
    })

    expect(await call('/custom/accounts?after=nonsense')).toMatchObject({ status: 400, body: { code: 'BAD_REQUEST' } })
    expect(await call('/custom/accounts')).toMatchObject({ status: 200, body: [expect.any(String)] })
  })
})

describe('a request that writes', () => {
  const count = async (name: string) => (await sql`select from cases where name = ${name}`).length

  it('writes with the rights of the caller, and answers the status that was declared', async () => {
    const made = await post('/custom/orders', { title: 'Lamp', priority: 'P1' }, { as: 'ben' })

    expect(made).toMatchObject({ status: 201, body: { name: 'Lamp' } })
    const [row] = await sql`select created_by, priority from cases where name = 'Lamp'`
    expect(row).toEqual({ created_by: users.ben, priority: 'P1' })
  })

  it('is done once for a key', async () => {
    const headers = { 'idempotency-key': crypto.randomUUID() }

    const first = await post('/custom/orders', { title: 'Once' }, { headers })
    const again = await post('/custom/orders', { title: 'Once' }, { headers })
    const other = await post('/custom/orders', { title: 'Other' }, { headers })

    expect(again).toMatchObject({ status: 201, body: first.body })
    expect(again.headers.get('idempotent-replayed')).toBe('true')
    expect(other).toMatchObject({ status: 422, body: { code: 'KEY_REUSED' } })
    expect(await count('Once')).toBe(1)
  })
})

describe('what a call costs', () => {
  it('is refused before it runs when it is more than the endpoint allows', async () => {
    await declared({ ...summary, path: '/custom/cheap/{id}', costMax: 10 })

    expect(await call(`/custom/cheap/${acme}?contacts=5`)).toMatchObject({ status: 200 })
    expect(await call(`/custom/cheap/${acme}?contacts=40`)).toMatchObject({
      status: 400,
      body: { code: 'BAD_REQUEST', costMax: 10, cost: 41 },
    })
  })
})

describe('answers that are kept', () => {
  it('are given again to the same caller, and to nobody else', async () => {
    await declared({
      method: 'GET',
      path: '/custom/kept',
      operation: 'query Kept { me { user_name } accounts(first: 1) { totalCount } }',
      output: { who: '/me/user_name', count: '/accounts/totalCount' },
      cacheSeconds: 300,
    })
    const first = await call('/custom/kept')
    expect(first.headers.get('cache-control')).toBe('private, max-age=300')
    await account('One more')

    const again = await call('/custom/kept')
    const other = await call('/custom/kept', { as: 'ben' })

    expect(again.body).toEqual(first.body)
    expect(first.body).toMatchObject({ who: 'ada' })
    expect(other.body).toMatchObject({ who: 'ben' })
  })
})

describe('what is given to the operation', () => {
  it('is bound by name, by pointer, and as what is known of the caller', async () => {
    await declared({
      method: 'PUT',
      path: '/custom/mine/{id}',
      input: {
        query: { type: 'object', properties: { tags: { type: 'array', items: { type: 'string' } } } },
        body: {
          type: 'object',
          properties: { account: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] } },
          required: ['account'],
        },
      },
      operation: `query Echo($key: ID!, $account: String!, $who: ID!, $tags: [String!]) {
        mine: user(id: $who) { user_name }
        accounts(filter: { name: { eq: $account }, id: { in: [$key] }, phone_office: { in: $tags } }) { totalCount } }`,
      variables: { key: '/path/id', account: '/body/account/name', who: '/caller/userId' },
      output: { who: '/mine/user_name', count: '/accounts/totalCount' },
    })
    const put = (query: string, name: string) =>
      post(`/custom/mine/${acme}${query}`, { account: { name } }, { method: 'PUT' })

    expect(await put('?tags=123', 'Acme')).toMatchObject({ status: 200, body: { who: 'ada', count: 1 } })
    expect(await put('?tags=9&tags=123', 'Acme')).toMatchObject({ body: { count: 1 } })
    expect(await put('?tags=9', 'Acme')).toMatchObject({ body: { count: 0 } })
    expect(await put('', 'Other')).toMatchObject({ body: { count: 0 } })
  })

  it('fixed parts of an address come before variable ones', async () => {
    await declared({
      ...summary,
      path: '/custom/customers/{id}/{part}',
      operation:
        'query Any($part: String!, $id: ID!) { account(id: $id) { id } accounts(filter: { name: { eq: $part } }) { totalCount } }',
      output: '/accounts/totalCount',
      notFound: undefined,
      input: {},
    })

    expect((await call(`/custom/customers/${acme}/summary`)).body).toMatchObject({ name: 'Acme' })
    expect((await call(`/custom/customers/${acme}/Acme`)).body).toBe(1)
  })
})
