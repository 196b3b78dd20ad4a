import { describe, expect, it } from 'vitest'
import { contextWith } from '../../gateway/context.ts'
import { accessBy } from '../../schema/access.ts'
import { coreCatalog } from '../../schema/catalog.ts'
import { systemPrincipal, type Principal } from '../../schema/principal.ts'
import { newKeyText, readKeyText } from '../../subgraphs/identity/key-text.ts'
import { createKey, listKeys, revokeKey, rollKey, type NewKey } from '../../subgraphs/identity/keys.ts'
import { passwordsOf } from '../passwords.ts'
import { identityHouse, shown } from './oauth/setup.ts'

const house = await identityHouse()
const { sql } = house
const other = await house.open()
const ann = await house.aUser('ann')
const ben = await house.aUser('ben')

const start = Date.now()
const later = (days: number) => () => new Date(start + days * 86_400_000)
const as = (user: { id: string }, principal: Partial<Principal> = {}, now = () => new Date()) =>
  contextWith(
    { pool: sql, catalog: coreCatalog, filesDir: '', passwords: passwordsOf(sql), now },
    {
      principal: { ...systemPrincipal, kind: 'user', userId: user.id, isAdmin: false, ...principal },
      requestId: 'test',
      validation: 'strict',
    },
    accessBy(user.id, []),
  )
const admin = as({ id: '1' }, { isAdmin: true })
const aKey = (wanted: Partial<NewKey> = {}, ctx = as(ann)) =>
  createKey(ctx, { name: 'Export', scopes: ['*'], ...wanted })
const who = (secret: string, identity = house.identity) => identity.authenticate(shown(`Bearer ${secret}`))
const kinds = async (secret: string) => [(await who(secret)).kind, (await who(secret, other)).kind]

describe('the text of a key', () => {
  it('is recognised by its mark and its check, and no letter of it can be another', () => {
    const { text, prefix } = newKeyText()

    expect(text).toMatch(/^sw_live_[0-9A-Za-z]{8}_[0-9A-Za-z]{49}$/)
    expect(text.startsWith(`${prefix}_`)).toBe(true)
    expect(readKeyText(text)).toMatchObject({ text, prefix })
    for (let at = 0; at < text.length; at += 1) {
      const mistyped = text.slice(0, at) + (text[at] === 'x' ? 'y' : 'x') + text.slice(at + 1)
      expect(readKeyText(mistyped)).toBeUndefined()
    }
    for (const wrong of ['', text.slice(1), text.slice(0, -1), `${text}0`, ` ${text}`, text.toUpperCase()])
      expect(readKeyText(wrong)).toBeUndefined()
  })
})

describe('a key', () => {
  it('acts as its owner, with its own scopes', async () => {
    const { secret, key } = await aKey({ scopes: ['records:read:Accounts', 'records:write', 'records:write'] })

    expect(await who(secret)).toEqual({
      kind: 'ok',
      principal: {
        kind: 'user',
        userId: ann.id,
        userName: 'ann',
        isAdmin: false,
        keyId: key.id,
        scopes: ['records:read:Accounts', 'records:write'],
        dateStyle: systemPrincipal.dateStyle,
      },
    })
    expect(await who((await aKey()).secret)).toMatchObject({ principal: { scopes: 'all' } })
  })

  it('has the rights that its owner has now, whoever made it', async () => {
    const { secret } = await aKey({ userId: ben.id }, admin)
    expect(await who(secret)).toMatchObject({ principal: { userId: ben.id, isAdmin: false } })

    const change = async (columns: Record<string, unknown>) => {
      await sql`update users set ${sql(columns as Record<string, string>)} where id = ${ben.id}`
      await house.identity.notices.send({ kind: 'user', id: ben.id })
    }
    await change({ is_admin: true })
    expect(await who(secret)).toMatchObject({ principal: { isAdmin: true } })
    await change({ is_admin: false, status: 'Inactive' })
    expect(await who(secret)).toEqual({ kind: 'inactive' })
    await change({ status: 'Active' })
  })

  it('is stored as a prefix and a hash only', async () => {
    const { secret, key } = await aKey()

    const rows = await sql`select api_key::text as row from api_key`
    const text = JSON.stringify([rows, await listKeys(as(ann))])
    expect(text).toContain(key.prefix)
    expect(text).not.toContain(secret.slice(key.prefix.length + 1))
  })

  it('says why it is refused only to who has it', async () => {
    const { secret, key } = await aKey()
    const { text } = newKeyText()
    await revokeKey(as(ann), key.id)

    const hints = await Promise.all([secret, text, secret.slice(0, -1)].map(each => who(each, other)))

    expect(hints).toEqual([
      { kind: 'denied', hint: 'The API key has been revoked' },
      { kind: 'denied', hint: 'There is no such API key' },
      { kind: 'denied', hint: 'This is no API key of ours: it is mistyped or cut off' },
    ])
  })

  it('is refused everywhere when it is revoked, also when nobody is told', async () => {
    const [told, untold] = [await aKey(), await aKey()]
    for (const { secret } of [told, untold]) expect(await kinds(secret)).toEqual(['ok', 'ok'])

    await revokeKey(as(ann), told.key.id)
    await sql`update api_key set revoked_at = now() where id = ${untold.key.id}`

    for (const { secret } of [told, untold])
      await expect.poll(() => kinds(secret), { timeout: 4_000 }).toEqual(['denied', 'denied'])
  })

  it('is good for 90 days, for as long as was said, or for ever when that was said', async () => {
    const [usual, short, forEver] = [await aKey(), await aKey({ expiresInDays: 7 }), await aKey({ neverExpires: true })]
    const states = async (days: number) => {
      const identity = await house.open({ now: later(days) })
      return Promise.all([usual, short, forEver].map(async ({ secret }) => (await who(secret, identity)).kind))
    }

    expect(forEver.key.expiresAt).toBeNull()
    expect(await states(6.9)).toEqual(['ok', 'ok', 'ok'])
    expect(await states(7.1)).toEqual(['ok', 'denied', 'ok'])
    expect(await states(89.9)).toEqual(['ok', 'denied', 'ok'])
    expect(await states(90.1)).toEqual(['denied', 'denied', 'ok'])
    expect(await states(9_999)).toEqual(['denied', 'denied', 'ok'])
    const listed = await listKeys(as(ann, {}, later(8)))
    expect(listed.find(({ id }) => id === short.key.id)).toMatchObject({ state: 'EXPIRED' })
  })

  it('tells when and from where it was last used, writing at most once a minute', async () => {
    const { secret, key } = await aKey()
    const stored = async () => {
      const [row] = await sql`select last_used_at, last_address, xmin::text from api_key where id = ${key.id}`
      return row ?? {}
    }
    expect(key).toMatchObject({ lastUsedAt: null, lastAddress: null })

    await house.identity.authenticate({ ...shown(`Bearer ${secret}`), ip: '192.0.2.7' })

    await expect.poll(stored).toMatchObject({ last_address: '192.0.2.7', last_used_at: expect.any(String) as string })
    const before = await stored()
    const next = await house.open()
    await next.authenticate({ ...shown(`Bearer ${secret}`), ip: '192.0.2.8' })
    await next.close()
    expect(await stored()).toEqual(before)
    const tomorrow = await house.open({ now: later(1) })
    await tomorrow.authenticate({ ...shown(`Bearer ${secret}`), ip: '192.0.2.9' })
    await tomorrow.close()
    expect(await stored()).toMatchObject({ last_address: '192.0.2.9' })
  })
})

describe('rolling a key', () => {
  it('makes another one with the same rights, and leaves the old one good for a day', async () => {
    const { secret: old, key } = await aKey({ scopes: ['records:read'], expiresInDays: 30 })

    const { secret, key: rolled } = await rollKey(as(ann), key.id)

    expect(rolled).toMatchObject({ id: key.id, scopes: ['records:read'], previousPrefix: key.prefix, state: 'ACTIVE' })
    expect(rolled.prefix).not.toBe(key.prefix)
    for (const each of [old, secret])
      expect(await who(each)).toMatchObject({ kind: 'ok', principal: { keyId: key.id, scopes: ['records:read'] } })
    const [soon, tomorrow, inAMonth] = [later(0.99), later(1.01), later(30.01)]
    const states = async (now: () => Date) => {
      const identity = await house.open({ now })
      return [(await who(old, identity)).kind, (await who(secret, identity)).kind]
    }
    expect(await states(soon)).toEqual(['ok', 'ok'])
    expect(await states(tomorrow)).toEqual(['denied', 'ok'])
    expect(await states(inAMonth)).toEqual(['denied', 'denied'])
    expect((await listKeys(as(ann, {}, tomorrow))).find(({ id }) => id === key.id)?.previousPrefix).toBeNull()
  })

  it('ends the old one at once when there is to be no overlap, and the one before the old one always', async () => {
    const { secret: first, key } = await aKey()
    const { secret: second } = await rollKey(as(ann), key.id)
    expect(await kinds(first)).toEqual(['ok', 'ok'])

    const { secret: third } = await rollKey(as(ann), key.id)
    await expect.poll(() => kinds(first)).toEqual(['denied', 'denied'])
    expect(await kinds(second)).toEqual(['ok', 'ok'])
    const { secret: fourth } = await rollKey(as(ann), key.id, { overlapHours: 0 })

    await expect.poll(() => kinds(third)).toEqual(['denied', 'denied'])
    expect(await kinds(fourth)).toEqual(['ok', 'ok'])
  })

  it('never gives the old one more time than it had', async () => {
    const { secret, key } = await aKey({ expiresInDays: 1 })

    await rollKey(as(ann, {}, later(0.5)), key.id, { overlapHours: 720, neverExpires: true })

    expect(await who(secret, await house.open({ now: later(1.1) }))).toMatchObject({ kind: 'denied' })
  })

  it('ends both when the key is revoked, which cannot be rolled any more', async () => {
    const { secret: old, key } = await aKey()
    const { secret } = await rollKey(as(ann), key.id)

    expect(await revokeKey(as(ann), key.id)).toMatchObject({ state: 'REVOKED' })

    await expect.poll(() => kinds(old)).toEqual(['denied', 'denied'])
    await expect.poll(() => kinds(secret)).toEqual(['denied', 'denied'])
    await expect(rollKey(as(ann), key.id)).rejects.toMatchObject({ code: 'CONFLICT' })
  })
})

describe('who may', () => {
  it.each([
    [{ name: ' ' }, 'name'],
    [{ name: 'x'.repeat(101) }, 'name'],
    [{ scopes: [] }, 'scopes'],
    [{ scopes: ['records'] }, 'scopes'],
    [{ scopes: ['records:read', '*'] }, 'scopes'],
    [{ scopes: ['records:read:Nowhere'] }, 'scopes'],
    [{ expiresInDays: 0 }, 'expiresInDays'],
    [{ expiresInDays: 3_651 }, 'expiresInDays'],
    [{ expiresInDays: 7, neverExpires: true }, 'neverExpires'],
  ])('make %o: nobody, and the field is named', async (wanted, field) => {
    await expect(aKey(wanted)).rejects.toMatchObject({ code: 'INVALID', details: { field } })
  })

  it('make keys for others: administrators, for users who can act', async () => {
    await expect(aKey({ userId: ben.id })).rejects.toMatchObject({ code: 'FORBIDDEN' })
    await expect(aKey({ userId: 'nobody' }, admin)).rejects.toMatchObject({ code: 'INVALID' })
    const { key } = await aKey({ userId: ben.id }, admin)
    expect(key).toMatchObject({ owner: { id: ben.id }, createdBy: { id: '1' } })
  })

  it('widen what a token may: nobody', async () => {
    const narrow = as(ann, { scopes: ['records:read', 'records:write:Accounts'] })
    const { key } = await aKey({ scopes: ['records:write'] })

    expect((await aKey({ scopes: ['records:read:Contacts'] }, narrow)).key.scopes).toEqual(['records:read:Contacts'])
    for (const scopes of [['*'], ['records:write'], ['records:read', 'records:delete'], ['admin:read']])
      await expect(aKey({ scopes }, narrow)).rejects.toMatchObject({ code: 'FORBIDDEN' })
    await expect(rollKey(narrow, key.id)).rejects.toMatchObject({ code: 'FORBIDDEN' })
  })

  it('make or roll keys with a key: nobody', async () => {
    const { key } = await aKey()
    const withKey = as(ann, { keyId: key.id })

    await expect(aKey({}, withKey)).rejects.toMatchObject({ code: 'FORBIDDEN' })
    await expect(rollKey(withKey, key.id)).rejects.toMatchObject({ code: 'FORBIDDEN' })
    expect(await revokeKey(withKey, key.id)).toMatchObject({ state: 'REVOKED' })
  })

  it('see and end the keys of others: administrators; to the rest they do not exist', async () => {
    const { key } = await aKey()

    await expect(listKeys(as(ben), ann.id)).rejects.toMatchObject({ code: 'FORBIDDEN' })
    expect((await listKeys(as(ben))).filter(({ owner }) => owner.id !== ben.id)).toEqual([])
    for (const act of [rollKey, revokeKey]) {
      const missing = await act(as(ben), 'nothing').catch((error: unknown) => error)
      const hidden = await act(as(ben), key.id).catch((error: unknown) => error)
      expect(hidden).toMatchObject({ code: 'NOT_FOUND' })
      expect(String(hidden).replace(key.id, '')).toBe(String(missing).replace('nothing', ''))
    }
    expect((await listKeys(admin)).map(({ id }) => id)).toContain(key.id)
    expect((await listKeys(admin, ann.id)).every(({ owner }) => owner.id === ann.id)).toBe(true)
    expect(await revokeKey(admin, key.id)).toMatchObject({ state: 'REVOKED' })
  })
})
