import { hash as bcryptHash } from '@node-rs/bcrypt'
import { hash as argon2Hash } from '@node-rs/argon2'
import { describe, expect, it } from 'vitest'
import { md5Of } from '../../../gateway/passwords.ts'
import { identityHouse } from './setup.ts'

const house = await identityHouse()
const { passwords } = house.identity
const secret = 'Grüße, 世界!'
const bcrypt = (await bcryptHash(md5Of(secret), 4)).replace(/^\$2[abxy]/, '$2y')

describe.each([
  ['of ours (argon2id)', await argon2Hash(md5Of(secret), { memoryCost: 8192, timeCost: 1 })],
  ['of SuiteCRM (bcrypt over MD5)', bcrypt],
  ['of an old SugarCRM (MD5)', md5Of(secret)],
])('a hash %s', (_name, hash) => {
  it('fits the password and its MD5 in any letters, and nothing else', async () => {
    const { id, name } = await house.aUser(`u${hash.slice(0, 12)}`, { hash })

    for (const right of [{ plain: secret }, { md5: md5Of(secret) }, { md5: md5Of(secret).toUpperCase() }]) {
      expect(await passwords.signIn(name, right)).toMatchObject({ id })
    }
    for (const wrong of [{ plain: md5Of(secret) }, { md5: secret }, { plain: hash }, { plain: '' }, { md5: '' }]) {
      expect(await passwords.signIn(name, wrong)).toBeUndefined()
    }
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
