import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { servedHouse } from '../served.ts'

// The authorization server in a whole house: what its doors tell, and what is logged.

const house = await servedHouse()
const secret = 'open sesame'
const aClient = async (id: string, grant: string, settings?: object) => {
  const hash = createHash('sha256').update(secret).digest('hex')
  await house.sql`insert into oauth2clients ${house.sql({ id, name: id, secret: hash, allowed_grant_type: grant, assigned_user_id: house.users.ben, is_confidential: true })}`
  if (settings) await house.sql`insert into api_client_settings ${house.sql({ client_id: id, ...settings })}`
  return { client_id: id, client_secret: secret }
}
const post = (path: string, form: Record<string, string>) =>
  fetch(house.url + path, { method: 'POST', body: new URLSearchParams(form) })
const lineOf = (answer: Response) => {
  const id = answer.headers.get('x-request-id')
  return expect.poll(() => house.lines.find(line => line.request_id === id && line.event === 'request'))
}

it.each(['/graphql', '/Api/V8'])('leads whoever is refused at %s to the server that issues tokens', async path => {
  const url = house.url + (path === '/graphql' ? path : `${path}/module/Accounts`)

  const refused = await fetch(url, { headers: { accept: 'application/json', authorization: 'Bearer x.y.z' } })

  expect(refused.status).toBe(401)
  const challenge = refused.headers.get('www-authenticate') ?? ''
  expect(challenge).toContain('error="invalid_token"')
  const metadata = /resource_metadata="([^"]+)"/.exec(challenge)?.[1] ?? ''
  const resource = (await (await fetch(metadata)).json()) as { resource: string; authorization_servers: string[] }
  expect(resource.resource).toBe(house.url + path)
  const server = await fetch(`${resource.authorization_servers[0] ?? ''}/.well-known/oauth-authorization-server`)
  expect(await server.json()).toMatchObject({ issuer: house.url, token_endpoint: `${house.url}/oauth/token` })
})

it('opens GraphQL and V8 with a token by RFC 9068', async () => {
  const client = await aClient('robot', 'client_credentials', { scopes: ['records:read'] })
  const issued = await post('/oauth/token', { grant_type: 'client_credentials', ...client })
  const { access_token } = (await issued.json()) as { access_token: string }
  const headers = { authorization: `Bearer ${access_token}`, 'content-type': 'application/json' }

  const graphql = await fetch(`${house.url}/graphql`, { method: 'POST', headers, body: '{"query":"{ me { id } }"}' })
  const v8 = await fetch(`${house.url}/Api/V8/module/Accounts`, { headers })

  expect(await graphql.json()).toMatchObject({ data: { me: { id: house.users.ben } } })
  expect(v8.status).toBe(200)
})

it('logs who asked for which grant, why it was refused, and nothing that opens anything', async () => {
  const client = await aClient('logged', 'client_credentials', {})

  const given = await post('/oauth/token', { grant_type: 'client_credentials', ...client })
  const refused = await post('/oauth/token', { grant_type: 'refresh_token', refresh_token: 'stolen goods', ...client })

  await lineOf(given).toMatchObject({
    door: 'oauth',
    operation: 'client_credentials',
    status: 200,
    client_id: 'logged',
  })
  await lineOf(refused).toMatchObject({
    operation: 'refresh_token',
    status: 400,
    code: 'invalid_grant',
    reason: 'refresh token not found',
    client_id: 'logged',
  })
  const log = JSON.stringify(house.lines)
  const { access_token } = (await given.json()) as { access_token: string }
  for (const value of [secret, access_token, 'stolen goods']) expect(log).not.toContain(value)
})

it.each(['/Api/access_token', '/oauth/token'])('logs each use of the password grant at %s', async path => {
  const client = await aClient(`portal of ${path}`, 'password')

  const answer = await post(path, { grant_type: 'password', username: 'ben', password: 'guess', ...client })

  expect(answer.headers.get('deprecation')).toBe('@1735689600')
  const docs = /<([^>]+)>; rel="deprecation"/.exec(answer.headers.get('link') ?? '')?.[1] ?? ''
  expect(await (await fetch(docs)).text()).toContain('id="password-grant"')
  await lineOf(answer).toMatchObject({
    operation: 'password',
    deprecated: 'password grant',
    client_id: `portal of ${path}`,
    reason: 'wrong name or password, or switched off',
  })
})

it('answers what it does not understand in the words of OAuth', async () => {
  const none = await post('/oauth/token', {})
  const json = await fetch(`${house.url}/oauth/token`, {
    method: 'POST',
    body: '{}',
    headers: { 'content-type': 'application/json' },
  })
  const huge = await post('/oauth/token', { grant_type: 'x'.repeat(70_000) })

  expect([none.status, json.status, huge.status]).toEqual([400, 400, 413])
  for (const answer of [none, json, huge]) {
    expect(answer.headers.get('content-type')).toContain('application/json')
    expect(await answer.json()).toMatchObject({ error: 'invalid_request' })
  }
})
