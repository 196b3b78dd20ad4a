import { beforeAll, expect, it, vi } from 'vitest'
import { servedHouse } from '../gateway/served.ts'
import { doorsOf, withPassword, type Json } from './doors.ts'

vi.setConfig({ testTimeout: 240_000 })

const house = await servedHouse()
const other = await house.another()
const here = doorsOf(house, house.url)
const there = doorsOf(house, other.url)
const everywhere = [here, there]

beforeAll(() => withPassword(house))

const add = `mutation ($module: String!, $input: NewFieldInput!) {
  addField(module: $module, input: $input) { version field { name kind label list default removedAt } }
}`
const remove = `mutation ($module: String!, $name: String!, $force: Boolean! = false) {
  removeField(module: $module, name: $name, force: $force) { version field { name removedAt } }
}`

const addField = async (module: string, input: object) => here.graphql(add, { module, input })

/** Resolves when every process serves the version of the definitions that a change has made. */
async function served(answer: Partial<Json>, change: string) {
  const version = Number(answer.data?.[change]?.version)
  for (const door of everywhere)
    await expect
      .poll(async () => (await door.graphql('{ definitionsVersion }')).data?.definitionsVersion, { timeout: 120_000 })
      .toBe(version)
}

async function servedField(module: string, input: object) {
  const answer = await addField(module, input)
  expect(answer.errors).toBeUndefined()
  await served(answer, 'addField')
  return answer
}

it('serves a new field at every door of every process', async () => {
  const made = await here.graphql('mutation { createAccount(input: { name: "Acme" }) { id } }')
  const account = String(made.data?.createAccount?.id)

  const added = await servedField('Accounts', { name: 'planet', kind: 'VARCHAR', label: 'Planet', default: 'Earth' })

  expect(added.data?.addField?.field).toMatchObject({ name: 'planet_c', kind: 'varchar', label: 'Planet' })
  for (const { graphql, v8, v4_1 } of everywhere) {
    const found = await graphql(
      '{ accounts(filter: { planet_c: { eq: "earth" } }, sort: { field: planet_c }) { nodes { planet_c } } }',
    )
    expect(found.data?.accounts?.nodes).toEqual([{ planet_c: 'Earth' }])
    const fields = await graphql('{ module(name: "Accounts") { fields { name label custom } } }')
    expect(fields.data?.module?.fields).toContainEqual({ name: 'planet_c', label: 'Planet', custom: true })

    const record = await v8(`/module/Accounts/${account}`)
    expect(Object.keys(record.body.data?.attributes ?? {}).at(-1)).toBe('planet_c')
    expect((await v8('/meta/fields/Accounts')).body.data?.attributes).toHaveProperty('planet_c')
    const clean = await v8(`/module/Accounts/${account}?fields[Accounts]=planet_c`, { version: '8.1' })
    expect(clean.body.data?.attributes).toEqual({ planet_c: 'Earth' })

    const legacy = await v4_1('get_module_fields', { module_name: 'Accounts', fields: ['planet_c'] })
    expect(legacy.module_fields?.planet_c).toMatchObject({ name: 'planet_c', type: 'varchar', label: 'Planet' })
  }
  for (const url of [house.url, other.url])
    for (const document of ['/Api/V8/openapi.json', '/Api/V8/openapi-8.1.json', '/service/v4_1/openapi.json'])
      expect(await (await fetch(url + document)).text()).toContain('"planet_c"')
})

it('writes a new field by every door', async () => {
  const { data } = await here.graphql(
    'mutation { createAccount(input: { name: "Globex", planet_c: "Mars" }) { id planet_c } }',
  )
  const id = String(data?.createAccount?.id)
  expect(data?.createAccount?.planet_c).toBe('Mars')

  const body = { data: { type: 'Accounts', id, attributes: { planet_c: 'Venus' } } }
  await there.v8('/module', { method: 'PATCH', body })
  expect((await here.v8(`/module/Accounts/${id}`)).body.data?.attributes?.planet_c).toBe('Venus')

  await there.v4_1('set_entry', {
    module_name: 'Accounts',
    name_value_list: { id: { name: 'id', value: id }, planet_c: { name: 'planet_c', value: 'Pluto' } },
  })
  const read = await here.v4_1('get_entry', {
    module_name: 'Accounts',
    id,
    select_fields: ['planet_c'],
    link_name_to_fields_array: [],
  })
  expect(read.entry_list?.[0]?.name_value_list?.planet_c?.value).toBe('Pluto')
})

it('adds a field of every kind, which existing records have its default in', async () => {
  const kinds = [
    ['INT', { default: '7' }, 7],
    ['DECIMAL', { precision: 3, default: '1.5' }, '1.500'],
    ['FLOAT', {}, null],
    ['CURRENCY', { default: '2' }, '2.000000'],
    ['BOOL', { default: 'true' }, true],
    ['DATE', {}, null],
    ['DATETIMECOMBO', {}, null],
    ['TEXT', {}, null],
    ['PHONE', {}, null],
    ['URL', {}, null],
  ] as const
  await here.graphql('mutation { createContact(input: { last_name: "Before" }) { id } }')
  const nameOf = (kind: string) => `of_${kind.toLowerCase()}_c`

  const answers = []
  for (const [kind, settings] of kinds)
    answers.push(await addField('Contacts', { name: nameOf(kind), kind, ...settings }))
  await served(answers.at(-1) ?? {}, 'addField')

  const names = kinds.map(([kind]) => nameOf(kind)).join(' ')
  const { data } = await there.graphql(`{ contacts(filter: { last_name: { eq: "before" } }) { nodes { ${names} } } }`)
  const expected = Object.fromEntries(kinds.map(([kind, , value]) => [nameOf(kind), value]))
  expect(data?.contacts?.nodes?.[0]).toEqual(expected)
})

it('adds a field with options of its own, and refuses values that are none of them', async () => {
  const options = [
    { key: 'r', label: 'Red' },
    { key: 'b', label: 'Blue' },
  ]
  const added = await servedField('Leads', { name: 'colour', kind: 'ENUM', options, default: 'r' })

  const list = added.data?.addField?.field?.list
  const shown = await there.graphql('query ($list: String!) { optionList(name: $list) { options { key label } } }', {
    list,
  })
  expect(shown.data?.optionList?.options).toEqual(options)
  const made = await there.graphql('mutation { createLead(input: { last_name: "A" }) { colour_c } }')
  expect(made.data?.createLead?.colour_c).toBe('r')
  const wrong = await there.graphql('mutation { createLead(input: { last_name: "A", colour_c: "green" }) { id } }')
  expect(wrong.errors?.[0]?.extensions).toMatchObject({ code: 'INVALID', field: 'colour_c' })
  const legacy = await there.v4_1('get_module_fields', { module_name: 'Leads', fields: ['colour_c'] })
  expect(legacy.module_fields?.colour_c?.options).toMatchObject({ r: { name: 'r', value: 'Red' } })
})

it('adds a field that shows a record of another module', async () => {
  await servedField('Contacts', { name: 'sponsor', kind: 'RELATE', module: 'Accounts', label: 'Sponsor' })

  const { data } = await there.graphql('mutation { createAccount(input: { name: "Sponsor Ltd" }) { id } }')
  const id = String(data?.createAccount?.id)
  const made = await there.graphql(
    `mutation { createContact(input: { last_name: "B", account_id_c: "${id}" }) { sponsor_c account_id_c } }`,
  )

  expect(made.data?.createContact).toEqual({ sponsor_c: 'Sponsor Ltd', account_id_c: id })
})

it('keeps the values of a sensitive field from every API', async () => {
  await servedField('Leads', { name: 'pin_of_card', kind: 'VARCHAR', sensitive: true })
  await house.sql`update leads set pin_of_card_c = 'planted 4711'`

  const asked = await there.graphql('{ leads { nodes { pin_of_card_c } } }')
  expect(asked.errors?.[0]?.extensions?.code).toBe('GRAPHQL_VALIDATION_FAILED')
  const list = { module_name: 'Leads', query: '', order_by: '', offset: 0, select_fields: ['pin_of_card_c'] }
  const legacy = await there.v4_1('get_entry_list', { ...list, link_name_to_fields_array: [], max_results: 9 })
  const v8 = await there.v8('/module/Leads')
  expect(JSON.stringify([legacy, v8])).not.toContain('planted')
})

it('serves a removed field no longer, and has its values when it is added again', async () => {
  await servedField('Cases', { name: 'shelf', kind: 'VARCHAR' })
  const made = await here.graphql('mutation { createCase(input: { name: "A", shelf_c: "B7" }) { id } }')
  const id = String(made.data?.createCase?.id)

  const refused = await here.graphql(remove, { module: 'Cases', name: 'shelf' })
  expect(refused.errors?.[0]?.extensions).toMatchObject({ code: 'CONFLICT', reason: 'breaking_change' })
  const removed = await here.graphql(remove, { module: 'Cases', name: 'shelf', force: true })
  await served(removed, 'removeField')

  const gone = await there.graphql(`{ case(id: "${id}") { shelf_c } }`)
  expect(gone.errors?.[0]?.extensions?.code).toBe('GRAPHQL_VALIDATION_FAILED')
  expect((await there.v8(`/module/Cases/${id}`)).body.data?.attributes).not.toHaveProperty('shelf_c')
  await servedField('Cases', { name: 'shelf', kind: 'VARCHAR' })
  expect((await there.graphql(`{ case(id: "${id}") { shelf_c } }`)).data?.case?.shelf_c).toBe('B7')
})

it.each([
  ['a name with a capital', { name: 'Planet', kind: 'VARCHAR' }, 'INVALID', 'name'],
  ['a name that begins with a digit', { name: '1st', kind: 'VARCHAR' }, 'INVALID', 'name'],
  ['a name that is too long', { name: 'a'.repeat(64), kind: 'VARCHAR' }, 'INVALID', 'name'],
  ['a name with SQL in it', { name: 'a"; drop table accounts; --', kind: 'VARCHAR' }, 'INVALID', 'name'],
  ['a name that is taken', { name: 'planet_c', kind: 'VARCHAR' }, 'CONFLICT', 'name'],
  ['a length that no text has', { name: 'x', kind: 'VARCHAR', length: 9_999 }, 'INVALID', 'length'],
  ['a length of a date', { name: 'x', kind: 'DATE', length: 10 }, 'INVALID', 'length'],
  ['a default that is no number', { name: 'x', kind: 'INT', default: 'seven' }, 'INVALID', 'default'],
  ['options of a text', { name: 'x', kind: 'TEXT', options: [{ key: 'a', label: 'A' }] }, 'INVALID', 'options'],
  ['options without options', { name: 'x', kind: 'ENUM' }, 'INVALID', 'list'],
  ['a list that does not exist', { name: 'x', kind: 'ENUM', list: 'no_such_dom' }, 'INVALID', 'list'],
  [
    'a key twice',
    {
      name: 'x',
      kind: 'ENUM',
      options: [
        { key: 'a', label: 'A' },
        { key: 'a', label: 'B' },
      ],
    },
    'INVALID',
    'options',
  ],
  ['a related module that does not exist', { name: 'x', kind: 'RELATE', module: 'Moons' }, 'INVALID', 'module'],
])('refuses %s, and nothing is left of it', async (_, input, code, field) => {
  const state = async () => [
    await house.sql`select count(*) from fields_meta_data`,
    await house.sql`select count(*) from option_lists`,
    await house.sql`select version from metadata_version`,
    await house.sql`select count(*) from pg_attribute where attrelid = 'accounts'::regclass and not attisdropped`,
  ]
  const before = await state()

  const answer = await addField('Accounts', input)

  expect(answer.errors?.[0]?.extensions).toMatchObject({ code, field })
  expect(await state()).toEqual(before)
})

it('is for administrators only', async () => {
  const { errors } = await house.graphql(add, { module: 'Accounts', input: { name: 'x', kind: 'INT' } }, 'ben')

  expect(errors?.[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', reason: 'administrators_only' })
})

it('makes one of two fields of the same name that are added at once', async () => {
  const input = { name: 'race', kind: 'INT' }

  const answers = await Promise.all(everywhere.map(({ graphql }) => graphql(add, { module: 'Bugs', input })))

  const codes = answers.map(({ errors }) => String(errors?.[0]?.extensions?.code))
  expect(codes.sort((a, b) => a.localeCompare(b))).toEqual(['CONFLICT', 'undefined'])
  expect(await house.sql`select name from fields_meta_data where custom_module = 'Bugs'`).toEqual([{ name: 'race_c' }])
})

it('does not rewrite the table, whatever the default', async () => {
  const file = async () => (await house.sql`select pg_relation_filenode('tasks') as file`)[0]?.file
  const before = await file()

  await servedField('Tasks', { name: 'weight', kind: 'INT', default: '5' })

  expect(await file()).toBe(before)
})

it('lets readers pass while it waits for a long report', async () => {
  const reading = Promise.withResolvers<void>()
  const done = Promise.withResolvers<void>()
  const report = house.sql.begin(async sql => {
    await sql`select count(*) from notes`
    reading.resolve()
    await done.promise
  })
  await reading.promise

  const adding = addField('Notes', { name: 'patience', kind: 'INT' })
  const waiting = async () =>
    (await house.sql`select count(*)::integer as n from pg_locks where relation = 'notes'::regclass and not granted`)[0]
      ?.n
  await expect.poll(waiting, { interval: 5 }).toBe(1)
  const read = await there.graphql('{ notes { nodes { id } } }')
  done.resolve()

  expect(read.errors).toBeUndefined()
  expect((await adding).errors).toBeUndefined()
  await report
})

it('has done all this without an unexpected error', () => {
  expect(house.lines.filter(({ event }) => event === 'unexpected error')).toEqual([])
})
