import { expect, it } from 'vitest'
import { md5Of } from '../../../drizzle/password-hash.ts'
import { sweepSessions } from '../../../gateway/sessions.ts'
import { identityHouse } from './setup.ts'

const house = await identityHouse()
const ann = await house.aUser('ann')
const { sessions } = house.identity
const here = '192.0.2.10'
const open = (address = here) => sessions.open(ann.name, { md5: md5Of(ann.password) }, address)
const idOf = async (address = here) => (await open(address))?.id ?? ''
const minutes = (count: number) => () => new Date(Date.now() + count * 60_000)

it('opens with name and MD5 and is found again, in every process', async () => {
  await house.sql`insert into user_preferences (id, category, assigned_user_id, contents)
    values ('p1', 'global', ${ann.id}, '{"datef":"Y-m-d","num_grp_sep":"."}')`
  const other = await house.open()

  const session = await open()

  expect(session).toMatchObject({
    id: expect.stringMatching(/^[a-z0-9]{50}$/),
    principal: { kind: 'user', userId: ann.id, scopes: 'all', dateStyle: { dateFormat: 'Y-m-d', timezone: 'UTC' } },
    preferences: { num_grp_sep: '.' },
  })
  expect(session?.principal.clientId).toBeUndefined()
  const id = session?.id ?? ''
  expect(await sessions.find(id, here)).toEqual(session)
  expect(await other.sessions.find(id, here)).toEqual(session)
})

it('is another one at each login', async () => {
  expect(await idOf()).not.toBe(await idOf())
})

it('opens for persons only who are switched on and know the password', async () => {
  const off = await house.aUser('off', { status: 'Inactive' })
  const group = await house.aUser('group', { is_group: true })
  const portal = await house.aUser('portal', { portal_only: true })

  for (const { name, password } of [
    off,
    group,
    portal,
    { name: ann.name, password: 'x' },
    { name: 'nobody', password: 'x' },
  ]) {
    expect(await sessions.open(name, { plain: password }, here)).toBeUndefined()
  }
})

it('stays where it was opened: the first three octets must be the same', async () => {
  const id = await idOf()

  expect(await sessions.find(id, '192.0.2.77')).toMatchObject({ id })
  expect(await sessions.find(id, '::ffff:192.0.2.77')).toMatchObject({ id })
  for (const elsewhere of ['192.0.3.10', '::1', '', '::ffff:192.0.3.10']) {
    expect(await sessions.find(id, elsewhere)).toBeUndefined()
  }
  const six = await idOf('2001:db8::1')
  expect(await sessions.find(six, '2001:db8::1')).toMatchObject({ id: six })
  expect(await sessions.find(six, '2001:db8::2')).toBeUndefined()
})

it('lives 24 minutes without use, and longer with it', async () => {
  const id = await idOf()
  const at = async (count: number) => (await house.open({ now: minutes(count) })).sessions.find(id, here)

  expect(await at(23)).toMatchObject({ id })
  expect(await at(46)).toMatchObject({ id })
  expect(await at(71)).toBeUndefined()
})

it('ends with logout at once, and in other processes when they hear of it', async () => {
  const id = await idOf()
  const other = await house.open()
  expect(await other.sessions.find(id, here)).toMatchObject({ id })

  await sessions.close(id)

  expect(await sessions.find(id, here)).toBeUndefined()
  await expect.poll(() => other.sessions.find(id, here)).toBeUndefined()
  await sessions.close(id)
})

it('ends when its user is switched off', async () => {
  const bob = await house.aUser('bob')
  const session = await sessions.open(bob.name, { plain: bob.password }, here)
  await house.sql`update users set status = 'Inactive' where id = ${bob.id}`
  await house.identity.notices.send({ kind: 'user', id: bob.id })

  expect(await sessions.find(session?.id ?? '', here)).toBeUndefined()
})

it.each([
  ['nothing', ''],
  ['a word', 'bad'],
  ['SQL', `' or 1=1 --`],
  ['a NUL', 'a\0b'],
  ['100 kB', 'x'.repeat(100_000)],
  ['an umlaut', 'ü'],
])('is not found by %s', async (_name, id) => {
  expect(await sessions.find(id, here)).toBeUndefined()
})

it('is stored as a hash, and not at all when it is over', async () => {
  const id = await idOf()
  const stored = async () =>
    (await house.sql`select s::text as text from legacy_session s`).map(row => String(row.text))
  expect((await stored()).join()).not.toContain(id)

  await sweepSessions(house.sql, minutes(200)())

  expect(await stored()).toEqual([])
})
