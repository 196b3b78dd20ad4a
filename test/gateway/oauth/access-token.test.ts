import { describe, expect, it } from 'vitest'
import { answerOf, claimsOf, headerOf, identityHouse, tokenIn } from './setup.ts'

const house = await identityHouse()
const ann = await house.aUser('ann')
const bot = await house.aUser('bot')
const passwordClient = await house.aClient('password')
const robot = await house.aClient('client_credentials', { assigned_user_id: bot.id })
const webShop = await house.aClient('authorization_code', { redirect_url: 'https://shop.example.com/cb' })
const signIn = { grant_type: 'password', username: ann.name, password: ann.password }
const malformed =
  'The request is missing a required parameter, includes an invalid parameter value, includes a parameter more than once, or is otherwise malformed.'

const leagueError = (error: string, description: string, hint?: string) =>
  JSON.stringify({ error, error_description: description, ...(hint && { hint }), message: description })

describe('a token by password', () => {
  it('is what SuiteCRM answers: the keys in their order, a JWT signed RS256 with its seven claims', async () => {
    const answer = await house.token({ ...signIn, ...passwordClient })

    expect(answer.status).toBe(200)
    expect(Object.keys(answer.json)).toEqual(['token_type', 'expires_in', 'access_token', 'refresh_token'])
    expect(answer.json).toMatchObject({ token_type: 'Bearer', expires_in: 3600 })
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'application/json; charset=UTF-8',
      'cache-control': 'no-store',
      pragma: 'no-cache',
      'access-control-allow-origin': '*',
    })
    expect(headerOf(tokenIn(answer))).toMatchObject({ typ: 'JWT', alg: 'RS256' })
    const { iat, nbf, exp, ...claims } = claimsOf(tokenIn(answer))
    expect(claims).toEqual({
      aud: passwordClient.client_id,
      jti: expect.stringMatching(/^[0-9a-f]{80}$/),
      sub: ann.id,
      scopes: [],
    })
    expect([typeof iat, nbf, Number(exp) - Number(iat)]).toEqual(['number', iat, 3600])
    expect(await house.who(tokenIn(answer))).toMatchObject({ kind: 'ok', principal: { userId: ann.id, scopes: 'all' } })
  })

  const params = { ...signIn, ...passwordClient }
  const multipart = new FormData()
  for (const [name, value] of Object.entries(params)) multipart.append(name, value)
  const basic = `Basic ${Buffer.from(`${passwordClient.client_id}:${passwordClient.client_secret}`).toString('base64')}`
  const ways: Record<string, { body: string | URLSearchParams | FormData; headers?: Record<string, string> }> = {
    'a form': { body: new URLSearchParams(params) },
    'a multipart form': { body: multipart },
    JSON: { body: JSON.stringify(params), headers: { 'content-type': 'application/json' } },
    'JSON:API': {
      body: JSON.stringify(params),
      headers: { 'content-type': 'application/vnd.api+json; charset=utf-8' },
    },
    'HTTP Basic': { body: new URLSearchParams(signIn), headers: { authorization: basic } },
    'an empty scope': { body: new URLSearchParams({ ...params, scope: '' }) },
    'parameters that SuiteCRM does not know': {
      body: new URLSearchParams({
        ...params,
        resource: 'http://x',
        client_assertion: 'y',
        authorization_details: '[]',
      }),
    },
    'the name in other letters': { body: new URLSearchParams({ ...params, username: 'ANN' }) },
  }
  it.each(Object.entries(ways))('comes for %s', async (_name, init) => {
    const answer = await answerOf(await fetch(`${house.base}/Api/access_token`, { method: 'POST', ...init }))

    expect(answer).toMatchObject({ status: 200, json: { token_type: 'Bearer' } })
  })

  it.each(['/Api/index.php', '/legacy/Api', '/legacy/Api/index.php'])('comes from %s too', async base => {
    const body = new URLSearchParams(params)
    expect(await fetch(`${house.base}${base}/access_token`, { method: 'POST', body })).toMatchObject({ status: 200 })
  })
})

describe('a token by client_credentials', () => {
  it('has no subject and no refresh token, and acts as the user of the client', async () => {
    const answer = await house.token({ grant_type: 'client_credentials', ...robot })

    expect(Object.keys(answer.json)).toEqual(['token_type', 'expires_in', 'access_token'])
    expect(claimsOf(tokenIn(answer))).toMatchObject({ sub: '', aud: robot.client_id })
    expect(await house.who(tokenIn(answer))).toMatchObject({
      kind: 'ok',
      principal: { userId: bot.id, clientId: robot.client_id },
    })
  })

  it('needs a client that acts as somebody', async () => {
    const nobody = await house.aClient('client_credentials')

    const answer = await house.token({ grant_type: 'client_credentials', ...nobody })

    expect(answer).toMatchObject({ status: 500, text: leagueError('unknown_error', 'No user found') })
  })
})

describe('a refused request', () => {
  const { client_id, client_secret } = passwordClient
  const unsupported = leagueError(
    'unsupported_grant_type',
    'The authorization grant type is not supported by the authorization server.',
    'Check that all required parameters have been provided',
  )
  const check = (parameter: string) => leagueError('invalid_request', malformed, `Check the \`${parameter}\` parameter`)
  const invalidClient = leagueError('invalid_client', 'Client authentication failed')
  const wrongLogin = leagueError('invalid_grant', 'The user credentials were incorrect.')
  const badRefresh = leagueError('invalid_request', 'The refresh token is invalid.', 'Cannot decrypt the refresh token')
  const badCode = leagueError('invalid_request', malformed, 'Cannot decrypt the authorization code')
  const scope = (name: string) =>
    leagueError('invalid_scope', 'The requested scope is invalid, unknown, or malformed', `Check the \`${name}\` scope`)
  const all = { ...signIn, ...passwordClient }
  const code = { grant_type: 'authorization_code', redirect_uri: 'https://shop.example.com/cb', ...webShop }
  const rows: [string, number, string, Record<string, string>][] = [
    ['no grant type', 400, unsupported, { client_id, client_secret }],
    ['an unknown grant type', 400, unsupported, { ...all, grant_type: 'foo' }],
    ['a grant type of Object', 400, unsupported, { ...all, grant_type: 'constructor' }],
    ['the implicit grant', 400, unsupported, { ...all, grant_type: 'implicit' }],
    ['no client', 400, check('client_id'), signIn],
    ['a wrong secret', 401, invalidClient, { ...all, client_secret: 'x' }],
    ['an empty secret', 401, invalidClient, { ...all, client_secret: '' }],
    [
      'the hash for the secret',
      401,
      invalidClient,
      { ...all, client_secret: '41ef4bb0b23661e66301aac36066912dac037827b4ae63a7b1165a5aa93ed4eb' },
    ],
    ['no secret', 401, invalidClient, { ...signIn, client_id }],
    ['an unknown client', 401, invalidClient, { ...all, client_id: 'nope' }],
    ['a client with a NUL', 401, invalidClient, { ...all, client_id: 'a\0b' }],
    ['SQL for a client', 401, invalidClient, { ...all, client_id: `' or 1=1 --` }],
    ['a grant the client has not', 401, invalidClient, { ...all, ...robot }],
    ['the other way round', 401, invalidClient, { grant_type: 'client_credentials', ...passwordClient }],
    ['a wrong password', 400, wrongLogin, { ...all, password: 'guess' }],
    ['an unknown user', 400, wrongLogin, { ...all, username: 'nobody' }],
    ['a user with a NUL', 400, wrongLogin, { ...all, username: 'ann\0' }],
    ['an empty password', 400, wrongLogin, { ...all, password: '' }],
    ['no user name', 400, check('username'), { grant_type: 'password', password: 'x', ...passwordClient }],
    ['no password', 400, check('password'), { grant_type: 'password', username: 'ann', ...passwordClient }],
    ['a scope', 400, scope('standard:create'), { ...all, scope: 'standard:create' }],
    ['a scope of a robot', 400, scope('x&lt;y'), { grant_type: 'client_credentials', scope: ' x<y z', ...robot }],
    ['no refresh token', 400, check('refresh_token'), { grant_type: 'refresh_token', ...passwordClient }],
    [
      'a made-up refresh token',
      401,
      badRefresh,
      { grant_type: 'refresh_token', refresh_token: 'zzz', ...passwordClient },
    ],
    ['an empty refresh token', 401, badRefresh, { grant_type: 'refresh_token', refresh_token: '', ...passwordClient }],
    ['no code', 400, check('code'), code],
    ['a made-up code', 400, badCode, { ...code, code: 'x' }],
    [
      'another redirect address',
      401,
      invalidClient,
      { ...code, code: 'x', redirect_uri: 'https://shop.example.com/cb2' },
    ],
  ]
  it.each(rows)('for %s', async (_name, status, text, form) => {
    const answer = await house.token(form)

    expect({ status: answer.status, text: answer.text }).toEqual({ status, text })
    expect(answer.headers.get('content-type')).toBe('application/json')
    expect(house.troubles).toEqual([])
  })

  it.each([
    ['an empty body', '', 'application/json'],
    ['broken JSON', '{"grant_type":', 'application/json'],
    ['a JSON text', '"password"', 'application/json'],
    ['broken UTF-8', Buffer.from([0xff, 0xfe, 0x3d]), 'application/x-www-form-urlencoded'],
    ['XML', '<grant_type>password</grant_type>', 'application/xml'],
    ['a broken multipart form', '--x', 'multipart/form-data; boundary=y'],
  ])('for %s', async (_name, body, type) => {
    const init = { method: 'POST', body, headers: { 'content-type': type } }
    const answer = await answerOf(await fetch(`${house.base}/Api/access_token`, init))

    expect(answer).toMatchObject({ status: 400, text: unsupported })
  })

  it('for an inactive user with the right password, as for a wrong one', async () => {
    const off = await house.aUser('off', { status: 'Inactive' })

    const answer = await house.token({ ...all, username: off.name, password: off.password })

    expect(answer).toMatchObject({ status: 400, text: wrongLogin })
  })

  it('for 2 MB, without reading them', async () => {
    const init = { method: 'POST', body: new URLSearchParams({ grant_type: 'x'.repeat(2_000_000) }) }
    expect(await fetch(`${house.base}/Api/access_token`, init)).toMatchObject({ status: 413 })
  })

  it('names the scheme to a client that came with Basic', async () => {
    const answer = await house.token(signIn, { authorization: `Basic ${btoa(`${client_id}:wrong`)}` })

    expect(answer.headers.get('www-authenticate')).toBe('Basic realm="OAuth"')
    expect(answer).toMatchObject({ status: 401, text: invalidClient })
  })
})

it('takes no other method than POST', async () => {
  const get = await fetch(`${house.base}/Api/access_token`)
  const options = await fetch(`${house.base}/Api/access_token`, { method: 'OPTIONS' })

  expect([get.status, get.headers.get('allow'), await get.text()]).toEqual([
    405,
    'POST',
    '{"message":"Method not allowed. Must be one of: POST"}',
  ])
  expect([options.status, options.headers.get('allow'), await options.text()]).toEqual([
    200,
    'POST',
    'Allowed methods: POST',
  ])
  expect(options.headers.get('content-type')?.toLowerCase()).toBe('text/plain;charset=utf-8')
})

it('keeps no bearer value at rest', async () => {
  const answer = await house.token({ ...signIn, ...passwordClient })

  const rows = await house.sql`select t::text as text from oauth_entry t union all select t::text from oauth_key t`
  const dump = rows.map(row => row.text).join('\n')
  expect(dump).not.toContain(tokenIn(answer, 'refresh_token'))
  expect(dump).not.toContain(tokenIn(answer))
  expect(dump).not.toMatch(/"d"\s*:/)
})
