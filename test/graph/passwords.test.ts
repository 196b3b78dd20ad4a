import { beforeEach, describe, expect, it } from 'vitest'
import { md5Of } from '../../drizzle/password-hash.ts'
import { storedPassword } from '../passwords.ts'
import { servedHouse } from '../gateway/served.ts'

const change = 'mutation ($input: PasswordChange!) { changePassword(input: $input) { id user_name } }'

describe.each([
  { how: 'in process', apart: [] },
  { how: 'identity over HTTP', apart: ['identity'] },
])('changing a password, $how', async ({ apart }) => {
  const house = await servedHouse({ apart })
  const { sql, url, users } = house
  const [old, fresh] = ['the old one', 'the new one, Grüße']
  await sql`insert into oauth2clients (id, name, secret, allowed_grant_type, is_confidential)
    values ('c', 'c', encode(sha256('s'), 'hex'), 'password', true)`
  beforeEach(async () => {
    const hash = await storedPassword(old)
    await sql`update users set user_hash = ${hash}, external_auth_only = false`
  })

  const signIn = async (username: string, password: string) => {
    const form = { grant_type: 'password', client_id: 'c', client_secret: 's', username, password }
    const response = await fetch(`${url}/Api/access_token`, { method: 'POST', body: new URLSearchParams(form) })
    return ((await response.json()) as { access_token?: string }).access_token
  }
  const ask = async (bearer: string, input: object) => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
      body: JSON.stringify({ query: change, variables: { input } }),
    })
    return (await response.json()) as { data?: object; errors?: { extensions: { code: string; field?: string } }[] }
  }
  const legacyLogin = async (user_name: string, password: string) => {
    const rest_data = JSON.stringify({ user_auth: { user_name, password: md5Of(password) } })
    const body = new URLSearchParams({ method: 'login', input_type: 'JSON', response_type: 'JSON', rest_data })
    const response = await fetch(`${url}/service/v4_1/rest.php`, { method: 'POST', body })
    return ((await response.json()) as { id?: string }).id
  }
  const refusal = async (input: object, as = 'ben') => {
    const { errors } = await ask((await signIn(as, old)) ?? '', input)
    return errors?.map(({ extensions: { code, field } }) => (field ? `${code} ${field}` : code))
  }

  it('lets the user in with the new one at every door, and with the old one at none', async () => {
    const bearer = (await signIn('ben', old)) ?? ''

    const { data } = await ask(bearer, { currentPassword: old, newPassword: fresh })

    expect(data).toEqual({ changePassword: { id: users.ben, user_name: 'ben' } })
    expect(await signIn('ben', fresh)).toBeDefined()
    expect(await legacyLogin('ben', fresh)).toBeDefined()
    expect(await signIn('ben', old)).toBeUndefined()
    expect(await legacyLogin('ben', old)).toBeUndefined()
    const [row] = await sql`select user_hash, pwd_last_changed is not null as told from users where id = ${users.ben}`
    expect(row).toEqual({ user_hash: expect.stringMatching(/^\$sw\$/) as string, told: true })
    expect(JSON.stringify(house.lines)).not.toContain(fresh)
  })

  it('signs the user out everywhere, and nobody else', async () => {
    const [bearer = '', phone = '', adas = ''] = [
      await signIn('ben', old),
      await signIn('ben', old),
      await signIn('ada', old),
    ]
    const status = async (token: string) =>
      (await fetch(`${url}/Api/V8/current-user`, { headers: { authorization: `Bearer ${token}` } })).status
    expect(await status(phone)).toBe(200)

    await ask(bearer, { currentPassword: old, newPassword: fresh })

    for (const token of [bearer, phone]) await expect.poll(() => status(token)).toBe(401)
    expect(await status(adas)).toBe(200)
  })

  it.each([
    [{ newPassword: fresh }, 'INVALID currentPassword'],
    [{ currentPassword: 'wrong', newPassword: fresh }, 'INVALID currentPassword'],
    [{ currentPassword: md5Of(old), newPassword: fresh }, 'INVALID currentPassword'],
    [{ currentPassword: old, newPassword: 'short' }, 'INVALID newPassword'],
    [{ currentPassword: old, newPassword: 'x'.repeat(257) }, 'INVALID newPassword'],
    [{ currentPassword: old, newPassword: 'aaaaaaaaaaaa' }, 'INVALID newPassword'],
  ])('refuses %o, and the old one stays', async (input, why) => {
    expect(await refusal(input)).toEqual([why])
    expect(await signIn('ben', old)).toBeDefined()
  })

  it('of somebody else is for administrators, who need not know the old one', async () => {
    expect(await refusal({ userId: users.ada, currentPassword: old, newPassword: fresh })).toEqual(['FORBIDDEN'])
    expect(await refusal({ userId: 'nobody', newPassword: fresh }, 'ada')).toEqual(['NOT_FOUND'])
    expect(await refusal({ newPassword: fresh }, 'ada')).toEqual(['INVALID currentPassword'])

    expect(await refusal({ userId: users.ben, newPassword: fresh }, 'ada')).toBeUndefined()

    expect(await signIn('ben', fresh)).toBeDefined()
    expect(await signIn('ada', old)).toBeDefined()
  })

  it('is not for API keys, nor for users who sign in elsewhere', async () => {
    const { data } = await house.graphql(
      'mutation { createApiKey(input: { name: "x", scopes: ["*"] }) { secret } }',
      {},
      'ben',
    )
    const { secret } = data?.createApiKey as { secret: string }
    const input = { currentPassword: old, newPassword: fresh }

    expect((await ask(secret, input)).errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }])
    await sql`update users set external_auth_only = true where id = ${users.ben}`
    expect(await refusal(input)).toEqual(['CONFLICT'])
  })
})
