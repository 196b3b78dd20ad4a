import { createHash } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { deprecationHeaders } from '../../gateway/deprecations.ts'
import { openGraph } from '../../gateway/supergraph/graph.ts'
import { catalogOf } from '../../schema/catalog.ts'
import { storedPassword } from '../passwords.ts'
import { servedHouse } from './served.ts'

const house = await servedHouse({ settings: { DEPRECATED: '8.0=2027-01-01/2027-12-31, v4_1:set_entry=2027-06-30' } })
const { sql } = house
const going = { since: '2026-06-01', sunset: '2027-02-28', reason: 'Use phone_alternate.' }

/** The house as it is once a field is marked. */
beforeAll(async () => {
  const { catalog } = house.graphs.current
  const modules = catalog.modules.map(module => {
    const field = module.name === 'Accounts' ? module.fields['phone_office'] : undefined
    return field ? { ...module, fields: { ...module.fields, phone_office: { ...field, deprecated: going } } } : module
  })
  await house.graphs.replace(
    await openGraph(catalogOf(modules, catalog), {
      report: error => {
        throw error
      },
    }),
  )
})
const made = await house.graphql('mutation { createAccount(input: { name: "Acme" }) { id } }')
const { id: account } = made.data?.['createAccount'] as { id: string }

type Told = { readonly deprecation: string | null; readonly sunset: string | null; readonly links: string[] }

const toldIn = ({ headers }: Response): Told => ({
  deprecation: headers.get('deprecation'),
  sunset: headers.get('sunset'),
  links: (headers.get('link') ?? '').split(/,\s*/).filter(Boolean),
})

async function v8(version: string, path: string, attributes?: object): Promise<Told> {
  const response = await fetch(`${house.url}/Api/V8${path}`, {
    method: attributes ? 'PATCH' : 'GET',
    headers: {
      authorization: `Bearer ${await house.tokenOf('ada')}`,
      'api-version': version,
      'content-type': 'application/vnd.api+json',
    },
    ...(attributes && { body: JSON.stringify({ data: { type: 'Accounts', id: account, attributes } }) }),
  })
  expect(response.ok).toBe(true)
  return toldIn(response)
}

const linkTo = (name: string) => `</docs/deprecations#${name}>; rel="deprecation"; type="text/html"; title="${name}"`
const nothing: Told = { deprecation: null, sunset: null, links: [] }
const field: Told = {
  deprecation: `@${Date.parse('2026-06-01T00:00:00Z') / 1000}`,
  sunset: 'Sun, 28 Feb 2027 00:00:00 GMT',
  links: [linkTo('Accounts.phone_office')],
}
const version: Told = {
  deprecation: `@${Date.parse('2027-01-01T00:00:00Z') / 1000}`,
  sunset: 'Fri, 31 Dec 2027 00:00:00 GMT',
  links: [linkTo('8.0')],
}

describe('version 8.1 tells of a field that will go', () => {
  it.each([
    ['is named', `/module/Accounts/${account}?fields[Accounts]=phone_office,name`],
    ['is among all', `/module/Accounts/${account}`],
    ['is filtered by', '/module/Accounts?fields[Accounts]=name&filter[phone_office]=1'],
    ['is sorted by', '/module/Accounts?fields[Accounts]=name&sort=-phone_office'],
  ])('when it %s', async (_how, path) => {
    expect(await v8('8.1', path)).toEqual(field)
  })

  it('when it is written', async () => {
    expect(await v8('8.1', `/module/Accounts/${account}?fields[Accounts]=name`, { phone_office: '1' })).toEqual(field)
  })

  it('and not when it is not used', async () => {
    expect(await v8('8.1', `/module/Accounts/${account}?fields[Accounts]=name&include=contacts`)).toEqual(nothing)
    expect(await v8('8.1', '/module/Accounts?fields[Accounts]=name&filter[name]=A&sort=name')).toEqual(nothing)
    expect(await v8('8.1', `/module/Accounts/${account}?fields[Accounts]=name`, { website: 'a' })).toEqual(nothing)
    expect(await v8('8.1', '/meta/fields/Accounts')).toEqual(nothing)
  })
})

it('version 8.0 tells that it will go itself, and of fields', async () => {
  expect(await v8('8.0', '/module/Accounts?fields[Accounts]=name')).toEqual(version)
  expect(await v8('8.0', '/module/Accounts?fields[Accounts]=phone_office')).toEqual({
    ...field,
    links: [...version.links, ...field.links],
  })
})

it('errors tell of the version too', async () => {
  expect(toldIn(await fetch(`${house.url}/Api/V8/module/Accounts`))).toEqual(version)
  const authorization = `Bearer ${await house.tokenOf('ada')}`
  const response = await fetch(`${house.url}/Api/V8/module/Accounts/nobody`, { headers: { authorization } })
  expect([response.status, toldIn(response)]).toEqual([400, version])
})

it('the legacy API tells of fields, and of a method that will go', async () => {
  const call = (method: string, ...args: unknown[]) =>
    fetch(`${house.url}/service/v4_1/rest.php`, {
      method: 'POST',
      body: new URLSearchParams({
        ...{ method, input_type: 'JSON', response_type: 'JSON' },
        rest_data: JSON.stringify(args),
      }),
    })
  await sql`update users set user_hash = ${await storedPassword('secret')} where user_name = 'ada'`
  const password = createHash('md5').update('secret').digest('hex')
  const { id: session } = (await (await call('login', { user_name: 'ada', password })).json()) as { id: string }
  const list = async (...names: string[]) =>
    toldIn(await call('get_entry_list', session, 'Accounts', '', '', 0, names, [], 5, 0))
  const set = async (name: string) =>
    toldIn(
      await call('set_entry', session, 'Accounts', [
        { name: 'id', value: account },
        { name, value: '2' },
      ]),
    )
  const method = { deprecation: `@${Date.parse('2027-06-30') / 1000}`, sunset: null, links: [linkTo('v4_1:set_entry')] }

  expect(await list('name')).toEqual(nothing)
  expect(await list('name', 'phone_office')).toEqual(field)
  expect(await set('website')).toEqual(method)
  expect(await set('phone_office')).toEqual({ ...field, links: [...method.links, ...field.links] })
})

it('GraphQL tells it with the answer, and in the schema', async () => {
  const response = await house.post(
    JSON.stringify({
      query:
        '{ accounts(sort: { field: phone_office }) { nodes { phone_office name } } __type(name: "Account") { fields { name } } }',
    }),
  )
  const { extensions } = (await response.json()) as { extensions: Record<string, unknown> }
  const { data } = await house.graphql(
    '{ __type(name: "Account") { fields(includeDeprecated: true) { name isDeprecated deprecationReason } } }',
  )

  expect(extensions['deprecations']).toEqual([
    { coordinate: 'AccountSortField.phone_office', reason: 'Use phone_alternate.' },
    { coordinate: 'Account.phone_office', reason: 'Use phone_alternate.' },
  ])
  const { fields } = data?.['__type'] as { fields: { name: string; isDeprecated: boolean }[] }
  expect(fields.filter(({ isDeprecated }) => isDeprecated)).toEqual([
    {
      ...{ name: 'phone_office', isDeprecated: true },
      deprecationReason: 'Use phone_alternate. It may be gone from 2027-02-28 on.',
    },
  ])
})

it.each([
  ['/Api/V8/openapi-8.0.json', 'AccountAttributes'],
  ['/Api/V8/openapi-8.1.json', 'AccountAttributes'],
  ['/service/v4_1/openapi.json', 'AccountInput'],
])('%s marks it, and nothing else', async (path, schema) => {
  const { components } = (await (await fetch(`${house.url}${path}`)).json()) as {
    components: { schemas: Record<string, { properties: Record<string, { deprecated?: boolean }> }> }
  }

  const marked = Object.entries(components.schemas[schema]?.properties ?? {}).filter(([, { deprecated }]) => deprecated)
  expect(marked.map(([name]) => name)).toEqual(['phone_office'])
})

it('the log, the report and a page for people have the same', async () => {
  const names = async (door: string) =>
    (
      await sql<{ deprecated: string }[]>`select distinct deprecated from request_log where door = ${door}
        and deprecated is not null order by 1`
    ).map(({ deprecated }) => deprecated)
  await expect
    .poll(() => names('v8'), { timeout: 10_000 })
    .toEqual(['8.0', '8.0 Accounts.phone_office', 'Accounts.phone_office'])
  await expect
    .poll(() => names('v4_1'), { timeout: 10_000 })
    .toEqual(['Accounts.phone_office', 'v4_1:set_entry', 'v4_1:set_entry Accounts.phone_office'])
  const used = () => sql`select name, kind from api_usage where deprecated group by 1, 2 order by name collate "C"`
  await expect.poll(used, { timeout: 15_000 }).toEqual([
    { name: 'Accounts.phone_office', kind: 'field' },
    { name: 'getRecord', kind: 'operation' },
    { name: 'getRecords', kind: 'operation' },
    { name: 'set_entry', kind: 'operation' },
  ])
  const page = await (await fetch(`${house.url}/docs/deprecations`)).text()
  expect(page).toContain('<dt id="Accounts.phone_office">')
  expect(page).toContain('<dt id="8.0"><code>8.0</code>, since 2027-01-01, may be gone from 2027-12-31 on</dt>')
})

it('the earliest days count, and a link of its own is followed', () => {
  const headers = deprecationHeaders([
    { name: 'A.b', deprecation: { since: '2027-05-01', reason: 'x', link: 'https://example.com/a "b' } },
    { name: 'A.c', deprecation: { since: '2027-04-01', sunset: '2029-01-01', reason: 'x' } },
    { name: 'A.d', deprecation: { since: '2027-06-01', sunset: '2028-01-01', reason: 'x' } },
  ])

  expect(headers['deprecation']).toBe(`@${Date.parse('2027-04-01') / 1000}`)
  expect(headers['sunset']).toBe('Sat, 01 Jan 2028 00:00:00 GMT')
  expect(headers['link']).toContain('<https://example.com/a%20%22b>; rel="deprecation"')
})

it('a custom endpoint tells of a field that its operation uses', async () => {
  const declaration = {
    method: 'GET',
    path: '/custom/phones/{id}',
    operation: 'query Phone($id: ID!) { account(id: $id) { phone_office } }',
  }
  const save = 'mutation ($declaration: JSON!) { saveCustomEndpoint(declaration: $declaration) { id } }'
  expect((await house.graphql(save, { declaration })).errors).toBeUndefined()

  const headers = { authorization: `Bearer ${await house.tokenOf('ada')}` }
  const ask = () => fetch(`${house.url}/custom/phones/${account}`, { headers })
  await expect.poll(async () => (await ask()).status, { timeout: 5_000 }).toBe(200)

  expect(toldIn(await ask())).toEqual(field)
})
