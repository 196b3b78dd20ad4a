import { SignJWT, generateKeyPair } from 'jose'
import { describe, expect, it } from 'vitest'
import { contextFor } from '../../gateway/context.ts'
import { rotateKeys } from '../../gateway/oauth/key-rotation.ts'
import { verifyToken } from '../../gateway/verify-token.ts'
import { coreCatalog } from '../../schema/catalog.ts'
import { systemPrincipal } from '../../schema/principal.ts'
import { newKeyText } from '../../subgraphs/identity/key-text.ts'
import { createKey, revokeKey, rollKey } from '../../subgraphs/identity/keys.ts'
import { revokeTokensOfUser } from '../../subgraphs/identity/tokens.ts'
import { passwordsOf } from '../passwords.ts'
import { claimsOf, headerOf, identityHouse, secrets, tokenIn } from './oauth/setup.ts'

const house = await identityHouse()
const { sql, identity } = house
const contextAt = (now: () => Date) =>
  contextFor(
    { pool: sql, catalog: coreCatalog, filesDir: '', passwords: passwordsOf(sql), now },
    { principal: systemPrincipal, requestId: 'test', validation: 'strict' },
  )
const ctx = await contextAt(() => new Date())
const later = (days: number) => () => new Date(Date.now() + days * 86_400_000)
const verify = (text: string) => verifyToken(ctx, text, identity)
const client = await house.aClient('password')
const signIn = async (user: { name: string; password: string }, by = client) =>
  tokenIn(await house.token({ grant_type: 'password', username: user.name, password: user.password, ...by }))
const why = async (text: string) => {
  const { isValid, reason } = await verify(text)
  return isValid ? 'accepted' : reason
}

describe('an access token', () => {
  it('is accepted, and said what it is', async () => {
    const ann = await house.aUser('ann')
    const bearer = await signIn(ann)

    expect(await verify(bearer)).toEqual({
      isValid: true,
      kind: 'access token',
      facts: {
        form: 'JWT RS256',
        key: headerOf(bearer).kid,
        client: `password client (${client.client_id})`,
        user: 'ann',
        scopes: 'everything',
        issued: expect.any(String) as string,
        expires: expect.any(String) as string,
      },
    })
  })

  it('is refused for its signature, its key, its house, its age', async () => {
    const bearer = await signIn(await house.aUser('bea'))
    const [head = '', , signature = ''] = bearer.split('.')
    const claims = claimsOf(bearer)
    const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const { privateKey } = await generateKeyPair('ES256')
    const foreign = await new SignJWT({ ...claims, client_id: '\0' })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: '\0elsewhere' })
      .sign(privateKey)
    const lateIdentity = await house.open({ now: later(1) })

    expect(await why('sesame')).toMatch(/^It is no JWT/)
    expect(await why(`${head}.${encoded({ ...claims, sub: '1' })}.${signature}`)).toMatch(/signature does not fit/)
    expect(await why(foreign)).toMatch(/a key that this house does not have/)
    expect(await verifyToken(await contextAt(later(1)), bearer, lateIdentity)).toMatchObject({
      reason: 'It has expired.',
    })
    await rotateKeys(ctx, secrets, { endOld: true })
    await expect.poll(() => why(bearer)).toMatch(/a key that this house does not have/)
  })

  it('is refused with the house that it is from', async () => {
    const cleo = await house.aUser('cleo')
    const robot = await house.aClient('client_credentials', { assigned_user_id: cleo.id }, { token_format: 'at+jwt' })
    const bearer = tokenIn(await house.token({ grant_type: 'client_credentials', ...robot }))
    const moved = await house.open({ issuer: 'https://crm.example.com' })

    expect(await why(bearer)).toBe('accepted')
    expect((await verifyToken(ctx, bearer, moved)).reason).toMatch(
      /^It is from http.*this house is https:\/\/crm\.example\.com/,
    )
  })

  it('is refused when it was revoked, its client deleted, its user switched off', async () => {
    const [dora, emil, finn] = [await house.aUser('dora'), await house.aUser('emil'), await house.aUser('finn')]
    const short = await house.aClient('password')
    const tokens = [await signIn(dora), await signIn(emil, short), await signIn(finn)]
    expect(await Promise.all(tokens.map(why))).toEqual(['accepted', 'accepted', 'accepted'])

    await revokeTokensOfUser(ctx, dora.id)
    await sql`update oauth2clients set deleted = true where id = ${short.client_id}`
    await sql`update users set status = 'Inactive' where id = ${finn.id}`

    const reasons = [/^It was revoked/, /^Its API client was deleted/, /switched off/]
    for (const [at, bearer] of tokens.entries())
      await expect.poll(() => why(bearer), { timeout: 5_000 }).toMatch(reasons[at] ?? '')
  })
})

describe('an API key', () => {
  it('is accepted, and said what it is; that is no use of it', async () => {
    const gina = await house.aUser('gina')
    const { secret, key } = await createKey(ctx, { name: 'Export', scopes: ['records:read'], userId: gina.id })

    expect(await verify(secret)).toMatchObject({
      isValid: true,
      kind: 'API key',
      facts: { prefix: key.prefix, name: 'Export', user: 'gina', scopes: 'records:read' },
    })
    expect(JSON.stringify(await verify(secret))).not.toContain(secret.slice(17))
    expect(await sql`select last_used_at from api_key where id = ${key.id}`).toEqual([{ last_used_at: null }])
  })

  it('is refused with the reason', async () => {
    const hugo = await house.aUser('hugo')
    const make = () => createKey(ctx, { name: 'x', scopes: ['*'], userId: hugo.id })
    const [good, revoked, rolled] = [await make(), await make(), await make()]
    await revokeKey(ctx, revoked.key.id)
    await rollKey(ctx, rolled.key.id)

    expect(await why(good.secret)).toBe('accepted')
    expect(await why(rolled.secret)).toBe('accepted')
    expect(await why(good.secret.slice(0, -1))).toMatch(/mistyped/)
    expect(await why(newKeyText().text)).toMatch(/no such key/)
    expect(await why(revoked.secret)).toMatch(/^It was revoked at 20/)
    const inTwoDays = await contextAt(later(2))
    expect(await verifyToken(inTwoDays, rolled.secret, identity)).toMatchObject({ reason: 'It has expired.' })
    await sql`update users set status = 'Inactive' where id = ${hugo.id}`
    expect(await why(good.secret)).toMatch(/switched off/)
  })
})
