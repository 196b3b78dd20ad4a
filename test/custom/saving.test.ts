import { Ajv2020 } from 'ajv/dist/2020.js'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pino } from 'pino'
import { afterAll, describe, expect, it } from 'vitest'
import { readConfig } from '../../gateway/config.ts'
import { serve } from '../../gateway/serve.ts'
import { openGraph } from '../../gateway/supergraph/graph.ts'
import { catalogOf } from '../../schema/catalog.ts'
import { declaringHouse, order, summary, type Declaration } from './declared.ts'

const SECRET_KEY = 'the same for both processes of this house'
const house = await declaringHouse({ SECRET_KEY })
const { call, declared, graphql, save, sql } = house

/** Another process of the same house. */
const dataDir = mkdtempSync(path.join(tmpdir(), 'other-'))
const other = await serve(
  readConfig({ DATABASE_URL: house.databaseUrl, DATA_DIR: dataDir, PORT: '0', PUBLIC_URL: house.url, SECRET_KEY }),
  { log: pino({ level: 'silent' }) },
)
afterAll(async () => {
  await other.close()
  rmSync(dataDir, { recursive: true, force: true })
})

const who = (path: string, name = 'Who'): Declaration => ({
  method: 'GET',
  path,
  operation: `query ${name} { me { user_name id } }`,
  output: '/me/user_name',
})

const faultsOf = async (declaration: Declaration) => {
  const { errors } = await save(declaration)
  return (errors?.[0]?.extensions.faults ?? []) as string[]
}

describe('saving', () => {
  it('changes nothing when it is the same, and makes the next version when it is not', async () => {
    const first = await declared(who('/custom/who'))
    const same = await save(who('/custom/who'))
    const second = await declared({ ...who('/custom/who'), output: { name: '/me/user_name' } })

    expect(same.data?.saveCustomEndpoint).toMatchObject({ id: first.id, version: 1, enabled: true, faults: [] })
    expect(second).toMatchObject({ id: first.id, version: 2 })
    expect(await call('/custom/who')).toMatchObject({ body: { name: 'ada' } })
  })

  it('keeps the versions before: a client names the one it was made for', async () => {
    const pinned = await call('/custom/who', { headers: { 'endpoint-version': '1' } })

    expect(pinned).toMatchObject({ status: 200, body: 'ada' })
    expect(pinned.headers.get('endpoint-version')).toBe('1')
    for (const unknown of ['3', '0', 'x', '1.0', '99999999999']) {
      expect(await call('/custom/who', { headers: { 'endpoint-version': unknown } })).toMatchObject({
        status: 400,
        body: { code: 'BAD_REQUEST', source: { header: 'Endpoint-Version' } },
      })
    }
    const { data } = await graphql('{ customEndpoints { path version versions { version declaration savedBy } } }')
    expect(data?.customEndpoints).toMatchObject([
      {
        path: '/custom/who',
        version: 2,
        versions: [
          { version: 2, declaration: { output: { name: '/me/user_name' } }, savedBy: house.users.ada },
          { version: 1, declaration: { output: '/me/user_name' } },
        ],
      },
    ])
  })

  it('holds in other processes within seconds, and so does closing, opening and removing', async () => {
    const there = async (address: string) => (await call(address, { base: other.url })).status
    const { id } = await declared(who('/custom/hot'))
    await expect.poll(() => there('/custom/hot'), { timeout: 5_000 }).toBe(200)
    const enable =
      'mutation ($id: ID!, $enabled: Boolean!) { enableCustomEndpoint(id: $id, enabled: $enabled) { enabled } }'

    await graphql(enable, { id, enabled: false })
    await expect.poll(() => there('/custom/hot'), { timeout: 5_000 }).toBe(404)
    expect((await call('/custom/hot', { base: other.url, headers: { 'endpoint-version': '1' } })).status).toBe(404)
    await graphql(enable, { id, enabled: true })
    await expect.poll(() => there('/custom/hot'), { timeout: 5_000 }).toBe(200)
    await graphql('mutation ($id: ID!) { removeCustomEndpoint(id: $id) }', { id })
    await expect.poll(() => there('/custom/hot'), { timeout: 5_000 }).toBe(404)

    const { data } = await graphql(
      `
        query ($id: ID!) {
          auditEntries(filter: { id: $id }) {
            nodes {
              action
              before
              after
            }
          }
        }
      `,
      { id },
    )
    expect(data?.auditEntries).toMatchObject({
      nodes: [
        { action: 'custom_endpoint.removed', before: { path: '/custom/hot', version: 1 }, after: null },
        { action: 'custom_endpoint.enabled' },
        { action: 'custom_endpoint.disabled', before: { enabled: true }, after: { enabled: false } },
        { action: 'custom_endpoint.saved', before: null, after: { path: '/custom/hot', method: 'GET' } },
      ],
    })
  })

  it('at once by many gives each version its number', async () => {
    const names = Array.from({ length: 8 }, (_, i) => `Who${i}`)

    await Promise.all(names.map(name => save(who('/custom/raced', name))))

    const rows = await sql<{ version: number }[]>`select v.version from custom_endpoint_version v
      join custom_endpoint e on e.id = v.endpoint_id where e.path_key = '/custom/raced' order by 1`
    expect(rows.map(({ version }) => version)).toEqual(names.map((_, i) => i + 1))
  })

  it('is for administrators', async () => {
    const { errors } = await graphql('mutation { saveCustomEndpoint(declaration: {}) { id } }', {}, 'ben')
    const read = await graphql('{ customEndpoints { id } }', {}, 'ben')

    expect(errors?.[0]?.extensions.code).toBe('FORBIDDEN')
    expect(read.errors?.[0]?.extensions.code).toBe('FORBIDDEN')
  })
})

describe('what could not be called is refused, and the place is named', () => {
  const base = who('/custom/refused')
  const text = (properties: object, more: object = {}) => ({ type: 'object', properties, ...more })
  it.each<[string, Declaration, RegExp]>([
    ['no declaration', {}, /^\/method /],
    ['a path elsewhere', { ...base, path: '/Api/V8/module' }, /^\/path begins with \/custom\//],
    ['the path of the document', { ...base, path: '/custom/openapi.json' }, /^\/path is taken/],
    ['a name that comes twice', { ...base, path: '/custom/{id}/{id}' }, /^\/path has \{id\} twice/],
    ['an unknown setting', { ...base, cache: 5 }, /cache/],
    ['an operation that cannot be read', { ...base, operation: 'query Q { me' }, /^\/operation cannot be read/],
    ['an operation without a name', { ...base, operation: '{ me { id } }' }, /^\/operation has to be one operation/],
    [
      'two operations',
      { ...base, operation: 'query A { me { id } } query B { me { id } }' },
      /^\/operation has to be one/,
    ],
    [
      'a field that there is not',
      { ...base, operation: 'query Q { me { shoe_size } }' },
      /^\/operation is not valid: .*shoe_size/,
    ],
    [
      'a change behind GET',
      { ...base, operation: 'mutation M { trackView(module: "Accounts", id: "1") }', output: '' },
      /^\/method is GET/,
    ],
    ['a body behind GET', { ...base, input: { body: text({}) } }, /^\/input\/body cannot be/],
    ['a cache behind POST', { ...base, method: 'POST', cacheSeconds: 5 }, /^\/cacheSeconds is for GET only/],
    [
      'no JSON Schema',
      { ...base, input: { query: text({ a: { type: 'text' } }) } },
      /^\/input\/query is no JSON Schema/,
    ],
    [
      'a variable that nothing gives',
      { ...base, operation: 'query Q($id: ID!) { account(id: $id) { id } }', output: '' },
      /^\/operation has the variable \$id/,
    ],
    [
      'a variable that may be missing',
      {
        ...base,
        input: { query: text({ id: { type: 'string' } }) },
        operation: 'query Q($id: ID!) { account(id: $id) { id } }',
        output: '',
      },
      /^\/input\/query\/id has to be required/,
    ],
    [
      'another type',
      {
        ...base,
        input: { query: text({ n: { type: 'string', default: '5' } }) },
        operation: 'query Q($n: Int!) { accounts(first: $n) { totalCount } }',
        output: '',
      },
      /^\/input\/query\/n is string, and the operation takes Int/,
    ],
    [
      'a value that an enumeration does not have',
      {
        ...base,
        method: 'POST',
        input: { body: text({ level: { enum: ['SOME'] } }, { required: ['level'] }) },
        operation:
          'mutation M($level: AccessLevel!) { setRoleActions(roleId: "r", rules: [{ module: "Accounts", action: "edit", level: $level }]) { id } }',
        output: '',
      },
      /^\/input\/body\/level may be SOME, which AccessLevel does not have/,
    ],
    [
      'a member that an input does not have',
      {
        ...base,
        method: 'POST',
        input: { body: text({ name: { type: 'string' }, shoe_size: { type: 'integer' } }) },
        operation: 'mutation M($body: AccountInput!) { createAccount(input: $body) { id } }',
        output: '',
      },
      /^\/input\/body has shoe_size, which AccountInput does not have/,
    ],
    [
      'a variable that there is not',
      { ...base, variables: { id: '/caller/userId' } },
      /^\/variables\/id is no variable/,
    ],
    ['a pointer to nowhere', { ...base, output: '/me/name' }, /^\/output leads to \/me\/name/],
    [
      'a list that is none',
      { ...base, output: { $each: '/me', $as: '/id' } },
      /^\/output has \$each of \/me, which is no list/,
    ],
    ['a scope that is none', { ...base, scopes: ['everything'] }, /^\/scopes has everything/],
    [
      'an example that is refused',
      { ...base, input: { query: text({ n: { type: 'integer' } }) }, examples: [{ name: 'x', query: { n: 'many' } }] },
      /^\/examples\/0\/query\/n must be integer/,
    ],
    [
      'an example that answers something else',
      { ...base, outputSchema: { type: 'string' }, examples: [{ name: 'x', output: 5 }] },
      /^\/examples\/0\/output must be string/,
    ],
  ])('%s', async (_what, declaration, why) => {
    const faults = await faultsOf(declaration)

    expect(faults).toContainEqual(expect.stringMatching(why))
    expect(await sql`select from custom_endpoint where path_key = '/custom/refused'`).toHaveLength(0)
  })
})

describe('an endpoint whose field has gone', () => {
  it('answers 503 naming itself until the field is back, and leaves the others alone', async () => {
    const { id } = await declared({
      ...who('/custom/doomed'),
      operation: 'query Doomed { accounts(first: 1) { nodes { phone_fax } } }',
      output: '',
    })
    const { graphs } = house
    const whole = graphs.current
    const modules = whole.catalog.modules.map(({ fields: { phone_fax, ...fields }, ...module }) =>
      module.name === 'Accounts'
        ? { ...module, fields }
        : { ...module, fields: { ...fields, ...(phone_fax && { phone_fax }) } },
    )
    const smaller = await openGraph(catalogOf(modules), { report: () => undefined })

    await graphs.replace(smaller)
    const gone = await call('/custom/doomed')
    const { data } = await graphql('query ($id: ID!) { customEndpoint(id: $id) { faults } }', { id })
    const untouched = await call('/custom/who')
    await graphs.replace(whole)
    const back = await call('/custom/doomed')

    expect(gone).toMatchObject({
      status: 503,
      body: { code: 'UNAVAILABLE', detail: expect.stringContaining('GET /custom/doomed') as string },
    })
    expect(data?.customEndpoint).toEqual({ faults: [expect.stringContaining('phone_fax')] })
    expect([untouched.status, back.status]).toEqual([200, 200])
  })
})

describe('the OpenAPI document', () => {
  it('is for anybody, at every address, and has what was declared with its examples', async () => {
    await declared({
      ...summary,
      scopes: ['records:read'],
      examples: [{ name: 'Acme', path: { id: 'a1' }, query: { contacts: 1 }, output: { name: 'Acme' } }],
      outputSchema: { type: 'object', properties: { name: { type: 'string' } } },
    })
    await declared(order)
    const read = async (address: string) =>
      (await fetch(`${house.url}${address}`)).json() as Promise<Record<string, unknown>>

    const document = await read('/custom/openapi.json')

    expect(await read('/Api/V8/custom/openapi.json')).toEqual(document)
    expect(document).toMatchObject({
      openapi: '3.1.0',
      paths: {
        '/custom/customers/{id}/summary': {
          get: {
            operationId: 'get_custom_customers_id_summary',
            description: expect.stringContaining('Needs the scopes records:read.') as string,
            parameters: [
              { name: 'id', in: 'path', required: true, examples: { Acme: { value: 'a1' } } },
              { name: 'contacts', in: 'query', required: false, schema: { type: 'integer', default: 2 } },
              { name: 'Endpoint-Version', in: 'header' },
            ],
            responses: {
              '200': {
                content: {
                  'application/json': { schema: { type: 'object' }, examples: { Acme: { value: { name: 'Acme' } } } },
                },
              },
              '404': { $ref: '#/components/responses/404' },
            },
          },
        },
        '/custom/orders': { post: { requestBody: { required: true }, responses: { '201': {} } } },
      },
    })
    for (const schema of [order.input, summary.input].flatMap(input => Object.values(input as object))) {
      expect(new Ajv2020().validateSchema(schema as object)).toBe(true)
    }
    const page = await fetch(`${house.url}/docs/custom`)
    expect(await page.text()).toContain('data-openapi="/custom/openapi.json"')
  })
})
