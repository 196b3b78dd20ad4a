import { expect, it } from 'vitest'
import { storedPassword } from '../passwords.ts'
import { servedHouse } from '../gateway/served.ts'

const house = await servedHouse()
const { graphql, sql, url, users } = house
await sql`insert into oauth2clients (id, name, secret, allowed_grant_type, is_confidential)
  values ('portal', 'Portal', encode(sha256('s'), 'hex'), 'password', true)`
await sql`update users set user_hash = ${await storedPassword('open sesame')}`

const signIn = async (username: string) => {
  const form = { grant_type: 'password', client_id: 'portal', client_secret: 's', username, password: 'open sesame' }
  const response = await fetch(`${url}/Api/access_token`, { method: 'POST', body: new URLSearchParams(form) })
  return ((await response.json()) as { access_token: string }).access_token
}
const status = async (token: string) =>
  (await fetch(`${url}/Api/V8/current-user`, { headers: { authorization: `Bearer ${token}` } })).status

type Listed = { id: string; kind: string; clientId: string; user: { user_name: string } }
const list = async (as: 'ada' | 'ben', given = '') => {
  const { data } = await graphql(
    `{ tokens${given} { id kind clientId createdAt expiresAt user { user_name } } }`,
    {},
    as,
  )
  return (data?.tokens ?? []) as Listed[]
}

it('shows what one is signed in with, and administrators what anybody is', async () => {
  await signIn('ada')
  await signIn('ben')

  const names = (tokens: Listed[]) => new Set(tokens.map(({ user }) => user.user_name))
  expect(names(await list('ben'))).toEqual(new Set(['ben']))
  expect(names(await list('ada'))).toEqual(new Set(['ada', 'ben']))
  expect(names(await list('ada', `(userId: "${users.ben}")`))).toEqual(new Set(['ben']))
  expect(await list('ada', '(clientId: "nothing")')).toEqual([])
  expect((await list('ben'))[0]).toMatchObject({
    kind: 'GRANT',
    clientId: 'portal',
    createdAt: expect.stringMatching(/Z$/) as string,
  })
})

it('is refused for what is somebody else’s', async () => {
  const bearer = await signIn('ada')
  const [{ id = '' } = {}] = await list('ada', `(userId: "${users.ada}")`)

  const code = async (operation: string) => (await graphql(operation, {}, 'ben')).errors?.[0]?.extensions.code
  expect(await code(`{ tokens(userId: "${users.ada}") { id } }`)).toBe('FORBIDDEN')
  expect(await code(`mutation { revokeToken(id: "${id}") }`)).toBe('NOT_FOUND')
  expect(await code(`mutation { signOutEverywhere(userId: "${users.ada}") }`)).toBe('FORBIDDEN')
  expect(await code('mutation { revokeApiClientTokens(id: "portal") }')).toBe('FORBIDDEN')
  expect(await status(bearer)).toBe(200)
})

it('ends one, those of a user, those of a client', async () => {
  const earlier = new Set((await list('ben')).map(token => token.id))
  const one = await signIn('ben')
  const { id = '' } = (await list('ben')).find(token => !earlier.has(token.id)) ?? {}
  const rest = [await signIn('ben'), await signIn('ben')]

  const ended = await graphql('mutation ($id: ID!) { revokeToken(id: $id) }', { id }, 'ben')

  expect(ended.data).toEqual({ revokeToken: id })
  await expect.poll(() => status(one)).toBe(401)
  for (const token of rest) expect(await status(token)).toBe(200)

  const out = await graphql('mutation ($id: ID) { signOutEverywhere(userId: $id) }', { id: users.ben }, 'ada')
  expect(out.data).toEqual({ signOutEverywhere: users.ben })
  for (const token of rest) await expect.poll(() => status(token)).toBe(401)

  const adas = await signIn('ada')
  await graphql('mutation { revokeApiClientTokens(id: "portal") }')
  await expect.poll(() => status(adas)).toBe(401)
})
