import { hash as bcryptHash } from '@node-rs/bcrypt'
import { hash as argon2Hash, verify as argon2Verify } from '@node-rs/argon2'
import { describe, expect, it } from 'vitest'
import { createPasswordHashes, md5Of } from '../../../drizzle/password-hash.ts'
import { operatorOn } from '../../operator.ts'
import { rotatePepper } from '../../../drizzle/peppers.ts'
import { createUsers } from '../../../gateway/oauth/users.ts'
import { createPasswords } from '../../../gateway/passwords.ts'
import { counted } from '../../passwords.ts'
import { identityHouse, secrets } from './setup.ts'

const house = await identityHouse()
const { sql } = house
const { passwords } = house.identity
const hashes = createPasswordHashes(sql, secrets)
const secret = 'Grüße, 世界!'
const bcrypt = (await bcryptHash(md5Of(secret), 4)).replace(/^\$2[abxy]/, '$2y')

const storedFor = async (id: string) => {
  const [row] = await sql<{ user_hash: string }[]>`select user_hash from users where id = ${id}`
  return row?.user_hash ?? ''
}

const forms = [
  ['of ours (argon2id, with a pepper)', await hashes.hash(md5Of(secret))],
  ['of ours from before there were peppers', await argon2Hash(md5Of(secret), { memoryCost: 8192, timeCost: 1 })],
  ['of SuiteCRM (bcrypt over MD5)', bcrypt],
  ['of an old SugarCRM (MD5)', md5Of(secret)],
] as const

describe.each(forms)('a hash %s', (_name, hash) => {
  it('fits the password and its MD5 in any letters, and nothing else', async () => {
    const { id, name } = await house.aUser(`u${hash.slice(0, 12)}`, { hash })
    const traced = await hashes.hash(md5Of(secret), hash)

    for (const right of [{ plain: secret }, { md5: md5Of(secret) }, { md5: md5Of(secret).toUpperCase() }]) {
      expect(await passwords.signIn(name, right)).toMatchObject({ id })
    }
    for (const wrong of [{ plain: md5Of(secret) }, { md5: secret }, { plain: hash }, { plain: '' }, { md5: '' }]) {
      expect(await passwords.signIn(name, wrong)).toBeUndefined()
    }
    expect(await hashes.verify(md5Of(secret), traced)).toBe(true)
    expect(await hashes.verify(md5Of('other'), traced)).toBe(false)
  })

  it('is ours after the first login, and not after a wrong password', async () => {
    const { id, name } = await house.aUser(`first${hash.slice(0, 12)}`, { hash })

    await passwords.signIn(name, { plain: 'wrong' })
    expect(await storedFor(id)).toBe(hash)
    await passwords.signIn(name, { md5: md5Of(secret) })

    const stored = await storedFor(id)
    expect(stored).toMatch(/^\$sw\$[0-9a-f]{8}\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    expect(stored).not.toContain(md5Of(secret))
    expect(stored.length).toBeLessThanOrEqual(255)
    expect(await passwords.signIn(name, { plain: secret })).toMatchObject({ id })
    expect(await storedFor(id)).toBe(stored)
  })
})

it('who has the database alone cannot check a guess', async () => {
  const stored = await hashes.hash(md5Of(secret))

  const argon2 = stored.slice(stored.indexOf('$argon2id'))
  const [row] = await sql<{ sealed: string }[]>`select sealed from password_pepper where state = 'active'`
  expect(await argon2Verify(argon2, md5Of(secret))).toBe(false)
  expect(row?.sealed).toMatch(/^v1\./)
})

it('a new pepper keeps old passwords valid, stores them anew at login, and is known to processes that run', async () => {
  const { id, name } = await house.aUser('pepper', { hash: await hashes.hash(md5Of(secret)) })
  const before = await storedFor(id)

  const pepper = await rotatePepper(operatorOn(sql), secrets)
  const other = createPasswordHashes(sql, secrets)
  const anew = await other.hash(md5Of(secret))

  expect(anew.startsWith(`$sw$${pepper.id}$`)).toBe(true)
  expect(await hashes.verify(md5Of(secret), anew)).toBe(true)
  const restarted = (await house.open()).passwords
  expect(await restarted.signIn(name, { plain: secret })).toMatchObject({ id })
  expect(await storedFor(id)).toMatch(new RegExp(`^\\$sw\\$${pepper.id}\\$`))
  expect(await storedFor(id)).not.toBe(before)
})

it('processes that start together agree on the first pepper', async () => {
  await sql`delete from password_pepper`
  const several = Array.from({ length: 5 }, () => createPasswordHashes(sql, secrets))

  const made = await Promise.all(several.map(each => each.hash(md5Of(secret))))

  expect(new Set(made.map(hash => hash.slice(0, 12))).size).toBe(1)
})

describe('an unknown name', () => {
  it.each(forms)('costs what a known one costs when hashes are stored %s', async (_name, hash) => {
    await sql`update users set deleted = true`
    const { name } = await house.aUser(`cost${hash.slice(0, 12)}`, { hash })
    const { computed, ...watched } = counted(hashes)
    const signIn = createPasswords(createUsers(sql, house.identity.notices), watched).signIn

    await signIn(name, { plain: 'wrong' })
    const known = computed.splice(0)
    await signIn('nobody', { plain: 'wrong' })

    expect(known).toHaveLength(1)
    expect(computed).toEqual(known)
  })
})

it.each([
  ['none', ''],
  ['a cost that would block a core', bcrypt.replace('$04$', '$31$')],
  ['a scheme nobody knows', '$1$salt$qJH7.N4xYta3aEG/dfqo/0'],
  ['broken argon2id', '$argon2id$v=19$m=1'],
])('a user whose hash is %s never signs in', async (_name, hash) => {
  const { name } = await house.aUser(`odd${hash.length}`, { hash })

  for (const guess of [{ plain: '' }, { plain: secret }, { md5: hash }]) {
    expect(await passwords.signIn(name, guess)).toBeUndefined()
  }
})

it('neither do deleted and inactive users, nor two letters of a name', async () => {
  const gone = await house.aUser('gone', { deleted: true })
  const off = await house.aUser('off', { status: 'Inactive' })

  expect(await passwords.signIn(gone.name, { plain: gone.password })).toBeUndefined()
  expect(await passwords.signIn(off.name, { plain: off.password })).toBeUndefined()
  expect(await passwords.signIn('of%', { plain: off.password })).toBeUndefined()
})

it('checks eight passwords at once and turns the ninth away, which is no failed login', async () => {
  const ann = await house.aUser('ann')

  const tries = await Promise.allSettled(
    Array.from({ length: 12 }, () => passwords.signIn(ann.name, { plain: ann.password })),
  )

  const fulfilled = tries.filter(each => each.status === 'fulfilled').map(each => each.value)
  const refused = tries.filter(each => each.status === 'rejected').map((each): unknown => each.reason)
  expect(fulfilled.map(user => user?.id)).toEqual(Array.from({ length: 8 }, () => ann.id))
  expect(refused).toHaveLength(4)
  expect(refused[0]).toMatchObject({ code: 'RATE_LIMITED' })
  expect(await passwords.signIn(ann.name, { plain: ann.password })).toMatchObject({ id: ann.id })
})

it('answers 429 with a time to wait at the token endpoint', async () => {
  const client = await house.aClient('password')
  const form = { grant_type: 'password', username: 'nobody', password: 'x', ...client }

  const answers = await Promise.all(Array.from({ length: 30 }, () => house.token(form)))

  const busy = answers.filter(answer => answer.status === 429)
  expect(answers.filter(answer => answer.status === 400).length + busy.length).toBe(30)
  expect(busy.length).toBeGreaterThan(0)
  expect(busy[0]?.headers.get('retry-after')).toBe('1')
  expect(busy[0]?.json).toMatchObject({ error: 'temporarily_unavailable' })
})
