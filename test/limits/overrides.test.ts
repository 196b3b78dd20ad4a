import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { servedHouse } from '../gateway/served.ts'
import { run } from '../house/switchyard.ts'

const house = await servedHouse({ settings: { LIMIT_MACHINE: 'burst=unlimited sustained=unlimited daily=100' } })
const dataDir = mkdtempSync(path.join(tmpdir(), 'switchyard-limits-'))
afterAll(() => rmSync(dataDir, { recursive: true, force: true }))

const switchyard = (...parameters: string[]) =>
  run(parameters, { environment: { DATABASE_URL: house.databaseUrl, DATA_DIR: dataDir } })

const set = `mutation ($input: NewClientLimit!) { setClientLimit(input: $input) {
  clientId class burst sustained daily concurrent note setBy expiresAt } }`

const call = (token: string) =>
  fetch(`${house.url}/Api/V8/meta/modules`, { headers: { authorization: `Bearer ${token}` } })
const policyOf = (token: string) => async () => (await call(token)).headers.get('ratelimit-policy')
const statusOf = (token: string) => async () => (await call(token)).status

it('sets for one client what it may spend, in the process that serves it too, and until it is cleared', async () => {
  const [one, other] = [await house.newClient('ada'), await house.newClient('ada')]
  await call(one.token)

  const answer = await house.graphql(set, {
    input: { clientId: one.id, daily: 7, sustained: 'unlimited', note: 'trial' },
  })

  expect(answer.data?.setClientLimit).toEqual({
    clientId: one.id,
    class: null,
    burst: null,
    sustained: 'unlimited',
    daily: 7,
    concurrent: null,
    note: 'trial',
    setBy: house.users.ada,
    expiresAt: null,
  })
  await expect.poll(policyOf(one.token), { timeout: 5_000 }).toContain('"daily";q=7;')
  expect(await policyOf(other.token)()).toContain('"daily";q=100;')
  await house.graphql('mutation ($id: ID!) { clearClientLimit(clientId: $id) }', { id: one.id })
  await expect.poll(policyOf(one.token), { timeout: 5_000 }).toContain('"daily";q=100;')
})

it('blocks with 0, and lifts a limit with a word', async () => {
  const { token, id } = await house.newClient('ada')

  await house.graphql(set, { input: { clientId: id, daily: 0 } })
  await expect.poll(statusOf(token), { timeout: 5_000 }).toBe(429)
  const blocked = await call(token)
  await house.graphql(set, { input: { clientId: id, daily: 'unlimited', concurrent: 'unlimited' } })

  expect(blocked.headers.get('retry-after')).toBeNull()
  expect(blocked.headers.get('ratelimit-policy')).toContain('"daily";q=0;')
  await expect.poll(statusOf(token), { timeout: 5_000 }).toBe(200)
  expect(await policyOf(token)()).toBeNull()
})

it('ends when its time is over', async () => {
  const { token, id } = await house.newClient('ada')
  const answer = await house.graphql(set, { input: { clientId: id, class: 'BULK', daily: 9, expiresInMinutes: 60 } })
  await expect.poll(policyOf(token), { timeout: 5_000 }).toContain('"daily";q=9;')
  expect(await policyOf(token)()).toContain('"concurrent";q=20;')

  await house.sql`update limit_override set expires_at = expires_at - interval '61 minutes' where client_id = ${id}`

  expect(answer.data?.setClientLimit).toMatchObject({ class: 'BULK', expiresAt: expect.stringMatching(/Z$/) as string })
  await expect.poll(policyOf(token), { timeout: 5_000 }).toContain('"daily";q=100;')
  const { data } = await house.graphql('{ clientLimits { clientId } }')
  expect(data?.clientLimits).not.toContainEqual({ clientId: id })
})

it.each([
  [{ clientId: 'nobody', daily: 5 }, 'NOT_FOUND'],
  [{ clientId: 'session' }, 'INVALID'],
  [{ clientId: 'session', daily: -1 }, 'INVALID'],
  [{ clientId: 'session', daily: 1.5 }, 'INVALID'],
  [{ clientId: 'session', daily: 'much' }, 'INVALID'],
  [{ clientId: 'session', daily: 5, expiresInMinutes: 0 }, 'INVALID'],
])('refuses %j with %s', async (input, code) => {
  const { errors } = await house.graphql(set, { input })

  expect(errors?.[0]?.extensions.code).toBe(code)
})

it('is for administrators', async () => {
  const asked = [
    await house.graphql(set, { input: { clientId: 'session', daily: 5 } }, 'ben'),
    await house.graphql('mutation { clearClientLimit(clientId: "session") }', {}, 'ben'),
    await house.graphql('{ clientLimits { clientId } }', {}, 'ben'),
  ]

  expect(asked.map(({ errors }) => errors?.[0]?.extensions.code)).toEqual(['FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN'])
})

it('is set, shown and cleared from the command line', async () => {
  await house.sql`delete from limit_override`
  const done = await switchyard(
    'limit',
    'set',
    'session',
    '--sustained',
    '2000',
    '--daily',
    'unlimited',
    '--note',
    'old',
  )
  const shown = await switchyard('limit', 'list', '--json')
  const cleared = await switchyard('limit', 'clear', 'session')
  const again = await switchyard('limit', 'clear', 'session')
  const wrong = await switchyard('limit', 'set', 'session', '--daily', 'much')

  expect(done).toMatchObject({ code: 0, out: expect.stringMatching(/session +- +- +2000 +unlimited/) as string })
  expect(JSON.parse(shown.out)).toMatchObject([
    { clientId: 'session', sustained: 2_000, daily: 'unlimited', note: 'old' },
  ])
  expect(cleared).toMatchObject({ code: 0, out: expect.stringContaining('defaults') as string })
  expect([again.code, wrong.code]).toEqual([1, 1])
  expect(again.err).toContain('No limit is set for session')
  expect(wrong.err).toContain('whole number, or unlimited')
})
