import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { servedHouse } from '../gateway/served.ts'

describe.each([
  { how: 'in process', apart: [] },
  { how: 'crm over HTTP', apart: ['crm'] },
  { how: 'identity over HTTP', apart: ['identity'] },
])('identity, $how', async ({ apart }) => {
  const house = await servedHouse({ apart })
  const { sql, users, graphql } = house
  const id = () => randomUUID()

  const [role, groupRole, group] = [id(), id(), id()]
  await sql`insert into acl_roles ${sql([
    { id: role, name: 'Sellers' },
    { id: groupRole, name: 'Readers' },
  ])}`
  await sql`insert into securitygroups ${sql({ id: group, name: 'North' })}`
  await sql`insert into securitygroups_users ${sql({ id: id(), securitygroup_id: group, user_id: users.ben, primary_group: true })}`
  await sql`insert into securitygroups_acl_roles ${sql({ id: id(), securitygroup_id: group, role_id: groupRole })}`
  const action = async (name: string, levels: Record<string, number>) => {
    const actionId = id()
    await sql`insert into acl_actions ${sql({ id: actionId, category: 'Accounts', name, acltype: 'module', aclaccess: 90 })}`
    for (const [roleId, level] of Object.entries(levels)) {
      await sql`insert into acl_roles_actions ${sql({ id: id(), role_id: roleId, action_id: actionId, access_override: level })}`
    }
  }
  await action('edit', { [role]: 75, [groupRole]: -99 })
  await action('view', { [role]: 0, [groupRole]: 80 })

  const accountAccess = async () => {
    const { data } = await graphql('{ myAccess { module actions { action level } } }', {}, 'ben')
    const all = data?.myAccess as { module: string; actions: { action: string; level: string }[] }[]
    return Object.fromEntries(all.find(each => each.module === 'Accounts')?.actions.map(a => [a.action, a.level]) ?? [])
  }

  it('answers the caller with fields of both subgraphs', async () => {
    const { data, errors } = await graphql(
      '{ me { id user_name is_admin roles { name } securityGroups { name members { isPrimary isInheritable user { user_name } } } } }',
      {},
      'ben',
    )

    expect(errors).toBeUndefined()
    const members = [{ isPrimary: true, isInheritable: true, user: { user_name: 'ben' } }]
    const securityGroups = [{ name: 'North', members }]
    expect(data?.me).toEqual({
      id: users.ben,
      user_name: 'ben',
      is_admin: false,
      roles: [{ name: 'Readers' }],
      securityGroups,
    })
  })

  it('says what a user may do: own roles before those of groups, else the default', async () => {
    const standard = { access: 'ENABLED', delete: 'ALL', export: 'ALL', import: 'ALL', list: 'ALL', massupdate: 'ALL' }
    expect(await accountAccess()).toEqual({ ...standard, edit: 'NONE', view: 'GROUP' })

    await sql`insert into acl_roles_users ${sql({ id: id(), role_id: role, user_id: users.ben })}`

    expect(await accountAccess()).toEqual({ ...standard, edit: 'OWNER', view: 'ALL' })
    const { data } = await graphql('{ myAccess { actions { level } } }')
    expect(JSON.stringify(data)).not.toMatch(/NONE|OWNER|GROUP/)
  })

  it('lets only the user and administrators see preferences, roles and groups', async () => {
    await sql`insert into user_preferences ${sql([
      { id: id(), category: 'global', assigned_user_id: users.ada, contents: sql.json({ timezone: 'UTC' }) },
      { id: id(), category: 'Home', assigned_user_id: users.ada, contents: sql.json({ pages: [1] }) },
    ])}`
    const query =
      'query ($id: ID!) { userPreferences(userId: $id) user(id: $id) { user_name preferences(category: "Home") roles { id } } }'

    const own = await graphql(query, { id: users.ada })
    const others = await graphql(query, { id: users.ada }, 'ben')
    const nobody = await graphql('{ userPreferences(userId: "nobody") }')

    expect(own.data).toMatchObject({
      userPreferences: { global: { timezone: 'UTC' }, Home: { pages: [1] } },
      user: { preferences: { Home: { pages: [1] } }, roles: [] },
    })
    expect(new Set(others.errors?.map(error => error.extensions.code))).toEqual(new Set(['FORBIDDEN']))
    expect(JSON.stringify(others)).not.toContain('timezone')
    expect(nobody.errors?.[0]?.extensions).toMatchObject({ code: 'NOT_FOUND', module: 'Users' })
  })

  it('makes an API client whose secret works until it is changed, and tokens until it is deleted', async () => {
    const create = `mutation ($input: NewApiClient!) { createApiClient(input: $input) { secret client { id grant actsAs { user_name } } } }`
    const input = { name: 'Reports', grant: 'CLIENT_CREDENTIALS', userId: users.ben }
    const { data } = await graphql(create, { input })
    const { secret, client } = data?.createApiClient as { secret: string; client: { id: string } }
    const signIn = async (client_secret: string) => {
      const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: client.id, client_secret })
      const response = await fetch(`${house.url}/Api/access_token`, { method: 'POST', body })
      return { ok: response.ok, token: ((await response.json()) as { access_token: string }).access_token }
    }

    expect(client).toMatchObject({ grant: 'CLIENT_CREDENTIALS', actsAs: { user_name: 'ben' } })
    const { token } = await signIn(secret)
    const rotated = await graphql(
      `
        mutation ($id: ID!) {
          rotateApiClientSecret(id: $id) {
            secret
          }
        }
      `,
      { id: client.id },
    )
    const { secret: newSecret } = rotated.data?.rotateApiClientSecret as { secret: string }
    await expect.poll(async () => (await signIn(secret)).ok).toBe(false)
    expect((await signIn(newSecret)).ok).toBe(true)

    await graphql(
      `
        mutation ($id: ID!) {
          deleteApiClient(id: $id)
        }
      `,
      { id: client.id },
    )
    const status = async () => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
      const response = await fetch(`${house.url}/graphql`, {
        method: 'POST',
        headers,
        body: '{"query":"{ me { id } }"}',
      })
      return response.status
    }
    await expect.poll(status).toBe(401)
    const { data: rest } = await graphql('{ apiClients { id } }')
    expect(JSON.stringify(rest)).not.toContain(client.id)
    expect(JSON.stringify(house.lines)).not.toContain(newSecret)
  })

  it('lets only administrators manage API clients, and refuses ones that could never sign in', async () => {
    const create = `mutation ($input: NewApiClient!) { createApiClient(input: $input) { secret } }`
    const code = async (input: object, as: 'ada' | 'ben' = 'ada') =>
      (await graphql(create, { input }, as)).errors?.map(error => [error.extensions.code, error.extensions.field])

    expect(await code({ name: 'x', grant: 'PASSWORD' }, 'ben')).toEqual([['FORBIDDEN', undefined]])
    expect(await code({ name: ' ', grant: 'PASSWORD' })).toEqual([['INVALID', 'name']])
    expect(await code({ name: 'x', grant: 'CLIENT_CREDENTIALS' })).toEqual([['INVALID', 'userId']])
    expect(await code({ name: 'x', grant: 'CLIENT_CREDENTIALS', userId: 'nobody' })).toEqual([['INVALID', 'userId']])
    expect(await code({ name: 'x', grant: 'AUTHORIZATION_CODE', redirectUrl: 'nowhere' })).toEqual([
      ['INVALID', 'redirectUrl'],
    ])
    const { errors } = await graphql('{ apiClients { id } }', {}, 'ben')
    expect(errors?.[0]?.extensions.code).toBe('FORBIDDEN')
  })
})
