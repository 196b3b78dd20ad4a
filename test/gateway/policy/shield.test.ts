import { expect, it } from 'vitest'
import { contextFor } from '../../../gateway/context.ts'
import { localSubgraph } from '../../../gateway/supergraph/graph.ts'
import { coreCatalog } from '../../../schema/catalog.ts'
import { systemPrincipal, type Principal } from '../../../schema/principal.ts'
import { testDatabase } from '../../database.ts'
import { passwordsOf } from '../../passwords.ts'

// What reaches a subgraph past the gateway's pre-flight: plans for entities, and whatever depends on arguments.

const { pool } = await testDatabase()
const unexpected: unknown[] = []
const report = (error: unknown) => void unexpected.push(error)
const crm = await localSubgraph('crm', coreCatalog, report)
const identity = await localSubgraph('identity', coreCatalog, report)
const house = { pool, catalog: coreCatalog, filesDir: '/nowhere', passwords: passwordsOf(pool), now: () => new Date() }

const acting = (principal: Partial<Principal>) =>
  contextFor(house, {
    principal: { ...systemPrincipal, kind: 'user', ...principal },
    requestId: 'request-1',
    validation: 'strict',
  })

const ask = async (text: string, scopes: Principal['scopes'], variables: Record<string, unknown> = {}) =>
  crm.execute({ text, variables }, await acting({ scopes }))

const created = await ask('mutation { a: createAccount(input: { name: "Acme" }) { id } }', 'all')
const { id: account } = created.data?.['a'] as { id: string }

const refusedFor = (scope: string) => [{ extensions: { code: 'FORBIDDEN', reason: 'insufficient_scope', scope } }]

it.each([
  ['{ accounts { totalCount } }', ['records:read:Contacts'], 'records:read:Accounts'],
  ['mutation { createAccount(input: { name: "x" }) { id } }', ['records:read'], 'records:write:Accounts'],
  ['mutation { deleteAccount(id: "x") { id } }', ['records:write'], 'records:delete:Accounts'],
  ['{ modules { name } }', ['records:*'], 'metadata:read'],
  ['{ recentViews { id } }', ['records:read:Accounts'], 'records:read'],
  ['{ recentViews(module: "Bugs") { id } }', ['records:read:Accounts'], 'records:read:Bugs'],
  ['mutation { trackView(module: "Bugs", id: "x") }', ['records:read:Accounts'], 'records:read:Bugs'],
  ['{ oauth2Clients { totalCount } }', ['records:*'], 'admin:read'],
  ['mutation { updateUser(id: "x", input: { is_admin: true }) { id } }', ['records:*'], 'admin:write'],
])('refuses %s to %j, naming %s', async (text, scopes, scope) => {
  expect((await ask(text, scopes)).errors).toMatchObject(refusedFor(scope))
})

it('refuses a link to whoever may not read its other end, and leaves the rest of the answer', async () => {
  const text = 'query ($id: ID!) { account(id: $id) { name assigned_user_link { id } } }'

  const { data, errors } = await ask(text, ['records:read:Accounts'], { id: account })

  expect(errors).toMatchObject(refusedFor('records:read:Users'))
  expect(data).toEqual({ account: { name: 'Acme', assigned_user_link: null } })
})

it('guards entities by the modules that are asked for', async () => {
  const text = 'query ($of: [_Any!]!) { _entities(representations: $of) { ... on Account { name } } }'
  const variables = { of: [{ __typename: 'Account', id: account }] }

  const refused = await ask(text, ['records:read:Contacts'], variables)
  const answered = await ask(text, ['records:read:Accounts'], variables)

  expect(refused.errors).toMatchObject(refusedFor('records:read:Accounts'))
  expect(answered.data).toEqual({ _entities: [{ name: 'Acme' }] })
})

it('counts an update that deletes as a deletion', async () => {
  const text = 'mutation ($id: ID!, $input: AccountInput!) { updateAccount(id: $id, input: $input) { id } }'

  const renamed = await ask(text, ['records:write:Accounts'], { id: account, input: { name: 'Acme', deleted: false } })
  const deleted = await ask(text, ['records:write:Accounts'], { id: account, input: { deleted: true } })

  expect(renamed.errors).toBeUndefined()
  expect(deleted.errors).toMatchObject(refusedFor('records:delete:Accounts'))
})

it('asks for what a link needs at its other end before it relates', async () => {
  const text = 'mutation ($id: ID!, $link: AccountLink!) { relateAccount(id: $id, link: $link, relatedIds: []) { id } }'
  const relate = (link: string, ...scopes: string[]) => ask(text, scopes, { id: account, link })

  const unread = await relate('contacts', 'records:write:Accounts')
  const changed = await relate('bugs', 'records:write:Accounts', 'records:read')
  const owned = await relate('members', 'records:write:Accounts')

  expect(unread.errors).toMatchObject(refusedFor('records:read:Contacts'))
  expect(changed.errors).toBeUndefined()
  expect(owned.errors).toBeUndefined()
})

it('asks for the right to change the other record where that one holds the relation', async () => {
  const text = 'mutation ($id: ID!, $link: AccountLink!) { relateAccount(id: $id, link: $link, relatedIds: []) { id } }'

  const refused = await ask(text, ['records:write:Accounts', 'records:read'], { id: account, link: 'tasks' })

  expect(refused.errors).toMatchObject(refusedFor('records:write:Tasks'))
})

it('refuses just so once the operation is compiled', async () => {
  const text = 'query ($id: ID!) { compiled: account(id: $id) { name contacts { totalCount } } }'
  const variables = { id: account }
  for (let use = 0; use < 5; use++) await ask(text, 'all', variables)

  const allowed = await ask(text, ['records:read'], variables)
  const refused = await ask(text, ['records:read:Contacts'], variables)

  expect(allowed.data).toEqual({ compiled: { name: 'Acme', contacts: { totalCount: 0 } } })
  expect(refused).toMatchObject({ data: { compiled: null }, errors: refusedFor('records:read:Accounts') })
})

it('leaves administration to administrators, whatever the scopes', async () => {
  const asked = async (principal: Partial<Principal>) =>
    (await identity.execute({ text: '{ apiClients { id } }' }, await acting(principal))).errors

  expect(await asked({ isAdmin: false, scopes: 'all' })).toMatchObject([{ message: 'Only administrators may do this' }])
  expect(await asked({ isAdmin: true, scopes: ['records:*'] })).toMatchObject(refusedFor('admin:read'))
  expect(await asked({ isAdmin: true, scopes: 'all' })).toBeUndefined()
})

it('met nothing unexpected', () => {
  expect(unexpected).toEqual([])
})
