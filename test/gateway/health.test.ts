import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { expect, it } from 'vitest'
import { md5Of } from '../../drizzle/password-hash.ts'
import { readConfig } from '../../gateway/config.ts'
import { makeClient } from '../../gateway/create-client.ts'
import { createHealth, databaseChecks } from '../../gateway/health.ts'
import { serve } from '../../gateway/serve.ts'
import { testDatabase } from '../database.ts'
import { storedPassword } from '../passwords.ts'
import { cuttableProxy } from './cuttable-proxy.ts'

const db = await testDatabase()
const way = await cuttableProxy(new URL(db.url))
const config = readConfig({
  DATABASE_URL: way.url.href,
  DATA_DIR: mkdtempSync(join(tmpdir(), 'house-')),
  PORT: '0',
  DATABASE_POOL_MAX: '3',
})
const house = await serve(config, { log: pino({ enabled: false }) })
await db.pool`insert into users ${db.pool({ id: '1', user_name: 'ada', status: 'Active', is_admin: true, user_hash: await storedPassword('ada') })}`
const { id, secret } = await makeClient(db.pool, config, { name: 'x', grant: 'client_credentials', user: 'ada' })
const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: id, client_secret: secret })
const granted = await fetch(`${house.url}/Api/access_token`, { method: 'POST', body })
const { access_token: token } = (await granted.json()) as { access_token: string }

const get = async (path: string) => {
  const response = await fetch(`${house.url}${path}`, { headers: { authorization: `Bearer ${token}` } })
  return { status: response.status, retryAfter: response.headers.get('retry-after'), body: await response.text() }
}
const ask = async (query: string) => {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const response = await fetch(`${house.url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) })
  return { status: response.status, retryAfter: response.headers.get('retry-after'), body: await response.text() }
}

/** Calls a method of v4.1. */
const legacy = async (method: string, ...args: unknown[]) => {
  const rest_data = JSON.stringify(args)
  const form = new URLSearchParams({ method, input_type: 'JSON', response_type: 'JSON', rest_data })
  const response = await fetch(`${house.url}/service/v4_1/rest.php`, { method: 'POST', body: form })
  return { status: response.status, retryAfter: response.headers.get('retry-after'), body: await response.text() }
}

it('tells the process and the whole apart, and both recover by themselves when the database was away', async () => {
  expect(await get('/readyz')).toMatchObject({ status: 200 })
  expect(await ask('{ accounts { nodes { id } } }')).toMatchObject({ status: 200 })

  const session = await legacy('login', { user_name: 'ada', password: md5Of('ada'), version: '1' })
  const sessionId = (JSON.parse(session.body) as { id: string }).id

  await way.cut()
  const away = await ask('{ accounts { nodes { id } } }')
  const notReady = await get('/readyz')
  const v8 = await get('/Api/V8/module/Accounts')
  const v4 = await legacy('get_entries_count', sessionId, 'Accounts', '', 0)

  expect(away).toMatchObject({ status: 503, retryAfter: '2' })
  expect(away.body).toContain('"UNAVAILABLE"')
  expect(notReady).toMatchObject({ status: 503, retryAfter: '2' })
  expect(JSON.parse(notReady.body)).toMatchObject({ checks: { database: { ok: false }, graph: { ok: true } } })
  expect(v8).toMatchObject({ status: 503, retryAfter: expect.any(String) })
  expect(JSON.parse(v8.body)).toMatchObject({ errors: { status: 503 } })
  expect(v4).toMatchObject({ status: 503, retryAfter: expect.any(String) })
  expect(JSON.parse(v4.body)).toMatchObject({ name: expect.any(String), number: expect.anything() })
  expect(away.body + notReady.body + v8.body + v4.body).not.toMatch(/127\.0\.0\.1|ECONN|postgres/)
  expect(await get('/livez')).toMatchObject({ status: 200 })

  await way.mend()
  await expect.poll(async () => (await get('/readyz')).status, { timeout: 5_000 }).toBe(200)
  expect(await ask('{ accounts { nodes { id } } }')).toMatchObject({ status: 200 })
})

it('names what is missing when migrations are', async () => {
  const { readiness } = createHealth(databaseChecks({ pool: db.pool, now: () => new Date() }))
  await db.pool`update drizzle.__drizzle_migrations set name = name || '-gone'`

  const { ready, checks } = await readiness()

  expect(ready).toBe(false)
  expect(checks.migrations?.reason).toMatch(/^\d+ to apply: run "switchyard migrate"$/)
  await db.pool`update drizzle.__drizzle_migrations set name = replace(name, '-gone', '')`
  expect(await readiness()).toMatchObject({ ready: true })
})

it('answers in the middle of a request before it closes, and nothing after', async () => {
  await db.pool`create function slow() returns trigger language plpgsql as 'begin perform pg_sleep(0.3); return new; end'`
  await db.pool`create trigger slow before insert on leads for each row execute function slow()`
  const sleeping = () =>
    db.pool`select pid from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'`

  const inTheMiddle = ask('mutation { createLead(input: { last_name: "Slow" }) { last_name } }')
  await expect.poll(sleeping).toHaveLength(1)
  await house.close()

  expect(await inTheMiddle).toMatchObject({ status: 200, body: expect.stringContaining('Slow') })
  await expect(get('/livez')).rejects.toThrow()
})
