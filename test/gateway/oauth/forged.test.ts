import { createHmac, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { claimsOf, headerOf, identityHouse, shown, tokenIn } from './setup.ts'

// Tokens that somebody else has made, generated from good ones of both forms: none may be accepted, none may trouble us.

const house = await identityHouse()
const ann = await house.aUser('ann')
const boss = await house.aUser('boss', { is_admin: true })
const own = await house.aClient('client_credentials', { assigned_user_id: ann.id }, { scopes: ['records:read'] })
const legacy = await house.aClient('client_credentials', { assigned_user_id: ann.id })
const issue = async (client = own) => tokenIn(await house.token({ grant_type: 'client_credentials', ...client }))
const good = { 'at+jwt': await issue(), SuiteCRM: await issue(legacy) }

const encode = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const outcome = async (text: string) => (await house.identity.authenticate(shown(`Bearer ${text}`))).kind
const { keys: published } = (await (await fetch(`${house.base}/oauth/jwks`)).json()) as { keys: { kid: string }[] }

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const foreign: Record<string, KeyObject> = { RS256: rsa.privateKey, PS256: rsa.privateKey, ES256: ec.privateKey }
const foreignPublic = { RS256: rsa.publicKey, ES256: ec.publicKey }

function signed(header: object, claims: unknown, alg: string) {
  const text = `${encode(header)}.${encode(claims)}`
  const key = foreign[alg] ?? ec.privateKey
  return `${text}.${sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}

/** All that a server could be fooled into taking for the secret of an HMAC. */
const sharedSecrets = [
  ...['', '\0', 'secret', house.base, own.client_id, own.client_secret],
  ...published.flatMap(jwk => {
    const key = createPublicKey({ key: jwk, format: 'jwk' })
    const pem = key.export({ type: 'spki', format: 'pem' }).toString()
    return [pem, pem.trim(), key.export({ type: 'spki', format: 'der' }), JSON.stringify(jwk), jwk.kid]
  }),
]

describe.each(Object.entries(good))('a token in the form %s', (_form, token) => {
  const [head = '', body = '', signature = ''] = token.split('.')
  const [header, claims] = [headerOf(token), claimsOf(token)]

  it('is good as it is', async () => {
    expect(await outcome(token)).toBe('ok')
  })

  it('is not accepted without a signature, however "none" is written', async () => {
    const spellings = ['none', 'None', 'NONE', 'nOnE', ' none', 'none\0', '', null, 0, false, [], {}, ['none']]
    for (const alg of spellings) {
      for (const end of ['', signature, 'AA', encode('none')]) {
        for (const typ of ['at+jwt', 'JWT', undefined]) {
          expect(await outcome(`${encode({ ...header, alg, typ })}.${body}.${end}`)).toBe('denied')
        }
      }
    }
    expect(await outcome(`${head}.${body}.`)).toBe('denied')
    expect(await outcome(`${head}.${body}`)).toBe('denied')
  })

  it('is not accepted with an HMAC under anything that is public', async () => {
    for (const secret of sharedSecrets) {
      for (const [alg, digest] of [
        ['HS256', 'sha256'],
        ['HS384', 'sha384'],
        ['HS512', 'sha512'],
      ] as const) {
        for (const kid of [header.kid, undefined, '../../dev/null']) {
          const text = `${encode({ ...header, alg, kid })}.${body}`
          const mac = createHmac(digest, secret).update(text).digest('base64url')
          expect(await outcome(`${text}.${mac}`)).toBe('denied')
        }
      }
    }
  })

  it('is not accepted by a foreign key, wherever its header points', async () => {
    const kids = [
      header.kid,
      ...published.map(key => key.kid),
      '',
      'x',
      '/dev/null',
      "' or 1=1 --",
      '__proto__',
      'constructor',
      7,
      null,
      ['x'],
    ]
    for (const [alg, key] of Object.entries(foreignPublic)) {
      const jwk = key.export({ format: 'jwk' })
      const pointers = [
        {},
        { jwk },
        { jku: 'http://127.0.0.1:9/jwks' },
        { x5u: 'http://127.0.0.1:9/x' },
        { x5c: [key.export({ type: 'spki', format: 'der' }).toString('base64')] },
        { crit: ['exp'], exp: 0 },
        { b64: false, crit: ['b64'] },
      ]
      for (const pointer of pointers) {
        for (const kid of kids) {
          for (const typ of ['at+jwt', 'JWT']) {
            expect(await outcome(signed({ ...header, ...pointer, kid, typ, alg }, claims, alg))).toBe('denied')
          }
        }
      }
    }
  })

  it('is not accepted with one byte changed, anywhere', async () => {
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    await fc.assert(
      fc.asyncProperty(fc.nat(token.length - 1), fc.constantFrom(...letters), async (at, letter) => {
        fc.pre(token[at] !== '.' && token[at] !== letter)
        const changed = token.slice(0, at) + letter + token.slice(at + 1)
        // The last letter of base64url has bits that mean nothing.
        fc.pre(
          !changed
            .split('.')
            .every((part, i) =>
              Buffer.from(part, 'base64url').equals(Buffer.from(token.split('.')[i] ?? '', 'base64url')),
            ),
        )
        expect(await outcome(changed)).toBe('denied')
      }),
      { numRuns: 300 },
    )
  })

  it('is not accepted with any other claims under its signature', async () => {
    const value = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom(boss.id, '1', 'admin', ['admin:*'], 'admin:*', 4_102_444_800),
    )
    const name = fc.constantFrom(
      ...Object.keys(claims),
      'sub',
      'scope',
      'scopes',
      'admin',
      'is_admin',
      'cnf',
      '__proto__',
    )
    await fc.assert(
      fc.asyncProperty(fc.dictionary(name, value, { minKeys: 1 }), async changes => {
        const changed = { ...claims, ...changes }
        fc.pre(JSON.stringify(changed) !== JSON.stringify(claims))
        expect(await outcome(`${head}.${encode(changed)}.${signature}`)).toBe('denied')
      }),
      { numRuns: 200 },
    )
  })

  it('is not accepted in the other form', async () => {
    const typs = ['JWT', 'at+jwt', 'application/at+jwt', 'dpop+jwt', 'id+jwt', undefined, null, '']
    const heads = typs.flatMap(typ =>
      ['RS256', 'ES256', 'PS256', 'ES384', 'EdDSA'].map(alg => ({ ...header, typ, alg })),
    )
    const forged = heads.map(each => `${encode(each)}.${body}.${signature}`).filter(text => text !== token)

    expect(forged.length).toBeGreaterThan(30)
    for (const text of forged) expect(await outcome(text)).toBe('denied')
  })
})

it('refuses any text as a token, and nothing of it is unexpected', async () => {
  const part = fc.oneof(fc.string(), fc.base64String(), fc.jsonValue().map(encode), fc.string({ unit: 'grapheme' }))
  const text = fc.oneof(
    fc.string({ maxLength: 2_000 }),
    fc.tuple(part, part, part).map(parts => parts.join('.')),
  )
  await fc.assert(
    fc.asyncProperty(text, async forged => {
      expect(await outcome(forged)).toBe('denied')
    }),
    { numRuns: 500 },
  )
  expect(house.troubles).toEqual([])
})

it('refuses a token for somebody else, signed by our own keys: of another issuer, for another audience, or an ID token', async () => {
  const elsewhere = await house.open({ issuer: 'https://elsewhere.example' })
  const answer = await elsewhere.ask({
    method: 'POST',
    url: '/oauth/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: Buffer.from(new URLSearchParams({ grant_type: 'client_credentials', ...own }).toString()),
  })
  const token = tokenIn({ json: JSON.parse(answer.body) as Record<string, unknown> })
  expect((await elsewhere.authenticate(shown(`Bearer ${token}`))).kind).toBe('ok')

  expect(await outcome(token)).toBe('denied')
})
