import { expect, it } from 'vitest'
import { contextFor } from '../../gateway/context.ts'
import { catalogOf, type Catalog } from '../../schema/catalog.ts'
import { systemPrincipal } from '../../schema/principal.ts'
import { redactAgain } from '../../schema/redact/again.ts'
import { bodiesOf } from '../../subgraphs/ops/log-policies.ts'
import { servedHouse } from '../gateway/served.ts'
import { run } from '../house/switchyard.ts'
import { passwordsOf } from '../passwords.ts'

const house = await servedHouse()
const { sql } = house
const { catalog } = house.graphs.current

const details = (clientId: string, keep: boolean) =>
  house.graphql('mutation ($id: ID!, $keep: Boolean!) { logDetails(clientId: $id, details: $keep) { countsOnly } }', {
    id: clientId,
    keep,
  })
const ask = (headers: Record<string, string>, requestId: string) =>
  fetch(`${house.url}/Api/V8/module/Accounts`, { headers: { ...headers, 'x-request-id': requestId } })
const known = { timeout: 15_000 }

it('keeps of a client no more than how many requests there were, when no details are wanted', async () => {
  const { id, token } = await house.newClient('ben')
  const headers = { authorization: `Bearer ${token}` }
  expect((await details(id, false)).data).toEqual({ logDetails: { countsOnly: true } })
  const bare = () => sql`select * from request_log where client_id = ${id} and request_id is null`
  await expect
    .poll(async () => {
      await ask(headers, 'discreet-request')
      return (await bare()).length
    }, known)
    .toBeGreaterThan(0)

  const [row = {}] = await bare()
  const { id: _, at: _at, ...kept } = row
  expect(Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== null))).toEqual({
    ...{ client_id: id, door: 'v8', version: '8.0', status: 200, outcome: 'ok' },
  })
  const line = house.lines.findLast(each => each['client_id'] === id)
  expect(line).not.toHaveProperty('request_id')
  expect(line).not.toHaveProperty('address')

  expect((await details(id, true)).data).toEqual({ logDetails: { countsOnly: false } })
  await expect
    .poll(async () => {
      await ask(headers, 'open-request')
      return (await sql`select from request_log where client_id = ${id} and request_id = 'open-request'`).length
    }, known)
    .toBeGreaterThan(0)
})

it('does so for a single API key, from the command line', async () => {
  const made = await house.graphql(
    'mutation { createApiKey(input: { name: "quiet", scopes: ["records:read"] }) { secret key { id } } }',
  )
  const { secret, key } = made.data?.['createApiKey'] as { secret: string; key: { id: string } }
  const environment = { DATABASE_URL: house.databaseUrl }
  const set = await run(['logs', 'details', '--client', key.id, '--keep', 'no'], { environment })
  const unknown = await run(['logs', 'details', '--client', 'nobody', '--keep', 'no'], { environment })

  expect([set.out, set.code]).toEqual(['No details are kept from now on.\n', 0])
  expect([unknown.err, unknown.code]).toEqual(['There is no such API client or key\n', 1])
  await expect
    .poll(async () => {
      await ask({ 'x-api-key': secret }, 'keyed-request')
      return (await sql`select from request_log where key_id = ${key.id} and user_id is null`).length
    }, known)
    .toBeGreaterThan(0)
})

/** The catalog when an administrator has made a field secret. */
function withSecret(name: string): Catalog {
  const modules = catalog.modules.map(module => {
    const field = module.name === 'Accounts' ? module.fields[name] : undefined
    return field ? { ...module, fields: { ...module.fields, [name]: { ...field, sensitive: true as const } } } : module
  })
  return catalogOf(modules, catalog)
}

it('hides what has become secret since it was kept, wherever it stands', async () => {
  const kept = {
    query: { 'filter[employees][eq]': '42', 'filter[rating][eq]': '7', 'fields[Accounts]': 'name,employees' },
    request: {
      query: '{ accounts(filter: { employees: { eq: 42 } }) { nodes { id } } }',
      variables: { input: { employees: 42, rating: '7' } },
      name_value_list: [
        { name: 'employees', value: '42' },
        { name: 'rating', value: '7' },
      ],
      deep: [{ employees: [{ eq: 42, ownership: '[text 2]' }] }],
    },
    response: { data: { attributes: { employees: '42', rating: '7' } } },
  }
  await sql`insert into request_body ${sql({ at: '2030-01-01', request_id: 'old', client_id: 'c', headers: { accept: 'x' }, ...kept } as never)}`
  const ctx = await contextFor(
    { pool: sql, catalog: withSecret('employees'), filesDir: '', passwords: passwordsOf(sql), now: () => new Date() },
    { principal: systemPrincipal, requestId: 'test', validation: 'strict' },
  )

  const [shown] = await bodiesOf(ctx, 'old')
  expect(JSON.stringify(shown)).not.toContain('42')
  expect(shown).toMatchObject({
    query: { 'filter[rating][eq]': '7', 'filter[employees][eq]': '[hidden]' },
    request: { variables: { input: { rating: '7', employees: '[hidden]' } } },
    response: { data: { attributes: { rating: '7' } } },
  })
  expect(redactAgain(catalog, kept)).toEqual(kept)
})
