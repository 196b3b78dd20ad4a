import { describe, expect, it } from 'vitest'
import { servedHouse } from '../gateway/served.ts'

const create = `mutation ($input: NewApiKey!) { createApiKey(input: $input) {
  secret key { id name prefix state scopes expiresAt lastUsedAt lastAddress owner { user_name } createdBy { user_name } }
} }`
const list = '{ apiKeys { id name prefix state lastUsedAt lastAddress owner { user_name } } }'
const roll =
  'mutation ($id: ID!, $input: ApiKeyRoll) { rollApiKey(id: $id, input: $input) { secret key { previousPrefix } } }'
const revoke = 'mutation ($id: ID!) { revokeApiKey(id: $id) { state } }'

type Header = { authorization: string } | { 'x-api-key': string }
type Made = { secret: string; key: { id: string; prefix: string; lastUsedAt: string | null } }

describe.each([
  { how: 'in process', apart: [] },
  { how: 'identity over HTTP', apart: ['identity'] },
])('API keys, $how', async ({ apart }) => {
  const house = await servedHouse({ apart })
  const { graphql, url } = house
  const make = async (input: object = {}, as: 'ada' | 'ben' = 'ben') => {
    const { data } = await graphql(create, { input: { name: 'Nightly export', scopes: ['*'], ...input } }, as)
    return data?.createApiKey as Made
  }
  const get = (path: string, headers: Header) => fetch(`${url}${path}`, { headers })
  const ask = (query: string, headers: Header) =>
    fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query }),
    })

  it('are shown once; afterwards only their prefix, and when they were last used', async () => {
    const { secret, key } = await make({ scopes: ['records:read'] })
    expect(key).toMatchObject({
      name: 'Nightly export',
      state: 'ACTIVE',
      scopes: ['records:read'],
      expiresAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string,
      lastUsedAt: null,
      lastAddress: null,
      owner: { user_name: 'ben' },
      createdBy: { user_name: 'ben' },
    })

    const answer = await get('/Api/V8/module/Accounts', { 'x-api-key': secret })

    expect(answer.status).toBe(200)
    const listed = async () => (await graphql(list, {}, 'ben')).data?.apiKeys as object[]
    await expect.poll(listed).toContainEqual({
      id: key.id,
      name: 'Nightly export',
      prefix: key.prefix,
      state: 'ACTIVE',
      lastUsedAt: expect.any(String) as string,
      lastAddress: '127.0.0.1',
      owner: { user_name: 'ben' },
    })
    const hidden = secret.slice(key.prefix.length + 1)
    expect(JSON.stringify(await listed())).not.toContain(hidden)
    expect(JSON.stringify(house.lines)).not.toContain(hidden)
    expect(house.lines).toContainEqual(expect.objectContaining({ key_id: key.id, door: 'v8', status: 200 }))
  })

  it('open GraphQL and V8 with either header, for their owner', async () => {
    const { secret } = await make()

    for (const headers of [{ authorization: `Bearer ${secret}` }, { 'x-api-key': secret }]) {
      const asked = await ask('{ me { user_name } }', headers)
      expect(await asked.json()).toMatchObject({ data: { me: { user_name: 'ben' } } })
      expect((await get('/Api/V8/current-user', headers)).status).toBe(200)
    }
    const [wrong = ''] = [secret.replace(/.$/, last => (last === 'x' ? 'y' : 'x'))]
    for (const headers of [{ authorization: `Bearer ${wrong}` }, { 'x-api-key': wrong }]) {
      const refused = await ask('{ me { user_name } }', headers)
      expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
        401,
        expect.stringContaining('error="invalid_token"'),
      ])
      expect((await get('/Api/V8/current-user', headers)).status).toBe(401)
    }
  })

  it('never do what their owner may not', async () => {
    const { secret } = await make({}, 'ben')

    const answer = await ask('{ apiClients { id } }', { 'x-api-key': secret })

    expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] })
  })

  it('are refused when they are revoked, and replaced when they are rolled', async () => {
    const { secret, key } = await make()
    const status = async (bearer: string) => (await ask('{ me { id } }', { authorization: `Bearer ${bearer}` })).status

    const { data } = await graphql(roll, { id: key.id, input: { overlapHours: 1 } }, 'ben')
    const rolled = data?.rollApiKey as { secret: string; key: object }
    expect(rolled.key).toEqual({ previousPrefix: key.prefix })
    expect([await status(secret), await status(rolled.secret)]).toEqual([200, 200])
    expect((await graphql(revoke, { id: key.id }, 'ben')).data).toEqual({ revokeApiKey: { state: 'REVOKED' } })

    await expect.poll(() => status(secret), { timeout: 2_000 }).toBe(401)
    await expect.poll(() => status(rolled.secret), { timeout: 2_000 }).toBe(401)
  })

  it('cannot make or roll keys', async () => {
    const { secret, key } = await make()
    const headers = { 'x-api-key': secret }

    for (const operation of [
      'createApiKey(input: { name: "x", scopes: ["*"] }) { secret }',
      `rollApiKey(id: "${key.id}") { secret }`,
    ]) {
      const answer = await ask(`mutation { ${operation} }`, headers)
      expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] })
    }
  })

  it('of others are seen and revoked by administrators only', async () => {
    const { key } = await make({}, 'ben')
    const adas = await make({}, 'ada')

    const [mine, all] = [await graphql(list, {}, 'ben'), await graphql(list, {}, 'ada')]
    const refused = await graphql(revoke, { id: adas.key.id }, 'ben')

    expect(JSON.stringify(mine.data)).not.toContain(adas.key.id)
    expect(JSON.stringify(all.data)).toContain(key.id)
    expect(refused.errors?.[0]?.extensions).toMatchObject({ code: 'NOT_FOUND' })
    expect((await graphql(revoke, { id: key.id }, 'ada')).data).toEqual({ revokeApiKey: { state: 'REVOKED' } })
  })
})
