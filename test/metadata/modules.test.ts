import { beforeAll, expect, it, vi } from 'vitest'
import { servedHouse } from '../gateway/served.ts'
import { doorsOf, withPassword, type Json } from './doors.ts'

vi.setConfig({ testTimeout: 240_000 })

const house = await servedHouse()
const { graphql, v8, v4_1 } = doorsOf(house, house.url)

const add =
  'mutation ($input: NewModuleInput!) { addModule(input: $input) { version module { name type one many table } } }'
const boats = {
  name: 'Boats',
  label: 'Boats',
  fields: [
    { name: 'sails', kind: 'INT', default: '2' },
    {
      name: 'rig',
      kind: 'ENUM',
      options: [
        { key: 's', label: 'Sloop' },
        { key: 'k', label: 'Ketch' },
      ],
    },
  ],
  links: [
    { name: 'owner', module: 'Accounts' },
    { name: 'crew', module: 'Contacts', many: true },
  ],
}

async function served(answer: Json, change: string) {
  expect(answer.errors).toBeUndefined()
  const version = Number(answer.data?.[change]?.version)
  await expect
    .poll(async () => (await graphql('{ definitionsVersion }')).data?.definitionsVersion, { timeout: 120_000 })
    .toBe(version)
}

beforeAll(() => withPassword(house))

const made = async (mutation: string, of: string) => String((await graphql(mutation)).data?.[of]?.id)

it('serves a new module at every door', async () => {
  await served(await graphql(add, { input: boats }), 'addModule')
  const id = await made('mutation { createBoat(input: { name: "Ellida", rig: "s" }) { id } }', 'createBoat')

  const found = await graphql(
    '{ boats(filter: { sails: { gte: 2 } }) { nodes { name sails rig assigned_user_id } totalCount } }',
  )
  expect(found.data?.boats).toEqual({
    nodes: [{ name: 'Ellida', sails: 2, rig: 's', assigned_user_id: null }],
    totalCount: 1,
  })
  const described = await graphql(
    '{ module(name: "Boats") { label type fields { name custom options { key } } links { name module many } } }',
  )
  expect(described.data?.module).toMatchObject({ label: 'Boats', type: 'Boat' })
  expect(described.data?.module?.fields).toContainEqual({
    name: 'rig',
    custom: false,
    options: [{ key: 's' }, { key: 'k' }],
  })
  expect(described.data?.module?.links).toContainEqual({ name: 'crew', module: 'Contacts', many: true })

  expect((await v8(`/module/Boats/${id}`)).body.data).toMatchObject({
    type: 'Boats',
    attributes: { name: 'Ellida', sails: '2' },
  })
  expect((await v8('/meta/modules')).body.data?.attributes).toHaveProperty('Boats')
  expect((await v8('/module/Boats?filter[sails][eq]=2', { version: '8.1' })).body.data).toHaveLength(1)
  expect(await (await fetch(`${house.url}/Api/V8/openapi.json`)).text()).toContain('BoatAttributes')

  const available = await v4_1('get_available_modules', { filter: 'all' })
  expect(available.modules).toContainEqual(expect.objectContaining({ module_key: 'Boats', module_label: 'Boats' }))
  const fields = await v4_1('get_module_fields', { module_name: 'Boats', fields: [] })
  expect(fields).toMatchObject({
    table_name: 'boats',
    module_fields: { rig: { type: 'enum' } },
    link_fields: { crew: {} },
  })
  const entry = {
    module_name: 'Boats',
    name_value_list: [
      { name: 'name', value: 'Fram' },
      { name: 'rig', value: 'k' },
    ],
  }
  const set = await v4_1('set_entry', entry)
  const got = await v4_1('get_entry', {
    module_name: 'Boats',
    id: set.id,
    select_fields: ['rig'],
    link_name_to_fields_array: [],
  })
  expect(got.entry_list?.[0]?.name_value_list?.rig?.value).toBe('k')
})

it('joins records over its links, from both ends', async () => {
  const account = await made('mutation { createAccount(input: { name: "Acme" }) { id } }', 'createAccount')
  const contact = await made('mutation { createContact(input: { last_name: "Ann" }) { id } }', 'createContact')
  const boat = await made(
    `mutation { createBoat(input: { name: "Argo", owner_id: "${account}" }) { id } }`,
    'createBoat',
  )

  await graphql(`mutation { relateBoat(id: "${boat}", link: crew, relatedIds: ["${contact}"]) { id } }`)

  const forth = await graphql(`{ boat(id: "${boat}") { owner_name owner { name } crew { nodes { last_name } } } }`)
  expect(forth.data?.boat).toEqual({
    owner_name: 'Acme',
    owner: { name: 'Acme' },
    crew: { nodes: [{ last_name: 'Ann' }] },
  })
  const back = await graphql(
    `{ account(id: "${account}") { boats { nodes { name } } } contact(id: "${contact}") { boats { nodes { name } } } }`,
  )
  expect(back.data).toEqual({
    account: { boats: { nodes: [{ name: 'Argo' }] } },
    contact: { boats: { nodes: [{ name: 'Argo' }] } },
  })
  const related = await v8(`/module/Boats/${boat}/relationships/crew`)
  expect(related.body.data).toMatchObject([{ type: 'Contact', id: contact }])
  await v8(`/module/Contacts/${contact}/relationships/boats/${boat}`, { method: 'DELETE' })
  expect((await graphql(`{ boat(id: "${boat}") { crew { nodes { id } } } }`)).data?.boat?.crew?.nodes).toEqual([])
})

it('is kept from users by roles, and from tokens by scopes, as any module', async () => {
  const role = await made('mutation { createRole(input: { name: "Landlubbers" }) { id } }', 'createRole')
  await graphql(`mutation { relateRole(id: "${role}", link: users, relatedIds: ["${house.users.ben}"]) { id } }`)
  await graphql(
    `mutation { setRoleActions(roleId: "${role}", rules: [{ module: "Boats", action: "list", level: NONE }]) { id } }`,
  )

  const { errors } = await house.graphql('{ boats { nodes { id } } }', {}, 'ben')

  expect(errors?.[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', module: 'Boats' })
  const key = await graphql(
    'mutation { createApiKey(input: { name: "k", scopes: ["records:read:Boats"] }) { secret } }',
  )
  const ask = async (query: string) => {
    const headers = {
      authorization: `Bearer ${String(key.data?.createApiKey?.secret)}`,
      'content-type': 'application/json',
    }
    const answer = await fetch(`${house.url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) })
    return (await answer.json()) as Json
  }
  expect((await ask('{ boats { nodes { name } } }')).errors).toBeUndefined()
  expect((await ask('{ accounts { nodes { name } } }')).errors?.[0]?.extensions?.code).toBe('FORBIDDEN')
})

it('goes, comes back with its records, and is told of in the audit trail', async () => {
  const id = await made('mutation { createBoat(input: { name: "Vasa" }) { id } }', 'createBoat')
  const refused = await graphql('mutation { removeModule(name: "Boats") { version } }')
  expect(refused.errors?.[0]?.extensions).toMatchObject({ code: 'CONFLICT', reason: 'breaking_change' })

  await served(await graphql('mutation { removeModule(name: "Boats", force: true) { version } }'), 'removeModule')
  expect((await graphql('{ boats { nodes { id } } }')).errors?.[0]?.extensions?.code).toBe('GRAPHQL_VALIDATION_FAILED')
  expect((await v8(`/module/Boats/${id}`)).status).not.toBe(200)
  expect((await graphql(add, { input: boats })).errors?.[0]?.extensions).toMatchObject({
    code: 'CONFLICT',
    field: 'name',
  })
  const early = await graphql('mutation { purgeModule(name: "Boats") { version } }')
  expect(early.errors?.[0]?.extensions?.code).toBe('CONFLICT')

  await served(await graphql('mutation { restoreModule(name: "Boats") { version } }'), 'restoreModule')
  expect((await graphql(`{ boat(id: "${id}") { name } }`)).data?.boat?.name).toBe('Vasa')
  const told = await house.sql`select action, user_id from audit_entry where subject_id = 'Boats' order by seq`
  const by = house.users.ada
  expect(told).toEqual(['added', 'removed', 'restored'].map(what => ({ action: `module.${what}`, user_id: by })))
})

it('is purged with all that belongs to it', async () => {
  await served(await graphql(add, { input: { ...boats, name: 'Rafts' } }), 'addModule')
  await served(await graphql('mutation { removeModule(name: "Rafts", force: true) { version } }'), 'removeModule')
  await house.sql`update custom_modules set removed_at = removed_at - interval '2 minutes' where name = 'Rafts'`

  const purged = await graphql('mutation { purgeModule(name: "Rafts") { version } }')

  expect(purged.errors).toBeUndefined()
  expect(await house.sql`select relname from pg_class where relname like 'rafts%'`).toEqual([])
  expect(await house.sql`select name from fields_meta_data where custom_module = 'Rafts'`).toEqual([])
  expect(await house.sql`select name from option_lists where name like 'rafts%'`).toEqual([])
})

it.each([
  ['a name that is none', { name: '1st boats' }, 'INVALID', 'name'],
  ['a name that is taken', { name: 'accounts' }, 'CONFLICT', 'name'],
  ['the name of a table that is there', { name: 'Api_Usage' }, 'CONFLICT', 'name'],
  ['a type that GraphQL has', { name: 'Things', type: 'PageInfo' }, 'INVALID', 'type'],
  ['a type whose parts GraphQL has', { name: 'Things', type: 'Account' }, 'INVALID', 'type'],
  ['a query that GraphQL has', { name: 'Things', many: 'contacts' }, 'INVALID', 'one'],
  ['one name for two queries', { name: 'Things', one: 'thing', many: 'thing' }, 'INVALID', 'many'],
  ['a field that every module has', { name: 'Things', fields: [{ name: 'name', kind: 'TEXT' }] }, 'INVALID', 'fields'],
  ['a link that leads nowhere', { name: 'Things', links: [{ name: 'a', module: 'Nowhere' }] }, 'INVALID', 'links'],
  [
    'a link with the name of a field',
    { name: 'Things', links: [{ name: 'description', module: 'Users' }] },
    'INVALID',
    'links',
  ],
])('refuses %s, and nothing is left of it', async (_, input, code, field) => {
  const state = async () => [
    await house.sql`select count(*) from custom_modules`,
    await house.sql`select count(*) from fields_meta_data`,
    await house.sql`select version from metadata_version`,
    await house.sql`select count(*) from pg_class`,
  ]
  const before = await state()

  const answer = await graphql(add, { input })

  expect(answer.errors?.[0]?.extensions).toMatchObject({ code, field })
  expect(await state()).toEqual(before)
})
