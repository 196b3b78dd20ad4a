import { createHash, randomUUID } from 'node:crypto'
import { exportJWK, generateKeyPair, SignJWT, type JWTPayload } from 'jose'
import * as oidc from 'openid-client'
import { describe, expect, it } from 'vitest'
import { openBrowser } from './browser.ts'
import { claimsOf, identityHouse } from './setup.ts'

// Tokens that are bound to a key of the client (RFC 9449): case OA-05.

const house = await identityHouse()
const ann = await house.aUser('ann')
const back = 'https://app.example/cb'
const robot = await house.aClient('client_credentials', { assigned_user_id: ann.id }, { dpop_required: true })
const app = await house.aClient('authorization_code', { redirect_url: back, is_confidential: false }, {})

const config = await oidc.discovery(
  new URL(house.base),
  robot.client_id,
  undefined,
  oidc.ClientSecretBasic(robot.client_secret),
  { execute: [oidc.allowInsecureRequests] },
)
const keys = await oidc.randomDPoPKeyPair('ES256', { extractable: true })
const DPoP = oidc.getDPoPHandle(config, keys)
const who = new URL(`${house.base}/who`)

const { access_token: token } = await oidc.clientCredentialsGrant(config, {}, { DPoP })

/** A proof by our key for `GET /who`, but for what is said otherwise. */
async function aProof(
  claims: JWTPayload = {},
  { typ = 'dpop+jwt', by = keys, alg = 'ES256' }: { typ?: string; by?: CryptoKeyPair; alg?: string } = {},
) {
  const ath = createHash('sha256').update(token).digest('base64url')
  const payload = { htm: 'GET', htu: who.href, ath, jti: randomUUID(), iat: Math.floor(Date.now() / 1000), ...claims }
  const jwk = await exportJWK(by.publicKey)
  return new SignJWT(payload).setProtectedHeader({ alg, typ, jwk }).sign(by.privateKey)
}

async function ask(authorization: string, proof?: string, url: string | URL = who) {
  const response = await fetch(url, { headers: { authorization, ...(proof === undefined ? {} : { dpop: proof }) } })
  const { kind } = (await response.json()) as { kind: string }
  return { kind, challenge: response.headers.get('www-authenticate') ?? '' }
}

describe('a token that is bound to a key', () => {
  it('is accepted from who holds the key', async () => {
    const response = await oidc.fetchProtectedResource(config, token, who, 'GET', undefined, undefined, { DPoP })

    expect(await response.json()).toMatchObject({ kind: 'ok', principal: { userId: ann.id } })
    expect(claimsOf(token)).toMatchObject({ cnf: { jkt: await DPoP.calculateThumbprint() } })
  })

  it('covers neither query nor fragment of the address', async () => {
    expect(await ask(`DPoP ${token}`, await aProof(), `${who.href}?page=2`)).toMatchObject({ kind: 'ok' })
    expect(await ask(`dpop ${token}`, await aProof({ htu: `${who.href}?page=1#top` }))).toMatchObject({ kind: 'ok' })
  })

  it('is no bearer token', async () => {
    const bearer = await ask(`Bearer ${token}`, await aProof())

    expect(bearer.kind).toBe('denied')
    expect(bearer.challenge).toMatch(/^DPoP algs="ES256 [^"]+", error="invalid_token"/)
  })

  it('is refused without a proof', async () => {
    const without = await ask(`DPoP ${token}`)

    expect(without.kind).toBe('denied')
    expect(without.challenge).toContain('error="invalid_dpop_proof"')
    expect(without.challenge).toContain(`resource_metadata="${house.base}/.well-known/oauth-protected-resource"`)
  })

  it('is refused with a proof that was used, at whichever process: of ten at the same time one passes', async () => {
    const other = await house.open()
    const proof = await aProof()
    const request = { headers: { authorization: `DPoP ${token}`, dpop: proof }, method: 'GET', url: '/who' }

    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, i) => (i % 2 === 0 ? house.identity : other).authenticate(request)),
    )

    expect(answers.filter(({ kind }) => kind === 'ok')).toHaveLength(1)
    expect(await ask(`DPoP ${token}`, proof)).toMatchObject({
      kind: 'denied',
      challenge: expect.stringContaining(
        'error="invalid_dpop_proof", error_description="the DPoP proof was used before"',
      ),
    })
  })

  it.each([
    ['another method', { htm: 'POST' }],
    ['another path', { htu: `${house.base}/graphql` }],
    ['another host', { htu: 'http://evil.example/who' }],
    ['no address', { htu: 'who' }],
    ['another token', { ath: createHash('sha256').update('x').digest('base64url') }],
    ['no token', { ath: undefined }],
    ['no id', { jti: undefined }],
    ['an empty id', { jti: '' }],
    ['an id without end', { jti: 'x'.repeat(10_000) }],
    ['the past', { iat: Math.floor(Date.now() / 1000) - 120 }],
    ['the future', { iat: Math.floor(Date.now() / 1000) + 120 }],
    ['no time', { iat: undefined }],
  ])('is refused with a proof for %s', async (_name, claims) => {
    expect(await ask(`DPoP ${token}`, await aProof(claims))).toMatchObject({
      kind: 'denied',
      challenge: expect.stringContaining('error="invalid_dpop_proof"'),
    })
  })

  it('is refused with a proof by another key, of another type, or that is none', async () => {
    const stranger = await generateKeyPair('ES256', { extractable: true })
    const shared = await new SignJWT({}).setProtectedHeader({ alg: 'HS256', typ: 'dpop+jwt' }).sign(Buffer.alloc(32))
    const unsigned = `${Buffer.from('{"alg":"none","typ":"dpop+jwt"}').toString('base64url')}.e30.`
    const good = await aProof()

    for (const proof of [
      await aProof({}, { by: stranger }),
      await aProof({}, { typ: 'JWT' }),
      `${good.slice(0, -8)}AAAAAAAA`,
      shared,
      unsigned,
      'proof',
      `${await aProof()}, ${await aProof()}`,
    ]) {
      expect(await ask(`DPoP ${token}`, proof)).toMatchObject({
        kind: 'denied',
        challenge: expect.stringContaining('error="invalid_dpop_proof"'),
      })
    }
  })
})

it('refuses a token that is not bound to a key, sent as if it were', async () => {
  const plain = await house.aClient('client_credentials', { assigned_user_id: ann.id }, {})
  const body = new URLSearchParams({ grant_type: 'client_credentials', ...plain })
  const issued = await fetch(`${house.base}/oauth/token`, { method: 'POST', body })
  const { access_token } = (await issued.json()) as { access_token: string }

  const answer = await ask(`DPoP ${access_token}`, await aProof())

  expect(answer).toMatchObject({ kind: 'denied', challenge: expect.stringContaining('error="invalid_token"') })
})

describe('the token endpoint', () => {
  it('issues nothing without a proof to a client that must have one', async () => {
    await expect(oidc.clientCredentialsGrant(config)).rejects.toMatchObject({ error: 'invalid_grant' })
  })

  it('takes a proof once: of five at the same time one passes', async () => {
    const htu = `${house.base}/oauth/token`
    const proof = await aProof({ htm: 'POST', htu, ath: undefined })
    const headers = {
      dpop: proof,
      authorization: `Basic ${btoa(`${robot.client_id}:${robot.client_secret.replace(' ', '+')}`)}`,
    }
    const post = () =>
      fetch(htu, { method: 'POST', body: new URLSearchParams({ grant_type: 'client_credentials' }), headers })

    const answers = await Promise.all(Array.from({ length: 5 }, post))

    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  })

  it('binds the refresh token of an app without a secret to the key', async () => {
    const own = await oidc.discovery(new URL(house.base), app.client_id, undefined, oidc.None(), {
      execute: [oidc.allowInsecureRequests],
    })
    const mine = { DPoP: oidc.getDPoPHandle(own, await oidc.randomDPoPKeyPair()) }
    const theirs = { DPoP: oidc.getDPoPHandle(own, await oidc.randomDPoPKeyPair()) }
    const pkceCodeVerifier = oidc.randomPKCECodeVerifier()
    const url = oidc.buildAuthorizationUrl(own, {
      redirect_uri: back,
      code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
    })
    const browser = openBrowser(house.base)
    const consent = await browser.submit(await browser.visit(url.href), 'login', {
      name: ann.name,
      password: ann.password,
    })
    const end = new URL((await browser.submit(consent, 'allow')).url)

    const first = await oidc.authorizationCodeGrant(own, end, { pkceCodeVerifier }, undefined, mine)

    expect(first.token_type).toBe('dpop')
    const refresh = first.refresh_token ?? ''
    await expect(oidc.refreshTokenGrant(own, refresh)).rejects.toMatchObject({ error: 'invalid_grant' })
    await expect(oidc.refreshTokenGrant(own, refresh, {}, theirs)).rejects.toMatchObject({ error: 'invalid_grant' })
    expect(await oidc.refreshTokenGrant(own, refresh, {}, mine)).toMatchObject({ token_type: 'dpop' })
  })
})
