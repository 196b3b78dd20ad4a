import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { readConfig } from '../../gateway/config.ts'
import { makeClient } from '../../gateway/create-client.ts'
import { start } from '../house/switchyard.ts'
import { cuttableProxy } from './cuttable-proxy.ts'
import { servedHouse } from './served.ts'

let proxy: Awaited<ReturnType<typeof cuttableProxy>> | undefined
const SECRET_KEY = randomBytes(32).toString('base64')
const house = await servedHouse({
  settings: { SECRET_KEY },
  async way(url) {
    proxy = await cuttableProxy(new URL(url))
    return proxy.url.href
  },
})
const { sql } = house

const create = `mutation ($name: String!) {
  createAccount(input: { name: $name }) { id contacts(first: 1) { nodes { id } } }
}`

async function send(url: string, token: string, key: string, name: string) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify({ query: create, variables: { name } }),
  })
  return {
    status: response.status,
    replayed: response.headers.get('idempotent-replayed') === 'true',
    ...((await response.json()) as { data?: { createAccount: { id: string } | null }; errors?: unknown[] }),
  }
}

const idsNamed = async (name: string) =>
  (await sql<{ id: string }[]>`select id from accounts where name = ${name}`).map(({ id }) => id)

/** While this holds, an answer that selects contacts is not made, though its record is stored. */
async function holdContacts() {
  const held = await sql.reserve()
  await held`begin`
  await held`lock table contacts in access exclusive mode`
  return async () => {
    await held`rollback`
    held.release()
  }
}

it('is done once when the process is killed between the commit and the answer', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'killed-'))
  afterAll(() => rmSync(dataDir, { recursive: true, force: true }))
  const environment = {
    ...{ DATABASE_URL: house.databaseUrl, DATA_DIR: dataDir, PORT: '0', LOG_LEVEL: 'silent', DEMO_DATA: 'no' },
    SECRET_KEY,
  }
  const client = { name: 'killed', grant: 'client_credentials', user: 'ada' } as const
  const { id, secret } = await makeClient(sql, readConfig(environment), client)
  const tokenAt = async (url: string) => {
    const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: id, client_secret: secret })
    const response = await fetch(`${url}/Api/access_token`, { method: 'POST', body })
    return ((await response.json()) as { access_token: string }).access_token
  }
  const served = async () => {
    const { child, said } = start(['serve'], { environment })
    afterAll(() => child.kill('SIGKILL'))
    const address = () => /http:\/\/127\.0\.0\.1:\d+/.exec(said.out)?.[0]
    await expect.poll(address, { timeout: 60_000, message: said.err }).toBeDefined()
    return { child, url: address() ?? '' }
  }
  const [key, name] = [randomUUID(), randomUUID()]
  const first = await served()
  const release = await holdContacts()

  const unanswered = send(first.url, await tokenAt(first.url), key, name).catch(() => 'no answer')
  await expect.poll(() => idsNamed(name), { timeout: 20_000 }).toHaveLength(1)
  first.child.kill('SIGKILL')
  expect(await unanswered).toBe('no answer')
  await release()
  const second = await served()
  const token = await tokenAt(second.url)
  const again = () => send(second.url, token, key, name)

  // The dead process keeps its lease for a while.
  await expect.poll(async () => (await again()).status, { timeout: 40_000 }).toBe(200)
  const [stored] = await idsNamed(name)
  expect(await again()).toMatchObject({ replayed: true, data: { createAccount: { id: stored } } })
  expect(await idsNamed(name)).toHaveLength(1)
}, 180_000)

it('has one effect when the database is lost during the call', async () => {
  const token = await house.tokenOf('ada')
  const [key, name] = [randomUUID(), randomUUID()]
  const release = await holdContacts()

  const lost = send(house.url, token, key, name)
  await expect.poll(() => idsNamed(name), { timeout: 20_000 }).toHaveLength(1)
  await proxy?.cut()
  await release()
  const first = await lost
  await proxy?.mend()

  expect(first.errors).toHaveLength(1)
  await expect
    .poll(async () => (await send(house.url, token, key, name)).data?.createAccount?.id, { timeout: 40_000 })
    .toBe((await idsNamed(name))[0])
  expect(await idsNamed(name)).toHaveLength(1)
}, 90_000)
