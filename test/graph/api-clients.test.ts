import { describe, expect, it } from 'vitest'
import { servedHouse } from '../gateway/served.ts'

const house = await servedHouse()
const { graphql, sql, url, users } = house

const fields = `id name grant extraGrants passwordGrant redirectUrl redirectUrls isConfidential scopes tokenFormat tokenSeconds
  requiresDpop actsAs { user_name }`
const create = `mutation ($input: NewApiClient!) { createApiClient(input: $input) { secret client { ${fields} } } }`
const update = `mutation ($id: ID!, $input: ApiClientChanges!) { updateApiClient(id: $id, input: $input) { ${fields} } }`
const find = `query ($id: ID!) { apiClient(id: $id) { ${fields} } }`

type Made = { secret: string; client: { id: string } }

const make = async (input: object) => (await graphql(create, { input })).data?.createApiClient as Made
const change = async (id: string, input: object) => graphql(update, { id, input })
const token = async (form: Record<string, string>) => {
  const response = await fetch(`${url}/Api/access_token`, { method: 'POST', body: new URLSearchParams(form) })
  return { status: response.status, ...((await response.json()) as { access_token?: string }) }
}
const importedClient = async (grant: string, columns: Record<string, string> = {}) => {
  const id = `imported-${grant}`
  await sql`insert into oauth2clients ${sql({ id, name: id, secret: '', allowed_grant_type: grant, is_confidential: true, ...columns })}`
  return id
}

const plain = {
  extraGrants: [],
  passwordGrant: false,
  redirectUrl: null,
  redirectUrls: [],
  isConfidential: true,
  scopes: null,
  tokenFormat: 'AT_JWT',
  tokenSeconds: null,
  requiresDpop: false,
  actsAs: null,
}

describe('a new API client', () => {
  it('has tokens of the new form, and no password grant unless it is made for it', async () => {
    const { client } = await make({ name: 'Robot', grant: 'CLIENT_CREDENTIALS', userId: users.ben })
    const old = await make({ name: 'Old portal', grant: 'PASSWORD' })

    const expected = { id: client.id, name: 'Robot', grant: 'CLIENT_CREDENTIALS', actsAs: { user_name: 'ben' } }
    expect(client).toEqual({ ...plain, ...expected })
    expect((await graphql(find, { id: client.id })).data).toEqual({ apiClient: client })
    expect(old.client).toMatchObject({ grant: 'PASSWORD', passwordGrant: true })
  })

  it('is what was said', async () => {
    const said = {
      redirectUrls: ['https://shop.example.com/a', 'http://127.0.0.1:7000/b', 'com.example.app:/c'],
      scopes: ['records:read', 'records:write:Accounts'],
      extraGrants: ['DEVICE_CODE', 'CLIENT_CREDENTIALS'],
      tokenFormat: 'LEGACY',
      tokenSeconds: 600,
      requiresDpop: true,
      isConfidential: false,
    }

    const { client } = await make({ name: 'App', grant: 'AUTHORIZATION_CODE', userId: users.ben, ...said })

    expect(client).toEqual({
      ...plain,
      ...said,
      id: client.id,
      name: 'App',
      grant: 'AUTHORIZATION_CODE',
      extraGrants: ['CLIENT_CREDENTIALS', 'DEVICE_CODE'],
      redirectUrl: 'https://shop.example.com/a',
      actsAs: { user_name: 'ben' },
    })
  })
})

describe('a change', () => {
  it('is of what is given; the rest stays', async () => {
    const { client, secret } = await make({
      name: 'Robot',
      grant: 'CLIENT_CREDENTIALS',
      userId: users.ben,
      scopes: ['records:read'],
    })

    const renamed = await change(client.id, { name: 'Renamed' })
    const opened = await change(client.id, { scopes: ['*'], tokenSeconds: 300 })
    const form = { grant_type: 'client_credentials', client_id: client.id, client_secret: secret }
    const granted = await token(form)
    const extended = await change(client.id, { extraGrants: ['DEVICE_CODE'], passwordGrant: true })

    expect(renamed.data?.updateApiClient).toEqual({ ...client, name: 'Renamed' })
    expect(opened.data?.updateApiClient).toMatchObject({ name: 'Renamed', scopes: null, tokenSeconds: 300 })
    expect(granted).toMatchObject({ status: 200 })
    const all = { name: 'Renamed', tokenSeconds: 300, extraGrants: ['DEVICE_CODE'], passwordGrant: true }
    expect(extended.data?.updateApiClient).toMatchObject(all)
    expect((await graphql(find, { id: client.id })).data?.apiClient).toMatchObject(all)
  })

  it('leaves a client that came from SuiteCRM what it is', async () => {
    const id = await importedClient('password')
    const before = (await graphql(find, { id })).data?.apiClient as object
    expect(before).toMatchObject({ passwordGrant: true, tokenFormat: 'LEGACY', scopes: null })

    const { data } = await change(id, { scopes: ['records:read'] })

    expect(data?.updateApiClient).toEqual({ ...before, scopes: ['records:read'] })
    const without = await change(id, { passwordGrant: false })
    expect(without.data?.updateApiClient).toMatchObject({ passwordGrant: false, scopes: ['records:read'] })
  })

  it('moves the client to another user at once', async () => {
    const { client, secret } = await make({ name: 'Robot', grant: 'CLIENT_CREDENTIALS', userId: users.ada })
    const form = { grant_type: 'client_credentials', client_id: client.id, client_secret: secret }
    const { access_token: bearer } = await token(form)
    const me = async () => {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { authorization: `Bearer ${bearer ?? ''}`, 'content-type': 'application/json' },
        body: '{"query":"{ me { user_name } }"}',
      })
      return response.json()
    }
    expect(await me()).toMatchObject({ data: { me: { user_name: 'ada' } } })

    await change(client.id, { userId: users.ben })

    await expect.poll(me).toMatchObject({ data: { me: { user_name: 'ben' } } })
  })
})

describe('what could never work is refused, and the field is named', () => {
  const code = { name: 'x', grant: 'AUTHORIZATION_CODE' }
  it.each([
    [{ name: ' ', grant: 'PASSWORD' }, 'name'],
    [{ name: 'x'.repeat(256), grant: 'PASSWORD' }, 'name'],
    [code, 'redirectUrl'],
    [{ ...code, redirectUrl: 'shop.example.com/callback' }, 'redirectUrl'],
    [{ ...code, redirectUrl: 'http://shop.example.com/callback' }, 'redirectUrl'],
    [{ ...code, redirectUrl: 'https://shop.example.com/#part' }, 'redirectUrl'],
    [{ ...code, redirectUrl: 'https://me:secret@shop.example.com/' }, 'redirectUrl'],
    [{ ...code, redirectUrl: 'javascript:alert(1)' }, 'redirectUrl'],
    [{ ...code, redirectUrls: ['https://a.example', 'data:text/html,x'] }, 'redirectUrl'],
    [{ ...code, redirectUrls: Array.from({ length: 21 }, (_, n) => `https://a.example/${n}`) }, 'redirectUrl'],
    [{ name: 'x', grant: 'PASSWORD', extraGrants: ['CLIENT_CREDENTIALS'] }, 'userId'],
    [{ name: 'x', grant: 'CLIENT_CREDENTIALS', userId: 'nobody' }, 'userId'],
    [{ name: 'x', grant: 'PASSWORD', scopes: ['everything'] }, 'scopes'],
    [{ name: 'x', grant: 'PASSWORD', scopes: [] }, 'scopes'],
    [{ name: 'x', grant: 'PASSWORD', tokenSeconds: 59 }, 'tokenSeconds'],
    [{ name: 'x', grant: 'PASSWORD', tokenSeconds: 3_601 }, 'tokenSeconds'],
  ])('%o', async (input, field) => {
    const { errors } = await graphql(create, { input })

    expect(errors?.map(({ extensions }) => extensions)).toEqual([{ code: 'INVALID', field }])
  })

  it('also in a change, which then changes nothing', async () => {
    const { client } = await make({ ...code, redirectUrl: 'https://shop.example.com/' })

    const { errors } = await change(client.id, { name: 'Renamed', redirectUrls: [] })

    expect(errors?.[0]?.extensions).toEqual({ code: 'INVALID', field: 'redirectUrl' })
    expect((await graphql(find, { id: client.id })).data?.apiClient).toEqual(client)
  })

  it('and nobody but administrators sees or changes any', async () => {
    const { client } = await make({ name: 'x', grant: 'PASSWORD' })

    for (const [operation, variables] of [
      [find, { id: client.id }],
      [update, { id: client.id, input: { name: 'Mine' } }],
      [update, { id: 'nothing', input: { name: 'Mine' } }],
    ] as const) {
      const { errors } = await graphql(operation, variables, 'ben')
      expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['FORBIDDEN'])
    }
    expect((await graphql(find, { id: 'nothing' })).data).toEqual({ apiClient: null })
    expect((await change('nothing', { name: 'x' })).errors?.[0]?.extensions.code).toBe('NOT_FOUND')
  })
})
