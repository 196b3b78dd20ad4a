import { createHmac, createSign, generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { claimsOf, headerOf, identityHouse, tokenIn, shown } from './setup.ts'

const house = await identityHouse()
const ann = await house.aUser('ann', { is_admin: true })
const client = await house.aClient('password')
const signIn = async (user = ann) =>
  tokenIn(await house.token({ grant_type: 'password', username: user.name, password: user.password, ...client }))
const token = await signIn()
const revoke = (bearer: string) =>
  fetch(`${house.base}/logout`, { method: 'POST', headers: { authorization: `Bearer ${bearer}` } })

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const hints = {
  parts: 'The JWT string must have two dots',
  base64: 'Error while decoding from Base64Url, invalid base64 characters detected',
  json: 'Error while decoding from JSON',
  unverified: 'Access token could not be verified',
  revoked: 'Access token has been revoked',
}

describe('a bearer token', () => {
  it('makes the principal: who, through which client, and how they write dates', async () => {
    await house.sql`insert into user_preferences (id, category, assigned_user_id, contents) values
      ('p1', 'global', ${ann.id}, '{"timezone":"Asia/Tokyo","datef":"d.m.Y","timef":""}'),
      ('p2', 'home', ${ann.id}, '{"timezone":"Europe/Berlin"}')`
    await house.identity.notices.send({ kind: 'user', id: ann.id })

    expect(await house.who(token)).toEqual({
      kind: 'ok',
      principal: {
        kind: 'user',
        userId: ann.id,
        userName: 'ann',
        isAdmin: true,
        clientId: client.client_id,
        scopes: 'all',
        dateStyle: { timezone: 'Asia/Tokyo', dateFormat: 'd.m.Y', timeFormat: 'H:i' },
      },
    })
  })

  it('is taken with any letters of Bearer and blanks around it', async () => {
    const plain = await house.identity.authenticate(shown(`Bearer ${token}`))

    expect(plain).toMatchObject({ kind: 'ok' })
    expect(await house.identity.authenticate(shown(` bearer ${token} `))).toEqual(plain)
  })

  it('is refused when its user is switched off or deleted, which doors can tell from a bad token', async () => {
    const bob = await house.aUser('bob')
    const bobs = await signIn(bob)
    const change = async (columns: object) => {
      await house.sql`update users set ${house.sql(columns as Record<string, string>)} where id = ${bob.id}`
      await house.identity.notices.send({ kind: 'user', id: bob.id })
    }
    expect(await house.who(bobs)).toMatchObject({ kind: 'ok' })

    await change({ status: 'Inactive' })
    expect(await house.who(bobs)).toEqual({ kind: 'inactive' })
    await change({ status: 'Active' })
    expect(await house.who(bobs)).toMatchObject({ kind: 'ok' })
    await change({ deleted: true })
    expect(await house.who(bobs)).toEqual({ kind: 'inactive' })
  })

  it('is refused in every process within 5 s of a change that nobody told us of (OA-07)', async () => {
    const [eve, other] = [await house.aUser('eve'), await house.open()]
    const robot = await house.aClient('client_credentials', { assigned_user_id: eve.id }, {})
    const eves = [await signIn(eve), tokenIn(await house.token({ grant_type: 'client_credentials', ...robot }))]
    const states = async () => {
      const asked = eves.flatMap(text =>
        [house.identity, other].map(each => each.authenticate(shown(`Bearer ${text}`))),
      )
      return (await Promise.all(asked)).map(({ kind }) => kind)
    }
    expect(await states()).toEqual(['ok', 'ok', 'ok', 'ok'])

    await house.sql`update users set status = 'Inactive' where id = ${eve.id}`

    await expect.poll(states, { timeout: 5_000 }).toEqual(['inactive', 'inactive', 'inactive', 'inactive'])
  })

  it('ends with its client', async () => {
    const short = await house.aClient('password')
    const answer = await house.token({ grant_type: 'password', username: ann.name, password: ann.password, ...short })
    expect(await house.who(tokenIn(answer))).toMatchObject({ kind: 'ok' })

    await house.sql`update oauth2clients set deleted = true where id = ${short.client_id}`
    await house.identity.notices.send({ kind: 'client', id: short.client_id })

    expect(await house.who(tokenIn(answer))).toEqual({ kind: 'denied', hint: hints.revoked })
  })

  it('is refused after its hour', async () => {
    const late = await house.open({ now: () => new Date(Date.now() + 3_601_000) })

    expect(await late.authenticate(shown(`Bearer ${token}`))).toEqual({ kind: 'denied', hint: hints.revoked })
  })

  it('stays valid after a restart', async () => {
    const next = await house.open()

    expect(await next.authenticate(shown(`Bearer ${token}`))).toMatchObject({ kind: 'ok' })
  })
})

describe('a forged token', () => {
  const [head = '', body = '', signature = ''] = token.split('.')
  const header = headerOf(token)
  const claims = claimsOf(token)
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const signed = (h: object, c: object) => {
    const text = `${encode(h)}.${encode(c)}`
    return `${text}.${createSign('sha256').update(text).sign(privateKey, 'base64url')}`
  }
  const hmac = (h: object, key: string | Buffer) => {
    const text = `${encode(h)}.${body}`
    return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`
  }
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const forged: [string, string, string][] = [
    ['no token', '', hints.parts],
    ['a word', 'abc', hints.parts],
    ['letters for parts', 'a.b.c', hints.base64],
    ['foreign characters', 'eyJ!.e30.xx', hints.base64],
    ['empty parts', '..', hints.json],
    ['text for JSON', `${Buffer.from('hello').toString('base64url')}.${body}.${signature}`, hints.json],
    ['a tampered signature', `${head}.${body}.${signature.slice(0, -8)}AAAAAAAA`, hints.unverified],
    ['no signature', `${head}.${body}.`, hints.unverified],
    ['tampered claims', `${head}.${encode({ ...claims, sub: '1' })}.${signature}`, hints.unverified],
    ['alg none', `${encode({ typ: 'JWT', alg: 'none' })}.${body}.`, hints.unverified],
    ['alg None, signed', `${encode({ ...header, alg: 'None' })}.${body}.${signature}`, hints.unverified],
    ['HS256 with our key id', hmac({ ...header, alg: 'HS256' }, String(header.kid)), hints.unverified],
    ['HS256 with a blank key', hmac({ ...header, alg: 'HS256' }, ''), hints.unverified],
    ['HS256 with a public key', hmac({ ...header, alg: 'HS256' }, pem), hints.unverified],
    ['a foreign RSA key', signed(header, claims), hints.unverified],
    ['an unknown key id', signed({ ...header, kid: '../../etc/passwd' }, claims), hints.unverified],
    ['no key id', signed({ typ: 'JWT', alg: 'RS256' }, claims), hints.unverified],
    ['a key in the header', signed({ ...header, jwk: publicKey.export({ format: 'jwk' }) }, claims), hints.unverified],
    [
      'a key from elsewhere',
      signed({ ...header, jku: 'http://127.0.0.1:9/jwks', x5u: 'http://127.0.0.1:9/x' }, claims),
      hints.unverified,
    ],
    ['another type', `${encode({ ...header, typ: 'at+jwt' })}.${body}.${signature}`, hints.unverified],
    ['critical extensions', signed({ ...header, crit: ['exp'] }, claims), hints.unverified],
    ['12 kB of dots', '.'.repeat(12_000), hints.parts],
  ]
  it.each(forged)('with %s is refused with the hint that SuiteCRM gives', async (_name, text, hint) => {
    expect(await house.who(text)).toEqual({ kind: 'denied', hint })
    expect(house.troubles).toEqual([])
  })

  it('of a refresh token or Basic is none', async () => {
    const { json } = await house.token({
      grant_type: 'password',
      username: ann.name,
      password: ann.password,
      ...client,
    })

    expect(await house.who(String(json.refresh_token))).toEqual({ kind: 'denied', hint: hints.parts })
    expect(await house.identity.authenticate(shown('Basic YWRtaW46YWRtaW4='))).toEqual({
      kind: 'denied',
      hint: hints.parts,
    })
    expect(await house.identity.authenticate(shown(undefined))).toEqual({ kind: 'denied', hint: hints.parts })
  })
})

describe('revoking', () => {
  it('ends the access token at once and the refresh token with it', async () => {
    const pair = await house.token({ grant_type: 'password', username: ann.name, password: ann.password, ...client })

    await revoke(tokenIn(pair))

    expect(await house.who(tokenIn(pair))).toEqual({ kind: 'denied', hint: hints.revoked })
    const refresh = { grant_type: 'refresh_token', refresh_token: tokenIn(pair, 'refresh_token'), ...client }
    expect(await house.token(refresh)).toMatchObject({ status: 401, json: { hint: 'Token has been revoked' } })
  })

  it('ends a token of client_credentials', async () => {
    const robot = await house.aClient('client_credentials', { assigned_user_id: ann.id })
    const own = tokenIn(await house.token({ grant_type: 'client_credentials', ...robot }))
    const other = tokenIn(await house.token({ grant_type: 'client_credentials', ...robot }))

    await revoke(own)

    expect(await house.who(own)).toEqual({ kind: 'denied', hint: hints.revoked })
    expect(await house.who(other)).toMatchObject({ kind: 'ok' })
  })

  it('leaves other logins of the same user alone, and changes nothing for what is no token', async () => {
    const [phone, desk] = [await signIn(), await signIn()]

    await revoke(phone)
    await revoke('abc')

    expect(await house.who(desk)).toMatchObject({ kind: 'ok' })
  })

  it('is known to processes that start later', async () => {
    const own = await signIn()
    await revoke(own)

    const next = await house.open()

    expect(await next.authenticate(shown(`Bearer ${own}`))).toEqual({ kind: 'denied', hint: hints.revoked })
  })
})
