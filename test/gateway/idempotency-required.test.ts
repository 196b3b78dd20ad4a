import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { servedHouse } from './served.ts'

const house = await servedHouse({ settings: { IDEMPOTENCY_KEY: 'required' } })
const lenient = await servedHouse()

const create = 'mutation { createAccount(input: { name: "Acme" }) { id } }'
const account = { data: { type: 'Accounts', attributes: { name: 'Acme' } } }

type Call = { readonly key?: string; readonly token?: string; readonly at?: typeof house; readonly version?: string }

const headersFor = async ({ key, token, at = house }: Call) => ({
  authorization: `Bearer ${token ?? (await at.tokenOf('ada'))}`,
  ...(key === undefined ? {} : { 'idempotency-key': key }),
})

async function graphql(query: string, call: Call = {}) {
  const { at = house } = call
  const headers = { ...(await headersFor(call)), 'content-type': 'application/json' }
  return answerOf(await fetch(`${at.url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) }))
}

async function v8(method: string, path: string, call: Call = {}) {
  const { at = house, version = '8.1' } = call
  const headers = {
    ...(await headersFor(call)),
    ...{ 'content-type': 'application/vnd.api+json', 'api-version': version },
  }
  const body = method === 'GET' ? undefined : JSON.stringify(account)
  return answerOf(await fetch(`${at.url}/Api/V8${path}`, { method, headers, body }))
}

const answerOf = async (response: Response) => ({
  status: response.status,
  link: response.headers.get('link'),
  body: await response.text(),
})

const help = '</docs/idempotency>; rel="help"'

describe('where every change must have a key', () => {
  it('refuses a mutation without one, leads to the rules, and writes nothing', async () => {
    const answer = await graphql(create)

    expect(answer).toMatchObject({ status: 400, link: help })
    expect(answer.body).toContain('"type":"/docs/idempotency"')
    expect(await house.sql`select id from accounts`).toHaveLength(0)
  })

  it.each(['8.0', '8.1'])('refuses a change by V8 %s without one', async version => {
    const answer = await v8('POST', '/module', { version })

    expect(answer).toMatchObject({ status: 400, link: help })
    expect(answer.body).toContain('/docs/idempotency')
    expect(await house.sql`select id from accounts`).toHaveLength(0)
  })

  it('asks none of what only reads', async () => {
    expect((await graphql('{ me { id } }')).status).toBe(200)
    expect((await v8('GET', '/module/Accounts')).status).toBe(200)
  })

  it('takes a change that has one', async () => {
    expect((await graphql(create, { key: randomUUID() })).status).toBe(200)
    expect((await v8('POST', '/module', { key: randomUUID() })).status).toBe(201)
  })

  it('has the rules on a page that anybody may read', async () => {
    const page = await fetch(`${house.url}/docs/idempotency`)

    expect(page.status).toBe(200)
    expect(await page.text()).toContain('Idempotency-Key')
  })
})

it('asks a key of one API client where the house asks none', async () => {
  const { id, token } = await lenient.newClient('ada')
  const change = `mutation ($id: ID!) { updateApiClient(id: $id, input: { requiresIdempotencyKey: true }) { requiresIdempotencyKey } }`
  expect((await lenient.graphql(change, { id })).data).toEqual({ updateApiClient: { requiresIdempotencyKey: true } })

  const strict = { at: lenient, token }
  await expect.poll(async () => (await graphql(create, strict)).status, { timeout: 5_000 }).toBe(400)
  expect((await v8('POST', '/module', strict)).status).toBe(400)
  expect((await graphql(create, { ...strict, key: randomUUID() })).status).toBe(200)
  expect((await graphql(create, { at: lenient })).status).toBe(200)
})
