import postgres from 'postgres'
import { afterAll, expect, inject, it } from 'vitest'
import { identityHouse, tokenIn } from './setup.ts'

const house = await identityHouse()
const ann = await house.aUser('ann')
const client = await house.aClient('password')
const form = { grant_type: 'password', username: ann.name, password: ann.password, ...client }

const admin = postgres(inject('cluster').url, { max: 1 })
afterAll(() => admin.end())
const [{ name = '' } = {}] = await house.sql<{ name: string }[]>`select current_database() as name`
const allow = (yes: boolean) => admin`alter database ${admin(name)} with allow_connections ${admin.unsafe(String(yes))}`

it('answers 503 while the database is away, and works again when it is back, and listens again', async () => {
  const before = await house.token(form)
  expect(await house.who(tokenIn(before))).toMatchObject({ kind: 'ok' })

  await allow(false)
  await admin`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name}`
  const during = await house.token({ ...form, client_id: 'not remembered' })
  expect(during).toMatchObject({ status: 503, json: { error: 'temporarily_unavailable' } })
  expect(during.headers.get('retry-after')).toBe('1')
  expect(during.text).not.toContain(name)
  expect(await house.who(tokenIn(before))).toMatchObject({ kind: 'ok', principal: { userId: ann.id } })

  await allow(true)
  await expect.poll(() => house.token(form), { timeout: 20_000 }).toMatchObject({ status: 200 })
  expect(await house.who(tokenIn(before))).toMatchObject({ kind: 'ok' })

  const listeners = () =>
    house.sql`select from pg_stat_activity where datname = ${name} and query ilike 'listen%'`.then(rows => rows.length)
  await expect.poll(listeners, { timeout: 20_000 }).toBe(1)
})
