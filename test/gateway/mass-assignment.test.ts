import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { md5Of } from '../../drizzle/password-hash.ts'
import { coreCatalog } from '../../schema/catalog.ts'
import { isStored, type Field } from '../../schema/field.ts'
import { storedPassword } from '../passwords.ts'
import { servedHouse } from './served.ts'

const house = await servedHouse()
const { graphql, sql, url, users } = house
await sql`update users set user_hash = ${await storedPassword('open sesame')}`
const [role, group, client] = [randomUUID(), randomUUID(), randomUUID()]
await sql`insert into acl_roles ${sql({ id: role, name: 'Everything' })}`
await sql`insert into securitygroups ${sql({ id: group, name: 'Board' })}`
await sql`insert into oauth2clients ${sql({ id: client, name: 'Portal', secret: 'x', allowed_grant_type: 'password' })}`

type Values = Record<string, unknown>
type Type = 'User' | 'Account' | 'Role' | 'SecurityGroup' | 'OAuth2Client'
const moduleOf = (type: Type) => coreCatalog.modules.find(module => module.graphql.type === type)?.name ?? ''

async function legacy(method: string, given: object): Promise<Values> {
  const fields = { method, input_type: 'JSON', response_type: 'JSON', rest_data: JSON.stringify(given) }
  const response = await fetch(`${url}/service/v4_1/rest.php`, { method: 'POST', body: new URLSearchParams(fields) })
  return (await response.json()) as Values
}
type Actor = 'ada' | 'ben'
const sessionOf = async (user_name: Actor) =>
  (await legacy('login', { user_auth: { user_name, password: md5Of('open sesame') } })).id
const sessions = { ada: await sessionOf('ada'), ben: await sessionOf('ben') }

const v8 = async (as: Actor, method: string, path: string, body: object) =>
  fetch(`${url}/Api/V8${path}`, {
    method,
    headers: { authorization: `Bearer ${await house.tokenOf(as)}`, 'content-type': 'application/vnd.api+json' },
    body: JSON.stringify(body),
  })
const listOf = (values: Values) => Object.entries(values).map(([name, value]) => ({ name, value }))

type Door = {
  write(type: Type, id: string, values: Values): Promise<unknown>
  make(type: Type, values: Values): Promise<unknown>
  relate(type: Type, id: string, link: string, relatedId: string): Promise<unknown>
}

/** How somebody writes through each door. A refusal is as good as an answer: what counts is what is stored. */
const doors: Record<'GraphQL' | 'V8' | 'v4.1', (as: Actor) => Door> = {
  GraphQL: as => ({
    write: (type, id, input) =>
      graphql(
        `mutation ($id: ID!, $input: ${type}Input!) { update${type}(id: $id, input: $input) { id } }`,
        { id, input },
        as,
      ),
    make: (type, input) =>
      graphql(`mutation ($input: ${type}Input!) { create${type}(input: $input) { id } }`, { input }, as),
    relate: (type, id, link, related) =>
      graphql(
        `mutation ($id: ID!, $link: ${type}Link!, $related: [ID!]!) { relate${type}(id: $id, link: $link, relatedIds: $related) { id } }`,
        { id, link, related: [related] },
        as,
      ),
  }),
  V8: as => ({
    write: (type, id, attributes) => v8(as, 'PATCH', '/module', { data: { type: moduleOf(type), id, attributes } }),
    make: (type, attributes) => v8(as, 'POST', '/module', { data: { type: moduleOf(type), attributes } }),
    relate: (type, id, link, related) =>
      v8(as, 'POST', `/module/${moduleOf(type)}/${id}/relationships/${link}`, {
        data: { type: targetOf(type, link), id: related },
      }),
  }),
  'v4.1': as => ({
    write: (type, id, values) =>
      legacy('set_entry', {
        session: sessions[as],
        module_name: moduleOf(type),
        name_value_list: listOf({ id, ...values }),
      }),
    make: (type, values) =>
      legacy('set_entry', { session: sessions[as], module_name: moduleOf(type), name_value_list: listOf(values) }),
    relate: (type, id, link, related) =>
      legacy('set_relationship', {
        session: sessions[as],
        module_name: moduleOf(type),
        module_id: id,
        link_field_name: link,
        related_ids: [related],
      }),
  }),
}

function targetOf(type: Type, link: string) {
  const module = coreCatalog.byName.get(moduleOf(type))
  return (module && coreCatalog.links(module).get(link)?.target.name) ?? ''
}

/** What decides who somebody is and what they may. */
const entrusted = [
  ...['id', 'user_name', 'user_hash', 'is_admin', 'status', 'employee_status', 'is_group', 'portal_only', 'deleted'],
  ...['external_auth_only', 'authenticate_id', 'sugar_login', 'system_generated_password', 'pwd_last_changed'],
  ...['factor_auth', 'factor_auth_interface'],
]
const stored = Object.entries(coreCatalog.byName.get('Users')?.fields ?? {}).filter(([, field]) => isStored(field))

/** A value that no user has. */
function another(field: Field, door: keyof typeof doors): unknown {
  if (field.kind === 'bool') return door === 'GraphQL' ? true : '1'
  if (field.kind === 'datetime') return door === 'GraphQL' ? '2031-01-01T00:00:00Z' : '2031-01-01 00:00:00'
  return field.kind === 'enum' ? 'Inactive' : 'changed'
}

/** Every way to say that a user is in the role and in the group. */
const memberships = (userId: string) =>
  [
    ['User', userId, 'aclroles', role],
    ['User', userId, 'SecurityGroups', group],
    ['Role', role, 'users', userId],
    ['SecurityGroup', group, 'users', userId],
  ] as const

const rowOf = async (id: string) => (await sql`select * from users where id = ${id}`)[0] ?? {}
const entrustedOf = async (id: string) => {
  const row = await rowOf(id)
  return Object.fromEntries(entrusted.map(name => [name, row[name]]))
}

it.each(['GraphQL', 'V8'] as const)('users change their own description by %s', async door => {
  await doors[door]('ben').write('User', users.ben, { description: door })

  expect(await rowOf(users.ben)).toMatchObject({ description: door })
})

it('users are no module that others than administrators write by v4.1, as in SuiteCRM', async () => {
  expect(await doors['v4.1']('ben').write('User', users.ben, { description: 'v4.1' })).toMatchObject({ number: 40 })
})

describe.each(['GraphQL', 'V8', 'v4.1'] as const)('who is no administrator, by %s', door => {
  const { write, make, relate } = doors[door]('ben')
  const values = Object.fromEntries(stored.map(([name, field]) => [name, another(field, door)]))

  it('changes nothing that decides who they are and what they may, alone or among the rest', async () => {
    const before = await entrustedOf(users.ben)

    for (const name of entrusted) await write('User', users.ben, { [name]: values[name] })
    await write('User', users.ben, values)
    await write('User', users.ben, { is_admin: 1, user_hash: md5Of('mine'), created_by: users.ada })

    expect(await entrustedOf(users.ben)).toEqual(before)
  })

  it('changes nothing of another user, and makes none', async () => {
    const before = await sql`select * from users where id <> ${users.ben} order by id`

    for (const [name] of stored) await write('User', users.ada, { [name]: values[name] })
    await write('User', users.ada, values)
    await make('User', { ...values, id: randomUUID(), user_name: 'eve', last_name: 'Eve' })
    await make('User', { user_name: 'eve', last_name: 'Eve', status: 'Active', is_admin: values.is_admin })

    expect(await sql`select * from users where id <> ${users.ben} order by id`).toEqual(before)
  })

  it('joins no role and no group, and changes neither, nor API clients', async () => {
    const rights = () => sql`
      select (select jsonb_agg(r order by id) from acl_roles r) as roles, (select jsonb_agg(g) from securitygroups g) as groups,
        (select jsonb_agg(c order by id) from oauth2clients c) as clients,
        (select count(*)::int from acl_roles_users) as "inRoles", (select count(*)::int from securitygroups_users) as "inGroups"`
    const before = await rights()

    for (const [type, id, link, related] of memberships(users.ben)) await relate(type, id, link, related)
    for (const [type, id] of [
      ['Role', role],
      ['SecurityGroup', group],
      ['OAuth2Client', client],
    ] as const) {
      await write(type, id, { name: 'changed' })
      await make(type, { name: 'made' })
    }
    await write('OAuth2Client', client, {
      secret: 'known',
      allowed_grant_type: 'client_credentials',
      assigned_user_id: users.ada,
    })

    expect(await rights()).toEqual(before)
  })
})

describe.each(['GraphQL', 'V8', 'v4.1'] as const)('an administrator, by %s', door => {
  it('does with the same calls what others may not', async () => {
    const { write, relate } = doors[door]('ada')
    const counts = async () => {
      const [row] = await sql`select (select count(*)::int from acl_roles_users where not deleted) as roles,
        (select count(*)::int from securitygroups_users where not deleted) as groups`
      return row
    }
    for (const [type, id, link, related] of memberships(users.ben)) {
      await sql`delete from acl_roles_users`
      await sql`delete from securitygroups_users`
      await relate(type, id, link, related)
      expect([
        { roles: 1, groups: 0 },
        { roles: 0, groups: 1 },
      ]).toContainEqual(await counts())
    }
    await write('User', users.ben, { title: door, is_admin: another({ kind: 'bool' }, door) })
    await write('Role', role, { name: door })

    expect(await rowOf(users.ben)).toMatchObject({ title: door, is_admin: true })
    expect(await sql`select name from acl_roles where id = ${role}`).toEqual([{ name: door }])
    await sql`update users set is_admin = false where id = ${users.ben}`
  })
})

describe('a record', () => {
  it('of GraphQL is stamped by the house, whatever is sent', async () => {
    const { data } = await graphql('mutation { createAccount(input: { name: "Acme" }) { id } }', {}, 'ben')
    const { id } = data?.createAccount as { id: string }
    const update = 'mutation ($id: ID!, $input: AccountInput!) { updateAccount(id: $id, input: $input) { id } }'
    const stamps = () => sql`select created_by, date_entered, deleted, modified_user_id from accounts where id = ${id}`
    const before = await stamps()

    for (const [name, value] of Object.entries({
      created_by: users.ada,
      modified_user_id: users.ada,
      date_entered: '2001-01-01T00:00:00Z',
    })) {
      const { errors } = await graphql(update, { id, input: { [name]: value } }, 'ben')
      expect(errors).toHaveLength(1)
    }

    expect(await stamps()).toEqual(before)
    expect(before).toMatchObject([{ created_by: users.ben, modified_user_id: users.ben }])
  })
})
