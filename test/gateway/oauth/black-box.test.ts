import * as oauth from 'oauth4webapi'
import * as oidc from 'openid-client'
import { describe, expect, it } from 'vitest'
import { openBrowser, type Page } from './browser.ts'
import { claimsOf, headerOf, identityHouse, tokenIn, type Client } from './setup.ts'

// What strict clients of others make of our authorization server: openid-client and oauth4webapi check every answer.

const house = await identityHouse()
const issuer = new URL(house.base)
const ann = await house.aUser('ann')
const login = { name: ann.name, password: ann.password }
const back = 'https://shop.example/cb'
const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code'

const robot = await house.aClient('client_credentials', { assigned_user_id: ann.id }, { scopes: ['records:read'] })
const shop = await house.aClient(
  'authorization_code',
  { redirect_url: back, name: 'Shop' },
  { scopes: ['records:*', 'logs:read'], extra_grants: [deviceGrant] },
)
const spa = await house.aClient('authorization_code', { redirect_url: back, is_confidential: false }, {})

const insecure = { [oauth.allowInsecureRequests]: true }
const metadata = await oauth.processDiscoveryResponse(
  issuer,
  await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure }),
)

const relyingParty = (client: Client, auth: oidc.ClientAuth = oidc.ClientSecretBasic(client.client_secret)) =>
  oidc.discovery(issuer, client.client_id, undefined, auth, { execute: [oidc.allowInsecureRequests] })

/** Goes from an authorization address over sign-in and consent back to the client. */
async function agree(url: URL | string, browser = openBrowser(house.base)): Promise<Page> {
  const page = await browser.submit(await browser.visit(String(url)), 'login', login)
  return browser.submit(page, 'allow')
}

/** The code flow as a client does it. */
async function signIn(config: oidc.Configuration, parameters: Record<string, string> = {}, options?: oidc.DPoPOptions) {
  const verifier = oidc.randomPKCECodeVerifier()
  const state = oidc.randomState()
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: back,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    ...parameters,
  })
  const end = new URL((await agree(url)).url)
  return oidc.authorizationCodeGrant(
    config,
    end,
    { pkceCodeVerifier: verifier, expectedState: state, idTokenExpected: parameters.scope?.includes('openid') },
    undefined,
    options,
  )
}

/** How a resource server of somebody else would check the token. */
const validated = (token: string) =>
  oauth.validateJwtAccessToken(
    metadata,
    new Request(`${house.base}/who`, { headers: { authorization: `Bearer ${token}` } }),
    house.base,
    insecure,
  )

const post = (path: string, form: Record<string, string>, headers: Record<string, string> = {}) =>
  fetch(house.base + path, { method: 'POST', body: new URLSearchParams(form), headers })
const json = async (response: Response) => (await response.json()) as Record<string, unknown>
const refused = (error: string) => expect.objectContaining({ error })

describe('metadata', () => {
  it('describes what there is, at the addresses of RFC 8414 and OpenID Connect', async () => {
    const openid = await json(await fetch(`${house.base}/.well-known/openid-configuration`))

    expect(openid).toEqual(metadata)
    expect(metadata).toMatchObject({
      issuer: house.base,
      token_endpoint: `${house.base}/oauth/token`,
      jwks_uri: `${house.base}/oauth/jwks`,
      pushed_authorization_request_endpoint: `${house.base}/oauth/par`,
      device_authorization_endpoint: `${house.base}/oauth/device_authorization`,
      introspection_endpoint: `${house.base}/oauth/introspect`,
      revocation_endpoint: `${house.base}/oauth/revoke`,
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
      dpop_signing_alg_values_supported: expect.arrayContaining(['ES256']),
      scopes_supported: expect.arrayContaining(['openid', 'records:read', 'admin:*']),
    })
  })

  it('names the issuer however it was reached', async () => {
    const elsewhere = await json(
      await fetch(`${house.base}/.well-known/oauth-authorization-server`, {
        headers: { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' },
      }),
    )

    expect(JSON.stringify(elsewhere)).not.toContain('evil.example')
  })

  it('tells clients of the API who issues its tokens (RFC 9728)', async () => {
    for (const path of ['', '/graphql', '/Api/V8']) {
      const resource = new URL(house.base + path)
      const response = await oauth.resourceDiscoveryRequest(resource, insecure)
      const document = await oauth.processResourceDiscoveryResponse(
        path === '' ? new URL(house.base) : resource,
        await withResource(response, resource),
      )
      expect(document.authorization_servers).toEqual([house.base])
      expect(document.scopes_supported).toContain('records:read')
    }
  })

  /** The library writes the address of an origin with a slash at its end; RFC 9728 compares letters. */
  async function withResource(response: Response, resource: URL) {
    const document = await json(response)
    expect(resource.href.replace(/\/$/, '')).toBe(document.resource)
    return Response.json({ ...document, resource: resource.href })
  }

  it('publishes public halves of keys only', async () => {
    const { keys } = await json(await fetch(metadata.jwks_uri ?? ''))

    expect(keys).toHaveLength(4)
    for (const key of keys as Record<string, unknown>[]) {
      expect(Object.keys(key)).not.toEqual(expect.arrayContaining(['d']))
      expect(key).toMatchObject({ use: 'sig', kid: expect.any(String), alg: expect.stringMatching(/^(RS|ES)256$/) })
    }
  })
})

describe('client credentials', () => {
  it.each([
    ['Basic', (secret: string) => oidc.ClientSecretBasic(secret)],
    ['a form', (secret: string) => oidc.ClientSecretPost(secret)],
  ])('buy a token by RFC 9068 with the secret in %s', async (_name, auth) => {
    const tokens = await oidc.clientCredentialsGrant(await relyingParty(robot, auth(robot.client_secret)))

    expect(tokens).toMatchObject({ token_type: 'bearer', expires_in: 900, scope: 'records:read' })
    expect(headerOf(tokens.access_token)).toMatchObject({ typ: 'at+jwt', alg: 'ES256' })
    expect(await validated(tokens.access_token)).toMatchObject({
      iss: house.base,
      aud: house.base,
      client_id: robot.client_id,
      scope: 'records:read',
    })
    expect(await house.who(tokens.access_token)).toMatchObject({
      kind: 'ok',
      principal: { userId: ann.id, clientId: robot.client_id, scopes: ['records:read'] },
    })
  })

  it('give what is asked for, as far as the client may have it', async () => {
    const config = await relyingParty(robot)

    const narrow = await oidc.clientCredentialsGrant(config, { scope: 'records:read:Accounts' })
    expect(await house.who(narrow.access_token)).toMatchObject({ principal: { scopes: ['records:read:Accounts'] } })
    for (const scope of ['records:write', 'records:fly']) {
      await expect(oidc.clientCredentialsGrant(config, { scope })).rejects.toEqual(refused('invalid_scope'))
    }
  })

  it('are narrowed at once when the client is', async () => {
    const narrowed = await house.aClient('client_credentials', { assigned_user_id: ann.id }, { token_seconds: 60 })
    const tokens = await oidc.clientCredentialsGrant(await relyingParty(narrowed))
    expect(tokens.expires_in).toBe(60)
    await house.sql`update api_client_settings set scopes = '{records:read:Accounts,logs:read}'
      where client_id = ${narrowed.client_id}`
    await house.identity.notices.send({ kind: 'client', id: narrowed.client_id })

    const caller = await house.who(tokens.access_token)

    expect(caller).toMatchObject({ principal: { scopes: ['records:read:Accounts', 'logs:read'] } })
  })

  it('are refused with a wrong secret, a foreign resource, or a grant that is not theirs', async () => {
    const guessing = await relyingParty(robot, oidc.ClientSecretBasic('guess'))
    const [own, other] = [await relyingParty(robot), await relyingParty(shop)]

    await expect(oidc.clientCredentialsGrant(guessing)).rejects.toMatchObject({ status: 401 })
    await expect(oidc.clientCredentialsGrant(own, { resource: 'https://elsewhere.example' })).rejects.toEqual(
      refused('invalid_target'),
    )
    await expect(oidc.clientCredentialsGrant(other)).rejects.toEqual(refused('invalid_request'))
  })

  it('are refused when a parameter is sent twice', async () => {
    const body = 'grant_type=client_credentials&scope=records:read&scope=records:write'
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `Basic ${btoa(`${robot.client_id}:open+sesame`)}`,
    }

    const answer = await fetch(`${house.base}/oauth/token`, { method: 'POST', body, headers })

    expect(answer.status).toBe(400)
    expect(await json(answer)).toMatchObject({ error: 'invalid_request' })
  })
})

describe('the code flow', () => {
  it('signs a user in, with an ID token when one is asked for, and names the issuer in its answer', async () => {
    const tokens = await signIn(await relyingParty(shop), { scope: 'openid records:read logs:read' })

    expect(tokens.claims()).toMatchObject({ iss: house.base, sub: ann.id, aud: shop.client_id })
    expect(await validated(tokens.access_token)).toMatchObject({ sub: ann.id, scope: 'records:read logs:read' })
    expect(await house.who(tokens.access_token)).toMatchObject({
      principal: { userId: ann.id, clientId: shop.client_id, scopes: ['records:read', 'logs:read'] },
    })
    const idToken = tokens.id_token ?? ''
    expect(await house.who(idToken)).toMatchObject({ kind: 'denied' })
  })

  it('gives all scopes of the client to who asks for none', async () => {
    const tokens = await signIn(await relyingParty(shop))

    expect(tokens.scope).toBe('records:* logs:read')
  })

  it('works for an app without a secret', async () => {
    const tokens = await signIn(await relyingParty(spa, oidc.None()), { scope: 'records:read' })

    expect(await house.who(tokens.access_token)).toMatchObject({ kind: 'ok' })
  })

  it('takes several names for the API, all good at all doors', async () => {
    const tokens = await signIn(await relyingParty(shop), { resource: `${house.base}/graphql`, scope: 'records:read' })

    expect(await validated(tokens.access_token)).toMatchObject({ aud: house.base })
    expect(await house.who(tokens.access_token)).toMatchObject({ kind: 'ok' })
  })

  it('wants PKCE with S256 from every client of ours, with a secret or without', async () => {
    for (const client of [shop, spa]) {
      for (const challenge of ['', `&code_challenge=${'x'.repeat(43)}&code_challenge_method=plain`]) {
        const query = new URLSearchParams({ response_type: 'code', client_id: client.client_id, redirect_uri: back })
        const page = await openBrowser(house.base).visit(
          `${house.base}/oauth/authorize?${query.toString()}${challenge}`,
        )
        const answer = new URL(page.url).searchParams
        expect([answer.get('error'), answer.get('iss')]).toEqual(['invalid_request', house.base])
      }
    }
  })

  it('refuses a wrong verifier, and ten who redeem one code at the same time get one pair', async () => {
    const config = await relyingParty(shop)
    const verifier = oidc.randomPKCECodeVerifier()
    const challenge = await oidc.calculatePKCECodeChallenge(verifier)
    const url = oidc.buildAuthorizationUrl(config, {
      redirect_uri: back,
      code_challenge: challenge,
      code_challenge_method: 'S256',
    })
    const end = new URL((await agree(url)).url)
    const redeem = (pkceCodeVerifier: string) => oidc.authorizationCodeGrant(config, end, { pkceCodeVerifier })

    await expect(redeem(oidc.randomPKCECodeVerifier())).rejects.toEqual(refused('invalid_grant'))
    const redeemed = await Promise.allSettled(Array.from({ length: 10 }, () => redeem(verifier)))

    expect(redeemed.filter(each => each.status === 'fulfilled')).toHaveLength(1)
  })

  it('takes the reuse of a code for theft: what it bought ends, and operators are told (OA-01)', async () => {
    const config = await relyingParty(shop)
    const verifier = oidc.randomPKCECodeVerifier()
    const url = oidc.buildAuthorizationUrl(config, {
      redirect_uri: back,
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    })
    const end = new URL((await agree(url)).url)
    const redeem = () => oidc.authorizationCodeGrant(config, end, { pkceCodeVerifier: verifier })
    const bought = await redeem()

    await expect(redeem()).rejects.toEqual(refused('invalid_grant'))

    expect(await house.who(bought.access_token)).toMatchObject({ kind: 'denied' })
    await expect(oidc.refreshTokenGrant(config, bought.refresh_token ?? '')).rejects.toEqual(refused('invalid_grant'))
    expect(house.alerts.at(-1)).toMatchObject({
      event: 'oauth.reuse',
      client_id: shop.client_id,
      family: expect.stringMatching(/^[0-9a-f]{40}$/),
    })
  })
})

describe('redirect addresses (OA-02)', () => {
  const visit = async (client: Client, redirect_uri: string) => {
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: client.client_id,
      redirect_uri,
      code_challenge: 'x'.repeat(43),
      code_challenge_method: 'S256',
    })
    return openBrowser(house.base).visit(`${house.base}/oauth/authorize?${query.toString()}`)
  }
  const isAccepted = async (client: Client, address: string) =>
    (await visit(client, address)).text.includes('<h1>Sign in')

  it('are compared letter by letter, and a wrong one is never gone to', async () => {
    for (const other of [
      `${back}/`,
      `${back}?x`,
      back.toUpperCase(),
      'https://shop.example/c',
      'http://shop.example/cb',
    ]) {
      const page = await visit(shop, other)
      expect([page.status, new URL(page.url).origin]).toEqual([400, house.base])
    }
    expect(await isAccepted(shop, back)).toBe(true)
  })

  it('may have any port on this machine, and nothing else may differ (RFC 8252)', async () => {
    const app = await house.aClient(
      'authorization_code',
      { redirect_url: 'http://127.0.0.1/cb', is_confidential: false },
      {},
    )

    expect(await isAccepted(app, 'http://127.0.0.1:49152/cb')).toBe(true)
    expect(await isAccepted(app, 'http://127.0.0.1:8080/cb')).toBe(true)
    expect(await isAccepted(app, 'http://127.0.0.1:8080/cb2')).toBe(false)
    expect(await isAccepted(app, 'http://127.0.0.2:8080/cb')).toBe(false)
    expect(await isAccepted(app, 'https://127.0.0.1:8080/cb')).toBe(false)
  })

  it('of a client can be several', async () => {
    const addresses = ['https://one.example/cb', 'https://two.example/cb']
    const client = await house.aClient('authorization_code', {}, { redirect_urls: addresses })

    for (const address of addresses) expect(await isAccepted(client, address)).toBe(true)
    expect(await isAccepted(client, 'https://three.example/cb')).toBe(false)
  })

  it('of browser apps are the origins that may call the token endpoint', async () => {
    const call = (origin: string) =>
      post('/oauth/token', { grant_type: 'refresh_token', refresh_token: 'x', client_id: spa.client_id }, { origin })

    expect((await call('https://shop.example')).headers.get('access-control-allow-origin')).toBe('https://shop.example')
    expect((await call('https://evil.example')).headers.get('access-control-allow-origin')).toBeNull()
  })
})

describe('pushed authorization requests', () => {
  it('carry the request aside; the address holds a reference that works once', async () => {
    const config = await relyingParty(shop)
    const verifier = oidc.randomPKCECodeVerifier()
    const url = await oidc.buildAuthorizationUrlWithPAR(config, {
      redirect_uri: back,
      scope: 'records:read',
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    })
    expect([...url.searchParams.keys()].sort()).toEqual(['client_id', 'request_uri'])

    const end = new URL((await agree(url)).url)
    const tokens = await oidc.authorizationCodeGrant(config, end, { pkceCodeVerifier: verifier })

    expect(tokens.scope).toBe('records:read')
    const again = await openBrowser(house.base).visit(url.href)
    expect(again.text).not.toContain('<h1>Sign in')
  })

  it('are refused without the secret, and for what could not be asked for openly', async () => {
    const guessing = await relyingParty(shop, oidc.ClientSecretBasic('guess'))
    const config = await relyingParty(shop)
    const challenge = { code_challenge: 'x'.repeat(43), code_challenge_method: 'S256' }

    await expect(oidc.buildAuthorizationUrlWithPAR(guessing, { redirect_uri: back })).rejects.toMatchObject({
      status: 401,
    })
    await expect(
      oidc.buildAuthorizationUrlWithPAR(config, { redirect_uri: back, scope: 'admin:*', ...challenge }),
    ).rejects.toEqual(refused('invalid_scope'))
  })
})

describe('refreshing', () => {
  it('makes another pair, which can be narrower and never wider', async () => {
    const config = await relyingParty(shop)
    const first = await signIn(config, { scope: 'records:read logs:read' })

    const narrow = await oidc.refreshTokenGrant(config, first.refresh_token ?? '', { scope: 'logs:read' })

    expect(await house.who(narrow.access_token)).toMatchObject({ principal: { scopes: ['logs:read'] } })
    const wider = { scope: 'records:read records:write' }
    await expect(oidc.refreshTokenGrant(config, narrow.refresh_token ?? '', wider)).rejects.toEqual(
      refused('invalid_scope'),
    )
    const whole = await oidc.refreshTokenGrant(config, narrow.refresh_token ?? '')
    expect(whole.scope).toBe('records:read logs:read')
  })

  it('is for exactly one of ten at the same time, and the winner lives', async () => {
    const config = await relyingParty(shop)
    const { refresh_token = '' } = await signIn(config)

    const answers = await Promise.allSettled(
      Array.from({ length: 10 }, () => oidc.refreshTokenGrant(config, refresh_token)),
    )

    const won = answers.flatMap(answer => (answer.status === 'fulfilled' ? [answer.value] : []))
    expect(won).toHaveLength(1)
    await oidc.refreshTokenGrant(config, won[0]?.refresh_token ?? '')
  })

  it('with a token that was used is a race for two seconds, and theft after them: told to operators (OA-03)', async () => {
    const config = await relyingParty(shop)
    const first = await signIn(config)
    const second = await oidc.refreshTokenGrant(config, first.refresh_token ?? '')
    const alertsBefore = house.alerts.length

    await expect(oidc.refreshTokenGrant(config, first.refresh_token ?? '')).rejects.toEqual(refused('invalid_grant'))
    expect(await house.who(second.access_token)).toMatchObject({ kind: 'ok' })
    expect(house.alerts).toHaveLength(alertsBefore)

    await house.sql`update oauth_entry set consumed_at = consumed_at - interval '3 seconds' where model = 'RefreshToken'`
    await expect(oidc.refreshTokenGrant(config, first.refresh_token ?? '')).rejects.toEqual(refused('invalid_grant'))

    expect(await house.who(second.access_token)).toMatchObject({ kind: 'denied' })
    await expect(oidc.refreshTokenGrant(config, second.refresh_token ?? '')).rejects.toEqual(refused('invalid_grant'))
    expect(house.alerts.slice(alertsBefore)).toEqual([
      {
        event: 'oauth.reuse',
        reason: 'refresh token already used',
        client_id: shop.client_id,
        user_id: ann.id,
        family: expect.stringMatching(/^[0-9a-f]{40}$/),
      },
    ])
  })
})

describe('introspection and revocation', () => {
  const stranger = shop
  it('tell a client of its own tokens, and others nothing', async () => {
    const own = await relyingParty(robot)
    const { access_token: token } = await oidc.clientCredentialsGrant(own)

    const known = await oidc.tokenIntrospection(own, token)
    const foreign = await oidc.tokenIntrospection(await relyingParty(stranger), token)
    const garbage = await oidc.tokenIntrospection(own, `${token.slice(0, -8)}AAAAAAAA`)

    expect(known).toMatchObject({
      active: true,
      token_type: 'Bearer',
      scope: 'records:read',
      client_id: robot.client_id,
      iss: house.base,
      aud: house.base,
      exp: claimsOf(token).exp,
      jti: claimsOf(token).jti,
    })
    expect(foreign).toEqual({ active: false })
    expect(garbage).toEqual({ active: false })
  })

  it('work for refresh tokens too', async () => {
    const config = await relyingParty(shop)
    const { access_token: access, refresh_token: refresh = '' } = await signIn(config)
    expect(await oidc.tokenIntrospection(config, refresh)).toMatchObject({ active: true, sub: ann.id })
    expect(await oidc.tokenIntrospection(await relyingParty(robot), refresh)).toEqual({ active: false })

    await oidc.tokenRevocation(await relyingParty(robot), refresh)
    expect(await house.who(access)).toMatchObject({ kind: 'ok' })
    await oidc.tokenRevocation(config, refresh)

    expect(await oidc.tokenIntrospection(config, refresh)).toEqual({ active: false })
    expect(await house.who(access)).toMatchObject({ kind: 'denied' })
  })

  it('end an access token with its refresh token, by their own client only', async () => {
    const config = await relyingParty(shop)
    const { access_token: access, refresh_token: refresh = '' } = await signIn(config)

    await oidc.tokenRevocation(await relyingParty(robot), access)
    expect(await house.who(access)).toMatchObject({ kind: 'ok' })
    await oidc.tokenRevocation(config, access)

    expect(await house.who(access)).toMatchObject({ kind: 'denied' })
    expect(await oidc.tokenIntrospection(config, access)).toEqual({ active: false })
    await expect(oidc.refreshTokenGrant(config, refresh)).rejects.toEqual(refused('invalid_grant'))
  })

  it('need the secret', async () => {
    const { access_token: token } = await oidc.clientCredentialsGrant(await relyingParty(robot))

    for (const path of ['/oauth/introspect', '/oauth/revoke']) {
      expect(await post(path, { token, client_id: robot.client_id, client_secret: 'guess' })).toMatchObject({
        status: 401,
      })
      expect(await post(path, { token })).toMatchObject({ status: 400 })
    }
    expect(await house.who(token)).toMatchObject({ kind: 'ok' })
  })
})

describe('the device flow', () => {
  const start = async () => {
    const config = await relyingParty(shop)
    return { config, started: await oidc.initiateDeviceAuthorization(config, { scope: 'records:read' }) }
  }

  it('connects a device: the code is typed, confirmed, signed in for and agreed to', async () => {
    const { config, started } = await start()
    const browser = openBrowser(house.base)
    const form = { grant_type: deviceGrant, device_code: started.device_code, ...shop }
    expect(await json(await post('/oauth/token', form))).toMatchObject({ error: 'authorization_pending' })

    const typing = await browser.visit(started.verification_uri)
    const confirming = await browser.submit(typing, '', {
      user_code: started.user_code.toLowerCase().replace('-', ' '),
    })
    expect(confirming.text).toContain(started.user_code)
    expect(confirming.text).toContain('<strong>Shop</strong>')
    const consent = await browser.submit(await browser.submit(confirming, '', { confirm: 'yes' }), 'login', login)
    expect(consent.text).toContain('See records')
    const done = await browser.submit(consent, 'allow')

    expect(done.text).toContain('<h1>Connected</h1>')
    const tokens = await oidc.pollDeviceAuthorizationGrant(config, { ...started, interval: 0.01 })
    expect(await house.who(tokens.access_token)).toMatchObject({
      principal: { userId: ann.id, scopes: ['records:read'] },
    })
    expect(await json(await post('/oauth/token', form))).toMatchObject({ error: 'invalid_grant' })
  })

  it('only fills in a code that comes with the link', async () => {
    const { started } = await start()

    const page = await openBrowser(house.base).visit(started.verification_uri_complete ?? '')

    expect(page.text).toContain(`value="${started.user_code}"`)
    expect(page.text).toContain('<h1>Connect a device</h1>')
    expect(page.text).not.toContain('<script')
    expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
  })

  it('tells the device when the user refuses, and forms of other sites do nothing', async () => {
    const { started } = await start()
    const browser = openBrowser(house.base)
    const typing = await browser.visit(started.verification_uri)
    const forged = await browser.submit(typing, '', { user_code: started.user_code, xsrf: 'guess' })
    expect(forged.text).not.toContain('<strong>Shop</strong>')

    const confirming = await browser.submit(await browser.visit(started.verification_uri), '', {
      user_code: started.user_code,
    })
    const end = await browser.submit(confirming, '', { abort: 'yes' })

    expect(end.text).toContain('<h1>Cancelled</h1>')
    const form = { grant_type: deviceGrant, device_code: started.device_code, ...shop }
    expect(await json(await post('/oauth/token', form))).toMatchObject({ error: 'access_denied' })
  })

  it('says the same of codes that are wrong, used or expired', async () => {
    const { started } = await start()
    const answers = []
    for (const user_code of ['XXXX-XXXX', started.user_code]) {
      await house.sql`update oauth_entry set expires_at = now() - interval '1 second' where model = 'DeviceCode'`
      const browser = openBrowser(house.base)
      const page = await browser.submit(await browser.visit(started.verification_uri), '', { user_code })
      answers.push(/role="alert">([^<]+)</.exec(page.text)?.[1])
    }

    expect(answers[0]).toContain('wrong, or was used, or has expired')
    expect(answers[1]).toBe(answers[0])
  })

  it('is for clients that were allowed it', async () => {
    const config = await relyingParty(spa, oidc.None())

    await expect(oidc.initiateDeviceAuthorization(config, {})).rejects.toEqual(refused('invalid_request'))
  })
})

describe('the password grant', () => {
  const signInBy = (client: Client, path = '/oauth/token') =>
    post(path, { grant_type: 'password', username: ann.name, password: ann.password, ...client })

  it('is off for clients of ours until it is switched on, and says at each use that it should be left', async () => {
    const off = await house.aClient('password', {}, {})
    const on = await house.aClient('password', {}, { password_grant: true, scopes: ['records:read'] })
    const imported = await house.aClient('password')

    expect(await signInBy(off)).toMatchObject({ status: 400 })
    for (const path of ['/oauth/token', '/Api/access_token']) {
      for (const client of [on, imported]) {
        const answer = await signInBy(client, path)
        expect(answer.status).toBe(200)
        expect(answer.headers.get('deprecation')).toMatch(/^@\d+$/)
        expect(answer.headers.get('link')).toContain('rel="deprecation"')
        expect(await house.who(tokenIn({ json: await json(answer) }))).toMatchObject({ kind: 'ok' })
      }
    }
    const own = await json(await signInBy(on))
    expect(headerOf(tokenIn({ json: own }))).toMatchObject({ typ: 'at+jwt' })
    expect(own.scope).toBe('records:read')
  })
})

it('keeps nothing in the database that could be presented', async () => {
  const { access_token, refresh_token } = await signIn(await relyingParty(shop))
  const started = await oidc.initiateDeviceAuthorization(await relyingParty(shop), {})

  const rows = await house.sql`select t::text as text from oauth_entry t`

  const dump = rows.map(row => row.text).join('\n')
  for (const value of [access_token, refresh_token, started.device_code]) expect(dump).not.toContain(value)
  expect(house.troubles).toEqual([])
})
