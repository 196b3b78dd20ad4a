import { describe, expect, it } from 'vitest'
import { permissionHouse } from './house.ts'

const house = await permissionHouse()
const { sql, aPerson, insert, graph, v8, legacy } = house
const admin = await aPerson({ isAdmin: true })

const codes = ({ errors }: Awaited<ReturnType<typeof graph>>) => errors?.map(error => error.extensions.code)

/** A user with a role whose rules an administrator sets. */
async function ruled(module: string, rights: Readonly<Record<string, string>>) {
  const person = await aPerson()
  const made = await graph(admin, 'mutation { createRole(input: { name: "Ruled" }) { id } }')
  const { id } = made.data?.createRole as { id: string }
  await graph(admin, 'mutation ($id: ID!, $u: ID!) { relateRole(id: $id, link: users, relatedIds: [$u]) { id } }', {
    id,
    u: person.id,
  })
  const rules = Object.entries(rights).map(([field, right]) => ({ module, field, right }))
  const set = await graph(
    admin,
    'mutation ($id: ID!, $rules: [RoleFieldInput!]!) { setRoleFields(roleId: $id, rules: $rules) { fields { module field right } } }',
    { id, rules },
  )
  expect(set.errors).toBeUndefined()
  // The person has asked for nothing yet, so nothing of it is remembered.
  return { person, role: id }
}

describe('a hidden field', () => {
  it('reads as null, and so does what is derived from it', async () => {
    const { person } = await ruled('Contacts', { last_name: 'NONE', phone_work: 'NONE' })
    const contact = await insert('contacts', { first_name: 'Ann', last_name: 'Secret', phone_work: '+1' })
    const task = await insert('tasks', { name: 'Call', contact_id: contact })

    const one = await graph(
      person,
      'query ($id: ID!) { contact(id: $id) { first_name last_name full_name phone_work } }',
      { id: contact },
    )
    const other = await graph(person, 'query ($id: ID!) { task(id: $id) { contact_name contact_phone } }', { id: task })

    expect(one.data).toEqual({ contact: { first_name: 'Ann', last_name: null, full_name: 'Ann', phone_work: null } })
    expect(other.data).toEqual({ task: { contact_name: 'Ann', contact_phone: null } })
  })

  it('is no oracle: nothing is filtered or sorted by it', async () => {
    const { person } = await ruled('Accounts', { annual_revenue: 'NONE' })

    expect(codes(await graph(person, '{ accounts(filter: { annual_revenue: { eq: "5" } }) { totalCount } }'))).toEqual([
      'FORBIDDEN',
    ])
    expect(
      codes(await graph(person, '{ accounts(filter: { not: { annual_revenue: { null: true } } }) { totalCount } }')),
    ).toEqual(['FORBIDDEN'])
    expect(codes(await graph(person, '{ accounts(sort: [{ field: annual_revenue }]) { nodes { id } } }'))).toEqual([
      'FORBIDDEN',
    ])
    expect(await v8(person, 'GET', '/module/Accounts?filter[annual_revenue][eq]=5')).toMatchObject({
      status: 400,
      json: { errors: { detail: 'Filter field annual_revenue in Account module is not found' } },
    })
    expect(
      await legacy(person, 'get_entry_list', 'Accounts', "accounts.annual_revenue = '5'", '', 0, [], [], 5, 0),
    ).toMatchObject({ number: 40 })
  })

  it('is absent from the legacy doors, their descriptions included', async () => {
    const { person } = await ruled('Accounts', { annual_revenue: 'NONE' })
    const id = await insert('accounts', { name: 'Acme', annual_revenue: '5000000' })

    const record = (await v8(person, 'GET', `/module/Accounts/${id}`)).json as { data: { attributes: object } }
    const entry = (await legacy(person, 'get_entry', 'Accounts', id, [], [])) as {
      entry_list: { name_value_list: object }[]
    }
    const meta = (await v8(person, 'GET', '/meta/fields/Accounts')).text
    const fields = JSON.stringify(await legacy(person, 'get_module_fields', 'Accounts', []))

    expect(record.data.attributes).toHaveProperty('name', 'Acme')
    expect(record.data.attributes).not.toHaveProperty('annual_revenue')
    expect(entry.entry_list[0]?.name_value_list).toHaveProperty('name')
    expect(entry.entry_list[0]?.name_value_list).not.toHaveProperty('annual_revenue')
    expect(meta).toContain('"name"')
    expect(meta).not.toContain('annual_revenue')
    expect(fields).not.toContain('annual_revenue')
  })

  it('takes the links with it that would lead to it, and a hidden link leads nowhere', async () => {
    const { person } = await ruled('Contacts', { email1: 'NONE', accounts: 'NONE' })
    const made = await graph(
      admin,
      'mutation { createContact(input: { last_name: "Li", email1: "li@example.com" }) { id } }',
    )
    const { id } = made.data?.createContact as { id: string }
    const account = await insert('accounts', { name: 'Acme' })
    await graph(
      admin,
      'mutation ($c: ID!, $a: ID!) { relateContact(id: $c, link: accounts, relatedIds: [$a]) { id } }',
      {
        c: id,
        a: account,
      },
    )

    const query =
      'query ($id: ID!) { contact(id: $id) { email1 email_addresses { nodes { email_address } totalCount } accounts { nodes { id } } } }'
    const none = { nodes: [], totalCount: 0 }
    expect((await graph(admin, query, { id })).data).not.toMatchObject({ contact: { email1: null } })
    expect((await graph(person, query, { id })).data).toEqual({
      contact: { email1: null, email_addresses: none, accounts: { nodes: [] } },
    })
    expect((await v8(person, 'GET', `/module/Contacts/${id}`)).text).not.toContain('li@example.com')
    expect((await v8(person, 'GET', `/module/Contacts/${id}/relationships/email_addresses`)).text).not.toContain('li@')
  })

  it('keeps its value when the record is changed by who cannot see it', async () => {
    const { person } = await ruled('Accounts', { annual_revenue: 'NONE' })
    const id = await insert('accounts', { name: 'Acme', annual_revenue: '5000000' })

    await graph(person, 'mutation ($id: ID!) { updateAccount(id: $id, input: { name: "Acme Ltd" }) { id } }', { id })
    await v8(person, 'PATCH', '/module', { data: { type: 'Accounts', id, attributes: { name: 'Acme AG' } } })

    expect(await sql`select name, annual_revenue from accounts where id = ${id}`).toEqual([
      { name: 'Acme AG', annual_revenue: '5000000' },
    ])
  })
})

describe('a field that is read only', () => {
  it('cannot be written: GraphQL names it, the legacy doors pass it over', async () => {
    const { person } = await ruled('Accounts', { annual_revenue: 'READ' })
    const id = await insert('accounts', { name: 'Acme', annual_revenue: '5' })

    const changed = await graph(
      person,
      'mutation ($id: ID!) { updateAccount(id: $id, input: { annual_revenue: "6" }) { id } }',
      { id },
    )
    await v8(person, 'PATCH', '/module', {
      data: { type: 'Accounts', id, attributes: { annual_revenue: '7', name: 'By V8' } },
    })
    await legacy(person, 'set_entry', 'Accounts', [
      { name: 'id', value: id },
      { name: 'annual_revenue', value: '8' },
    ])

    expect(changed.errors).toMatchObject([
      { extensions: { code: 'FORBIDDEN', module: 'Accounts', field: 'annual_revenue' } },
    ])
    expect(await sql`select name, annual_revenue from accounts where id = ${id}`).toEqual([
      { name: 'By V8', annual_revenue: '5' },
    ])
    expect((await graph(person, 'query ($id: ID!) { account(id: $id) { annual_revenue } }', { id })).data).toEqual({
      account: { annual_revenue: '5' },
    })
  })

  it('cannot be written by relating records either', async () => {
    const { person } = await ruled('Cases', { account_id: 'READ' })
    const [account, aCase] = [await insert('accounts', { name: 'Acme' }), await insert('cases', { name: 'Broken' })]

    const related = await graph(
      person,
      'mutation ($a: ID!, $c: ID!) { relateAccount(id: $a, link: cases, relatedIds: [$c]) { id } }',
      { a: account, c: aCase },
    )

    expect(related.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN', field: 'account_id' } }])
  })
})

describe('the rules of a role', () => {
  it('are told to who has them, and to administrators', async () => {
    const { person, role } = await ruled('Accounts', { annual_revenue: 'NONE', employees: 'READ' })
    const stranger = await aPerson()

    const mine = await graph(person, '{ moduleAccess(module: "Accounts") { hiddenFields readOnlyFields } }')
    const query = 'query ($id: ID!) { role(id: $id) { fields { field right } } }'
    const rules = {
      role: {
        fields: [
          { field: 'annual_revenue', right: 'NONE' },
          { field: 'employees', right: 'READ' },
        ],
      },
    }

    expect(mine.data).toEqual({ moduleAccess: { hiddenFields: ['annual_revenue'], readOnlyFields: ['employees'] } })
    expect((await graph(admin, query, { id: role })).data).toEqual(rules)
    expect((await graph(person, query, { id: role })).data).toEqual(rules)
    expect((await graph(stranger, query, { id: role })).data).toEqual({ role: null })
  })

  it('are set by administrators only, and only where they mean something', async () => {
    const { person, role } = await ruled('Accounts', {})
    const fields = (rules: object[], by = admin) =>
      graph(
        by,
        'mutation ($id: ID!, $rules: [RoleFieldInput!]!) { setRoleFields(roleId: $id, rules: $rules) { id } }',
        { id: role, rules },
      )
    const actions = (rules: object[], by = admin) =>
      graph(
        by,
        'mutation ($id: ID!, $rules: [RoleActionInput!]!) { setRoleActions(roleId: $id, rules: $rules) { id } }',
        { id: role, rules },
      )

    expect(codes(await fields([], person))).toEqual(['FORBIDDEN'])
    expect(codes(await actions([], person))).toEqual(['FORBIDDEN'])
    for (const rule of [
      { module: 'Nope', field: 'x' },
      { module: 'Accounts', field: 'nope' },
      { module: 'Accounts', field: 'id' },
      { module: 'Currencies', field: 'name' },
    ]) {
      expect(codes(await fields([{ ...rule, right: 'NONE' }]))).toEqual(['INVALID'])
    }
    for (const rule of [
      { action: 'nope', level: 'ALL' },
      { action: 'access', level: 'OWNER' },
      { action: 'view', level: 'ENABLED' },
    ]) {
      expect(codes(await actions([{ module: 'Accounts', ...rule }]))).toEqual(['INVALID'])
    }
  })

  it('hold from the next request on, in every process that is told', async () => {
    const { person, role } = await ruled('Accounts', {})
    const seen = async () => codes(await graph(person, '{ accounts { totalCount } }')) ?? 'seen'
    expect(await seen()).toBe('seen')
    const set = (level: string) =>
      graph(
        admin,
        'mutation ($id: ID!, $level: AccessLevel!) { setRoleActions(roleId: $id, rules: [{ module: "Accounts", action: "list", level: $level }]) { actions { action level } } }',
        { id: role, level },
      )

    expect((await set('NONE')).data).toEqual({ setRoleActions: { actions: [{ action: 'list', level: 'NONE' }] } })
    await expect.poll(seen, { timeout: 4_000 }).toEqual(['FORBIDDEN'])

    expect((await set('DEFAULT')).data).toEqual({ setRoleActions: { actions: [] } })
    await expect.poll(seen, { timeout: 4_000 }).toBe('seen')
  })
})
