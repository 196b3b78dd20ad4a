import { describe, expect, it } from 'vitest'
import { servedHouse } from '../gateway/served.ts'

const house = await servedHouse()
const { graphql, sql, users } = house

type Entry = Record<string, unknown> & {
  id: string
  action: string
  subjectId: string
  before: unknown
  after: unknown
}
type Page = { nodes: Entry[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } }

const query = `query ($filter: AuditEntryFilter, $first: Int! = 1000, $after: String) {
  auditEntries(filter: $filter, first: $first, after: $after) {
    nodes { id at action subjectId relatedId userId userName clientId keyId door requestId before after hash }
    pageInfo { hasNextPage endCursor } } }`

const trail = async (filter: object = {}, page: object = {}) => {
  const { data, errors } = await graphql(query, { filter, ...page })
  expect(errors).toBeUndefined()
  return data?.auditEntries as Page
}
const newestId = async () => (await trail({}, { first: 1 })).nodes[0]?.id ?? '0'

/** What the trail says of what was done meanwhile, the oldest first. */
async function audited(work: () => Promise<unknown>) {
  const before = Number(await newestId())
  await work()
  return (await trail()).nodes.filter(({ id }) => Number(id) > before).toReversed()
}

/** The data of a mutation that is let through. */
async function done<T = { id: string }>(mutation: string, variables: object = {}): Promise<T> {
  const { data, errors } = await graphql(mutation, variables)
  expect(errors).toBeUndefined()
  return Object.values(data ?? {})[0] as T
}

const newClient = `mutation ($name: String!, $userId: ID) { createApiClient(input: {
  name: $name, grant: CLIENT_CREDENTIALS, userId: $userId, scopes: ["records:read"] }) { secret client { id } } }`
const aClient = (name = 'Shop') =>
  done<{ secret: string; client: { id: string } }>(newClient, { name, userId: users.ben })

describe('an entry', () => {
  it('says who did what to what, when, by which request, and what it was before and after', async () => {
    const { client } = await aClient()
    const { headers } = await graphql(
      `
        mutation ($id: ID!) {
          updateApiClient(id: $id, input: { name: "Web shop", scopes: ["*"] }) {
            id
          }
        }
      `,
      { id: client.id },
    )

    const { nodes } = await trail({ id: client.id })

    expect(nodes.map(({ action }) => action)).toEqual(['client.changed', 'client.created'])
    expect(nodes[0]).toMatchObject({
      subjectId: client.id,
      relatedId: null,
      userId: users.ada,
      userName: 'ada',
      clientId: expect.any(String) as string,
      keyId: null,
      door: 'graphql',
      requestId: headers.get('x-request-id'),
      before: { name: 'Shop', scopes: ['records:read'] },
      after: { name: 'Web shop', scopes: null },
      hash: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    })
    expect(Math.abs(Date.parse(String(nodes[0]?.at)) - Date.now())).toBeLessThan(3_600_000)
    expect(nodes[1]).toMatchObject({ before: null, after: { name: 'Shop', actsAs: { id: users.ben } } })
  })

  it('is not written when nothing has changed, or the change is undone', async () => {
    const { client } = await aClient()

    const entries = await audited(async () => {
      await done(`mutation ($id: ID!) { updateApiClient(id: $id, input: { name: "Shop" }) { id } }`, { id: client.id })
      const refused = await graphql(
        `
          mutation ($id: ID!) {
            updateApiClient(id: $id, input: { name: "x", extraGrants: [AUTHORIZATION_CODE] }) {
              id
            }
          }
        `,
        { id: client.id },
      )
      expect(refused.errors?.[0]?.extensions.code).toBe('INVALID')
    })

    expect(entries).toEqual([])
  })
})

describe('told of', () => {
  it('API clients: made, changed, given another secret, signed out, deleted', async () => {
    const entries = await audited(async () => {
      const { client } = await aClient()
      await done(`mutation ($id: ID!) { updateApiClient(id: $id, input: { tokenSeconds: 60 }) { id } }`, client)
      await done(`mutation ($id: ID!) { rotateApiClientSecret(id: $id) { secret } }`, client)
      await done(`mutation ($id: ID!) { revokeApiClientTokens(id: $id) }`, client)
      await done(`mutation ($id: ID!) { deleteApiClient(id: $id) }`, client)
    })

    const actions = ['created', 'changed', 'secret_rotated', 'tokens_revoked', 'deleted']
    expect(entries.map(({ action }) => action)).toEqual(actions.map(verb => `client.${verb}`))
    expect(entries[1]).toMatchObject({ before: { tokenSeconds: null }, after: { tokenSeconds: 60 } })
    expect(entries[2]).toMatchObject({ after: { secret: '[redacted]' } })
    expect(entries[4]).toMatchObject({ before: { name: 'Shop', tokenSeconds: 60 }, after: null })
  })

  it('keys, and whose they are', async () => {
    const entries = await audited(async () => {
      const input = { name: 'Export', scopes: ['records:read'], userId: users.ben }
      const { key } = await done<{ key: { id: string } }>(
        `mutation ($input: NewApiKey!) { createApiKey(input: $input) { key { id } } }`,
        { input },
      )
      await done(`mutation ($id: ID!) { rollApiKey(id: $id) { key { id } } }`, key)
      await done(`mutation ($id: ID!) { revokeApiKey(id: $id) { id } }`, key)
      await done(`mutation ($id: ID!) { revokeApiKey(id: $id) { id } }`, key)
    })

    expect(entries.map(({ action, relatedId }) => [action, relatedId])).toEqual(
      ['key.created', 'key.rolled', 'key.revoked'].map(action => [action, users.ben]),
    )
    expect(entries[0]).toMatchObject({ after: { name: 'Export', scopes: ['records:read'], state: 'ACTIVE' } })
    expect(entries[2]).toMatchObject({ before: { state: 'ACTIVE' }, after: { state: 'REVOKED' } })
  })

  it('roles, their rules, and who has them', async () => {
    const entries = await audited(async () => {
      const role = await done(`mutation { createRole(input: { name: "Sales" }) { id } }`)
      const set = `mutation ($id: ID!, $level: AccessLevel!) { setRoleActions(roleId: $id, rules: [
        { module: "Accounts", action: "edit", level: $level }]) { id } }`
      await done(set, { ...role, level: 'OWNER' })
      await done(set, { ...role, level: 'OWNER' })
      await done(set, { ...role, level: 'DEFAULT' })
      const field = '{ module: "Accounts", field: "annual_revenue", right: READ }'
      await done(`mutation ($id: ID!) { setRoleFields(roleId: $id, rules: [${field}]) { id } }`, role)
      const who = { ...role, users: [users.ben] }
      const link = `($id: ID!, $users: [ID!]!)`
      await done(`mutation ${link} { relateRole(id: $id, link: users, relatedIds: $users) { id } }`, who)
      await done(`mutation ${link} { relateRole(id: $id, link: users, relatedIds: $users) { id } }`, who)
      await done(`mutation ${link} { unrelateRole(id: $id, link: users, relatedIds: $users) { id } }`, who)
      await done(`mutation ($id: ID!) { updateRole(id: $id, input: { name: "Selling" }) { id } }`, role)
      await done(`mutation ($id: ID!) { deleteRole(id: $id) { id } }`, role)
    })

    const rules = (state: object) => ({ actions: state })
    expect(entries.map(({ action, before, after }) => [action, before, after])).toEqual([
      ['role.created', null, { name: 'Sales' }],
      ['role.actions_set', rules({ 'Accounts.edit': null }), rules({ 'Accounts.edit': 'OWNER' })],
      ['role.actions_set', rules({ 'Accounts.edit': 'OWNER' }), rules({ 'Accounts.edit': null })],
      [
        'role.fields_set',
        { fields: { 'Accounts.annual_revenue': null } },
        { fields: { 'Accounts.annual_revenue': 'READ' } },
      ],
      ['role.member_added', null, {}],
      ['role.member_removed', null, null],
      ['role.changed', { name: 'Sales' }, { name: 'Selling' }],
      ['role.deleted', { name: 'Selling' }, null],
    ])
    const ofBen = (await trail({ id: users.ben, subject: 'role' })).nodes.map(({ action }) => action)
    expect(ofBen).toEqual(['role.member_removed', 'role.member_added'])
  })

  it('groups, who is in them and which roles they give', async () => {
    const role = await done(`mutation { createRole(input: { name: "North" }) { id } }`)

    const entries = await audited(async () => {
      const group = await done(`mutation { createSecurityGroup(input: { name: "North" }) { id } }`)
      const relate = `mutation ($id: ID!, $link: SecurityGroupLink!, $ids: [ID!]!) { relateSecurityGroup(id: $id, link: $link, relatedIds: $ids) { id } }`
      await done(relate, { ...group, link: 'users', ids: [users.ben] })
      await done(relate, { ...group, link: 'aclroles', ids: [role.id] })
      await done(`mutation ($id: ID!) { deleteSecurityGroup(id: $id) { id } }`, group)
    })

    const told = entries.map(({ action, relatedId }) => `${action} ${String(relatedId)}`)
    expect(told.slice(0, 3)).toEqual([
      'group.created null',
      `group.member_added ${users.ben}`,
      `group.role_added ${role.id}`,
    ])
    expect(told.slice(3).sort()).toEqual(
      [`group.deleted null`, `group.member_removed ${users.ben}`, `group.role_removed ${role.id}`].sort(),
    )
  })

  it('users: what decides about them is shown, who they are is not', async () => {
    const entries = await audited(async () => {
      const input = {
        user_name: 'cleo',
        last_name: 'Planted',
        status: 'Active',
        phone_home: '+49 30 1234',
        email1: 'planted@example.com',
      }
      const user = await done(`mutation ($input: UserInput!) { createUser(input: $input) { id } }`, { input })
      const change = `mutation ($id: ID!, $input: UserInput!) { updateUser(id: $id, input: $input) { id } }`
      await done(change, { ...user, input: { is_admin: true, phone_home: '+49 30 4321' } })
      await done(change, { ...user, input: { status: 'Inactive' } })
      await done(`mutation ($id: ID!) { deleteUser(id: $id) { id } }`, user)
    })

    expect(entries.map(({ action }) => action)).toEqual([
      'user.created',
      'user.changed',
      'user.changed',
      'user.deleted',
    ])
    expect(entries[0]?.after).toMatchObject({ user_name: 'cleo', status: 'Active', last_name: '[redacted]' })
    expect(entries[1]?.after).toEqual({ is_admin: true, phone_home: '[redacted]' })
    expect(entries[2]).toMatchObject({ before: { status: 'Active' }, after: { status: 'Inactive' } })
    expect(JSON.stringify(entries)).not.toMatch(/[Pp]lanted|1234|4321/)
  })

  it('limits, documents and what is logged', async () => {
    const { client } = await aClient()
    const id = { id: client.id }

    const entries = await audited(async () => {
      await done(
        `mutation ($id: ID!) { setClientLimit(input: { clientId: $id, burst: 5, note: "slow" }) { clientId } }`,
        id,
      )
      await done(`mutation ($id: ID!) { clearClientLimit(clientId: $id) }`, id)
      const text = '{ me { id } }'
      const register = `mutation ($id: ID!, $texts: [String!]!) { registerDocuments(clientId: $id, texts: $texts) }`
      const [document] = await done<string[]>(register, { ...id, texts: [text] })
      await done(register, { ...id, texts: [text] })
      await done(`mutation ($id: ID!, $document: ID!) { removeDocument(clientId: $id, id: $document) }`, {
        ...id,
        document,
      })
      await done(`mutation ($id: ID!) { logBodies(clientId: $id, minutes: 5) { clientId } }`, id)
    })

    expect(entries.map(({ action }) => action)).toEqual([
      'limit.set',
      'limit.cleared',
      'document.registered',
      'document.removed',
      'log_policy.set',
    ])
    expect(entries[0]?.after).toMatchObject({ burst: 5, note: 'slow' })
    expect(entries[2]).toMatchObject({ relatedId: client.id })
  })

  it('passwords and sign-outs', async () => {
    const entries = await audited(async () => {
      const input = { userId: users.ben, newPassword: 'planted password' }
      await done(`mutation ($input: PasswordChange!) { changePassword(input: $input) { id } }`, { input })
      await done(`mutation ($id: ID!) { signOutEverywhere(userId: $id) }`, { id: users.ben })
    })

    expect(entries.map(({ action, subjectId, after }) => [action, subjectId, after])).toEqual([
      ['user.password_set', users.ben, { password: '[redacted]' }],
      ['user.signed_out', users.ben, null],
      ['user.signed_out', users.ben, null],
    ])
  })

  it('what comes through the REST APIs as well', async () => {
    const send = (method: string, path: string, body: object) =>
      house.tokenOf('ada').then(token =>
        fetch(`${house.url}${path}`, {
          method,
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }),
      )

    const { id } = await done(
      `mutation { createUser(input: { user_name: "rita", last_name: "R", status: "Active" }) { id } }`,
    )

    const entries = await audited(async () => {
      const made = await send('POST', '/Api/V8/module', { data: { type: 'ACLRoles', attributes: { name: 'By REST' } } })
      expect(made.status).toBe(201)
      const changed = await send('PATCH', '/Api/V8/module', {
        data: { type: 'Users', id, attributes: { is_admin: true } },
      })
      expect(changed.status).toBe(201)
    })

    expect(entries).toMatchObject([
      { action: 'role.created', door: 'v8', after: { name: 'By REST' } },
      { action: 'user.changed', door: 'v8', subjectId: id, after: { is_admin: true } },
    ])
  })
})

it('no secret is anywhere in it', async () => {
  const { secret, client } = await aClient()
  const rotated = await done<{ secret: string }>(
    `mutation ($id: ID!) { rotateApiClientSecret(id: $id) { secret } }`,
    client,
  )
  const key = await done<{ secret: string }>(
    `mutation { createApiKey(input: { name: "x", scopes: ["records:read"] }) { secret } }`,
  )

  const [table] = await sql<{ text: string }[]>`select coalesce(json_agg(e)::text, '') as text from audit_entry e`
  const hashes = await sql<{ hash: string }[]>`select secret as hash from oauth2clients where secret <> ''
    union all select hash from api_key union all select user_hash from users where user_hash <> ''`

  expect(hashes.length).toBeGreaterThan(2)
  for (const planted of [secret, rotated.secret, key.secret, ...hashes.map(({ hash }) => hash)]) {
    expect(table?.text).not.toContain(planted)
  }
})

describe('the list', () => {
  it('is for administrators, and for tokens that may see their work', async () => {
    const { errors } = await graphql(query, {}, 'ben')

    expect(errors?.[0]?.extensions.code).toBe('FORBIDDEN')
  })

  it.each([
    [{ subject: 'nothing' }, 'subject'],
    [{ from: 'yesterday' }, 'from'],
    [{ to: '2030-13-45' }, 'to'],
  ])('refuses %o', async (filter, argument) => {
    const { errors } = await graphql(query, { filter })

    expect(errors?.map(({ extensions }) => extensions)).toEqual([{ code: 'BAD_REQUEST', argument }])
  })

  it('is narrowed by everything that an entry has, and turned page by page', async () => {
    const { nodes } = await trail()
    const one = nodes.find(({ action }) => action === 'key.rolled')
    expect(one).toBeDefined()
    const { action, subjectId, requestId, userId, clientId, door, at } = { ...one } as Record<string, string>
    const by = async (filter: object) => (await trail(filter)).nodes.map(({ id }) => id)
    const holding = (holds: (entry: Entry) => boolean) => nodes.filter(holds).map(({ id }) => id)

    expect(await by({ action })).toEqual(holding(entry => entry.action === action))
    expect(await by({ id: subjectId })).toEqual(holding(entry => entry.subjectId === subjectId))
    expect(await by({ requestId })).toEqual([one?.id])
    expect(await by({ subject: 'key' })).toEqual(holding(entry => entry.action.startsWith('key.')))
    expect(await by({ userId, clientId, door, from: '2020-01-01', to: '2999-01-01' })).toContain(one?.id)
    expect(await by({ to: at })).not.toContain(one?.id)
    expect(await by({ from: at })).toContain(one?.id)
    const first = await trail({}, { first: 2 })
    const second = await trail({}, { first: 2, after: first.pageInfo.endCursor })
    expect([...first.nodes, ...second.nodes]).toEqual(nodes.slice(0, 4))
  })
})
