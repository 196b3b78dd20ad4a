import { describe, expect, it } from 'vitest'
import { chooseVersion } from '../../gateway/versions.ts'
import { servedHouse } from './served.ts'

const versions = [
  { name: '1', since: '2020-01-01', isRetired: true },
  { name: '2', since: '2022-01-01' },
  { name: '3', since: '2024-01-01' },
]
const today = '2025-01-01'
const choose = (asked: string | undefined, pinned?: string, tooOld: 'forward' | 'gone' = 'forward') =>
  chooseVersion(versions, { asked, pinned }, tooOld, today)

describe('the version that answers', () => {
  it('is the oldest that is served when nobody asks for one', () => {
    expect(choose(undefined)).toMatchObject({ kind: 'chosen', version: { name: '2' } })
  })

  it('is the one asked for, before the one that the client was pinned to', () => {
    expect(choose('3', '2')).toMatchObject({ version: { name: '3' } })
    expect(choose(undefined, '3')).toMatchObject({ version: { name: '3' } })
    expect(choose(' ', '3')).toMatchObject({ version: { name: '3' } })
  })

  it('is what was newest on a day', () => {
    expect(choose('2023-12-31')).toMatchObject({ kind: 'chosen', version: { name: '2' } })
    expect(choose('2024-01-01')).toMatchObject({ kind: 'chosen', version: { name: '3' } })
    expect(choose('2025-01-02')).toEqual({ kind: 'unknown', asked: '2025-01-02' })
  })

  it.each(['1', '2020-06-01', '1999-01-01'])(
    'is the oldest that is served in place of %s, and both are named',
    asked => {
      expect(choose(asked)).toMatchObject({ kind: 'chosen', version: { name: '2' }, insteadOf: asked })
      expect(choose(asked, undefined, 'gone')).toMatchObject({ kind: 'gone', version: { name: '2' }, insteadOf: asked })
    },
  )

  it('is none for a name that nobody knows', () => {
    expect(choose('4')).toEqual({ kind: 'unknown', asked: '4' })
  })
})

const house = await servedHouse()
const strict = await servedHouse({ settings: { VERSION_TOO_OLD: 'gone', IF_MATCH: 'required' } })

const get = async (of: typeof house, version: string | undefined, path = '/module/Accounts/nobody', token?: string) => {
  const response = await fetch(`${of.url}/Api/V8${path}`, {
    headers: {
      authorization: `Bearer ${token ?? (await of.tokenOf('ada'))}`,
      ...(version === undefined ? {} : { 'api-version': version }),
    },
  })
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  }
}

describe('REST V8', () => {
  it('answers as SuiteCRM whoever asks for no version, and says which has answered', async () => {
    const { status, headers, body } = await get(house, undefined)

    expect(status).toBe(400)
    expect(headers.get('api-version')).toBe('8.0')
    expect(body).toMatchObject({ errors: { status: 400, title: null } })
  })

  it('answers a version that is asked for by name or by day', async () => {
    expect((await get(house, '8.1')).status).toBe(404)
    expect((await get(house, '2026-11-22')).headers.get('api-version')).toBe('8.1')
    expect((await get(house, '8.0')).status).toBe(400)
  })

  it('tells whoever asks for an unknown version which there are', async () => {
    const { status, headers, body } = await get(house, '9.9')

    expect(status).toBe(400)
    expect(headers.get('content-type')).toBe('application/problem+json')
    expect(body).toMatchObject({ type: '/docs/problems#BAD_REQUEST', status: 400, supported: ['8.0', '8.1'] })
    expect(body['requestId']).toBe(headers.get('x-request-id'))
  })

  it('falls forward for a version from before its time, and names both; or says that it is gone', async () => {
    const forward = await get(house, '2019-01-01')
    const gone = await get(strict, '2019-01-01')

    expect([forward.headers.get('api-version'), forward.headers.get('api-version-requested')]).toEqual([
      '8.0',
      '2019-01-01',
    ])
    expect(gone.status).toBe(410)
    expect(gone.body).toMatchObject({ code: 'GONE', oldest: '8.0' })
  })

  it('says its version when the token does not count too', async () => {
    const legacy = await get(house, undefined, '/module/Accounts', 'nonsense')
    const clean = await get(house, '8.1', '/module/Accounts', 'nonsense')

    expect([legacy.status, legacy.headers.get('api-version')]).toEqual([401, '8.0'])
    expect([clean.status, clean.headers.get('api-version')]).toEqual([401, '8.1'])
    expect(clean.body).toMatchObject({ errors: [{ code: 'UNAUTHENTICATED' }] })
  })

  it('lets pages of other origins name a version', async () => {
    const response = await fetch(`${house.url}/Api/V8/module/Accounts`, {
      method: 'OPTIONS',
      headers: { 'access-control-request-method': 'PATCH', 'access-control-request-headers': 'api-version, if-match' },
    })

    expect(response.status).toBe(204)
    expect(response.headers.get('access-control-allow-headers')).toContain('API-Version, If-Match')
  })

  it('answers an API client by the version that it was pinned to, until it asks for another', async () => {
    const { id, token } = await house.newClient('ada')
    const pin = (apiVersion: string) =>
      house.graphql(
        'mutation ($id: ID!, $v: String) { updateApiClient(id: $id, input: { apiVersion: $v }) { apiVersion } }',
        {
          id,
          v: apiVersion,
        },
      )
    const wrong = await pin('7')
    const right = await pin('8.1')

    const answering = async (version?: string) =>
      (await get(house, version, '/module/Accounts', token)).headers.get('api-version')

    expect(wrong.errors?.[0]?.extensions).toMatchObject({ code: 'INVALID', field: 'apiVersion' })
    expect(right.data).toEqual({ updateApiClient: { apiVersion: '8.1' } })
    await expect.poll(() => answering(), { timeout: 10_000 }).toBe('8.1')
    expect(await answering('8.0')).toBe('8.0')
  })

  it('demands If-Match where the operator or the client wants it', async () => {
    const patch = async (of: typeof house, token: string) => {
      const made = await of.graphql('mutation { createAccount(input: { name: "Acme" }) { id } }')
      const { id } = made.data?.['createAccount'] as { id: string }
      const response = await fetch(`${of.url}/Api/V8/module/Accounts/${id}`, {
        method: 'PATCH',
        headers: { 'api-version': '8.1', authorization: `Bearer ${token}`, 'content-type': 'application/vnd.api+json' },
        body: JSON.stringify({ data: { type: 'Accounts', id, attributes: { name: 'Other' } } }),
      })
      return { status: response.status, ...((await response.json()) as object) }
    }
    const careful = await house.newClient('ada')
    await house.graphql('mutation ($id: ID!) { updateApiClient(id: $id, input: { requiresIfMatch: true }) { id } }', {
      id: careful.id,
    })

    expect(await patch(strict, await strict.tokenOf('ada'))).toMatchObject({
      status: 428,
      errors: [{ code: 'PRECONDITION_REQUIRED' }],
    })
    await expect.poll(async () => (await patch(house, careful.token)).status, { timeout: 10_000 }).toBe(428)
    expect((await patch(house, await house.tokenOf('ada'))).status).toBe(200)
  })
})
