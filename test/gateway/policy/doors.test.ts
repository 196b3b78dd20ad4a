import { describe, expect, it } from 'vitest'
import { makeClient } from '../../../gateway/create-client.ts'
import { restContext } from '../../../gateway/rest-context.ts'
import { answerLegacy } from '../../../rest-compat/v4_1/door.ts'
import { readConfig } from '../../../gateway/config.ts'
import { systemPrincipal, type Principal } from '../../../schema/principal.ts'
import { openLog } from '../../../gateway/log.ts'
import { passwordsOf } from '../../passwords.ts'
import { servedHouse, type GraphqlAnswer } from '../served.ts'

describe.each([
  { how: 'in process', apart: [] },
  { how: 'over HTTP', apart: ['crm', 'identity', 'ops'] },
])('want of a scope, subgraphs $how', async ({ apart }) => {
  const house = await servedHouse({ apart })
  const { sql, users } = house
  const made = await house.graphql('mutation { createAccount(input: { name: "Acme" }) { id } }')
  const { id } = made.data?.['createAccount'] as { id: string }

  /** An access token of ada's for a client that may have these scopes. */
  async function tokenWith(...scopes: string[]): Promise<string> {
    const options = { name: scopes.join(), grant: 'client_credentials', user: 'ada' } as const
    const { id: client, secret } = await makeClient(sql, readConfig({}), options)
    const settings = { client_id: client, scopes, token_format: 'legacy' }
    await sql`insert into api_client_settings ${sql(settings)} on conflict (client_id) do update set scopes = excluded.scopes,
      token_format = excluded.token_format`
    const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: client, client_secret: secret })
    const response = await fetch(`${house.url}/Api/access_token`, { method: 'POST', body })
    return ((await response.json()) as { access_token: string }).access_token
  }

  async function graphql(token: string, query: string, accept = 'application/json') {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', accept }
    const response = await fetch(`${house.url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) })
    return {
      status: response.status,
      headers: response.headers,
      ...((await response.json()) as Partial<GraphqlAnswer>),
    }
  }

  async function v8(token: string, method: string, path: string, data?: object) {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/vnd.api+json' }
    const body = data && JSON.stringify({ data })
    const response = await fetch(`${house.url}/Api/V8${path}`, { method, headers, body })
    return { status: response.status, headers: response.headers, text: await response.text() }
  }

  const rename = { type: 'Accounts', id, attributes: { name: 'Changed' } }
  const nameNow = async () => (await sql`select name from accounts where id = ${id}`)[0]?.['name'] as string

  it.each(['application/json', 'application/graphql-response+json'])(
    'is 403 for GraphQL (%s), and the scope is named',
    async accept => {
      const token = await tokenWith('records:read')

      const read = await graphql(token, `{ account(id: "${id}") { name } }`, accept)
      const { status, headers, ...refused } = await graphql(
        token,
        `mutation { updateAccount(id: "${id}", input: { name: "Changed" }) { id } }`,
        accept,
      )

      expect(read).toMatchObject({ status: 200, data: { account: { name: 'Acme' } } })
      expect(status).toBe(403)
      expect(headers.get('www-authenticate')).toBe(
        'Bearer realm="Switchyard", error="insufficient_scope", scope="records:write:Accounts"',
      )
      expect(refused).toMatchObject({
        errors: [{ extensions: { code: 'FORBIDDEN', reason: 'insufficient_scope', scope: 'records:write:Accounts' } }],
      })
      expect(refused).not.toHaveProperty('data')
      expect(await nameNow()).toBe('Acme')
    },
  )

  it('is 403 for REST V8, and the scope is named', async () => {
    const token = await tokenWith('records:read')

    const read = await v8(token, 'GET', `/module/Accounts/${id}`)
    const refused = await v8(token, 'PATCH', '/module', rename)

    expect(read.status).toBe(200)
    expect(refused.status).toBe(403)
    expect(refused.headers.get('www-authenticate')).toBe(
      'Bearer realm="Switchyard", error="insufficient_scope", scope="records:write:Accounts"',
    )
    expect(JSON.parse(refused.text)).toMatchObject({
      errors: { status: 403, detail: expect.stringContaining('records:write:Accounts') as string },
    })
    expect(await nameNow()).toBe('Acme')
  })

  it('is error 40 for the legacy API', async () => {
    const principal: Principal = { ...systemPrincipal, kind: 'user', userId: users.ada, scopes: ['records:read'] }
    const log = openLog('silent')
    const session = { id: 'session', principal, preferences: {} }
    const context = (acting: Principal) =>
      restContext(
        house.graphs.current,
        { pool: sql, filesDir: '/nowhere', passwords: passwordsOf(sql), now: () => new Date() },
        {
          principal: acting,
          requestId: 'request-1',
          signal: new AbortController().signal,
          visit: { run: (_price, _variables, execute) => execute() },
        },
        log,
      )
    const call = (method: string, ...args: unknown[]) =>
      answerLegacy(
        {
          sessions: { open: async () => session, find: async () => session, close: async () => undefined },
          now: () => new Date(),
          report: () => undefined,
          refused: () => undefined,
          context,
        },
        {
          version: 'v4_1',
          method: 'POST',
          query: new Map(),
          form: new Map([
            ['method', method],
            ['input_type', 'JSON'],
            ['response_type', 'JSON'],
            ['rest_data', JSON.stringify(['session', ...args])],
          ]),
          ip: '127.0.0.1',
        },
      )

    const read = await call('get_entry', 'Accounts', id, ['name'], [])
    const refused = await call('set_entry', 'Accounts', [
      { name: 'id', value: id },
      { name: 'name', value: 'Changed' },
    ])

    expect(read.body).toContain('Acme')
    expect(JSON.parse(refused.body)).toMatchObject({ number: 40, name: 'Access Denied' })
    expect(await nameNow()).toBe('Acme')
  })

  it('is told of a token that asked for less than its client may', async () => {
    const { id: client, secret } = await makeClient(sql, readConfig({}), {
      ...{ name: 'wide', grant: 'client_credentials', user: 'ada' },
    })
    await sql`insert into api_client_settings (client_id, scopes, token_format) values (${client}, null, 'at+jwt')
      on conflict (client_id) do update set scopes = null, token_format = 'at+jwt'`
    const response = await fetch(`${house.url}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({
        ...{ grant_type: 'client_credentials', scope: 'records:read:Accounts' },
        ...{ client_id: client, client_secret: secret },
      }),
    })
    const { access_token: token } = (await response.json()) as { access_token: string }

    const read = await v8(token, 'GET', `/module/Accounts/${id}`)
    const changed = await v8(token, 'PATCH', '/module', rename)

    expect(read.status).toBe(200)
    expect(changed.status).toBe(403)
    expect(changed.headers.get('www-authenticate')).toContain('scope="records:write:Accounts"')
  })

  it('keeps a token to its module', async () => {
    const token = await tokenWith('records:*:Accounts')

    const own = await v8(token, 'GET', `/module/Accounts/${id}`)
    const other = await v8(token, 'GET', '/module/Contacts')
    const linked = await v8(token, 'GET', `/module/Accounts/${id}/relationships/contacts`)

    expect(own.status).toBe(200)
    expect(other.headers.get('www-authenticate')).toContain('scope="records:read:Contacts"')
    expect(linked.headers.get('www-authenticate')).toContain('scope="records:read:Contacts"')
  })

  it('is told where V8 answers without the graph', async () => {
    const [reader, editor] = [await tokenWith('metadata:read'), await tokenWith('records:*')]

    expect((await v8(reader, 'GET', '/meta/modules')).status).toBe(200)
    expect((await v8(reader, 'GET', '/meta/fields/Accounts')).status).toBe(200)
    const refused = await v8(editor, 'GET', '/meta/modules')
    expect(refused.status).toBe(403)
    expect(refused.headers.get('www-authenticate')).toContain('scope="metadata:read"')
  })

  it('is told in its place when it depends on an argument, and with 403 when nothing else is answered', async () => {
    const token = await tokenWith('records:write:Accounts')
    const relate = `mutation { relateAccount(id: "${id}", link: contacts, relatedIds: []) { id } }`
    const both = `mutation { updateAccount(id: "${id}", input: {}) { id } relateAccount(id: "${id}", link: contacts, relatedIds: []) { id } }`

    const alone = await graphql(token, relate)
    const beside = await graphql(token, both)

    expect(alone.status).toBe(403)
    expect(alone.headers.get('www-authenticate')).toContain('scope="records:read:Contacts"')
    expect(beside.errors).toMatchObject([{ extensions: { scope: 'records:read:Contacts' } }])
  })

  it('never concerns introspection, oneself, or a token without scopes', async () => {
    const token = await tokenWith('logs:read')

    const shown = await graphql(token, '{ __schema { queryType { name } } me { id } }')
    const everything = await house.graphql('{ accounts { totalCount } modules { name } apiClients { id } }')

    expect(shown.data).toEqual({ __schema: { queryType: { name: 'Query' } }, me: { id: users.ada } })
    expect(everything.errors).toBeUndefined()
  })

  it('makes no administrator of a user who is none', async () => {
    const { errors } = await house.graphql('{ apiClients { id } }', {}, 'ben')

    expect(errors).toMatchObject([{ message: 'Only administrators may do this', extensions: { code: 'FORBIDDEN' } }])
  })

  it('lets no user ask a subgraph past the gateway', async () => {
    const token = await house.tokenOf('ada')
    const ask = async (url: string, name: string) => {
      const headers = { authorization: `Bearer ${token}`, 'x-internal-auth': token, 'content-type': 'application/json' }
      const body = JSON.stringify({ query: '{ _service { sdl } }' })
      return (await fetch(`${url}/subgraphs/${name}`, { method: 'POST', headers, body })).status
    }

    expect(await Promise.all(house.subgraphUrls.map((url, i) => ask(url, apart[i] ?? '')))).toEqual(
      apart.map(() => 401),
    )
  })
})
