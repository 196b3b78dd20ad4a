import { buildSchema, parse, validate } from 'graphql'
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { makePreflight, neededBy } from '../../../gateway/policy/preflight.ts'
import type { Context } from '../../../drizzle/context.ts'
import { makeExecutor } from '../../../gateway/supergraph/execute.ts'
import { openSupergraph } from '../../../gateway/supergraph/supergraph.ts'
import { supergraphFile } from '../../../gateway/supergraph/supergraph-text.ts'
import { coreCatalog } from '../../../schema/catalog.ts'
import { systemPrincipal, type Principal } from '../../../schema/principal.ts'

const api = buildSchema(readFileSync(new URL('../../../schema/api.graphql', import.meta.url), 'utf8'))
const preflight = makePreflight(api, coreCatalog)

const needed = (text: string, operationName?: string) => {
  const document = parse(text)
  expect(validate(api, document)).toEqual([])
  return [...neededBy(api, coreCatalog, document, operationName).scopes].sort()
}

const withScopes = (...scopes: string[]): Principal => ({ ...systemPrincipal, kind: 'user', scopes })
const accounts = parse('{ accounts { nodes { name } } }')

it.each([
  ['{ account(id: 1) { id name } }', ['records:read:Accounts']],
  ['{ a: account(id: 1) { id } b: accounts { totalCount } }', ['records:read:Accounts']],
  ['{ accounts { nodes { contacts { nodes { id } } } } }', ['records:read:Accounts', 'records:read:Contacts']],
  ['{ accounts { edges { node { contacts { totalCount } } } } }', ['records:read:Accounts', 'records:read:Contacts']],
  [
    '{ contact(id: 1) { ...A } } fragment A on Contact { ...B } fragment B on Contact { ... on Contact { opportunities { totalCount } } }',
    ['records:read:Contacts', 'records:read:Opportunities'],
  ],
  [
    'query ($no: Boolean = false) { account(id: 1) { id contacts @include(if: $no) { totalCount } } }',
    ['records:read:Accounts', 'records:read:Contacts'],
  ],
  ['mutation { createAccount(input: {}) { name } }', ['records:read:Accounts', 'records:write:Accounts']],
  ['mutation { deleteAccount(id: 1) { id } }', ['records:delete:Accounts']],
  ['{ me { id } }', []],
  ['{ me { id user_name } }', ['records:read:Users']],
  ['{ me { roles { id } } }', ['records:read:ACLRoles']],
  ['{ me { roles { name } } }', ['records:read:ACLRoles']],
  ['{ modules { name } }', ['metadata:read']],
  ['{ __schema { types { name fields { name } } } __type(name: "Account") { name } __typename }', []],
])('%s needs %j', (text, scopes) => {
  expect(needed(text)).toEqual(scopes)
})

it('looks at the operation that is run, not at its neighbours', () => {
  const text = 'query A { me { id } } query B { bugs { totalCount } } mutation C { deleteBug(id: 1) { id } }'

  expect(needed(text, 'A')).toEqual([])
  expect(needed(text, 'B')).toEqual(['records:read:Bugs'])
  expect(needed(text, 'C')).toEqual(['records:delete:Bugs'])
})

it('names all that is missing, and only that', () => {
  const document = parse('{ accounts { nodes { contacts { totalCount } } } modules { name } }')

  const refused = preflight(document, undefined, withScopes('records:read:Accounts'))

  expect(refused).toMatchObject({
    code: 'FORBIDDEN',
    details: { reason: 'insufficient_scope', scope: 'records:read:Contacts metadata:read' },
  })
})

it.each([['records:read'], ['records:read:Accounts'], ['records:write:Accounts'], ['records:*']])(
  'lets %s read accounts',
  scope => {
    expect(preflight(accounts, undefined, withScopes(scope))).toBeUndefined()
  },
)

it('decides for each set of scopes by itself, asked in any order', () => {
  const [may, mayNot] = [withScopes('records:read'), withScopes('records:delete', 'records:read:Contacts')]
  const ask = (principal: Principal) => preflight(accounts, undefined, principal)?.details['scope']

  expect([ask(may), ask(mayNot), ask(may), ask(mayNot)]).toEqual([
    undefined,
    'records:read:Accounts',
    undefined,
    'records:read:Accounts',
  ])
})

it('has nothing against a token without scopes, and refuses administration to who is no administrator', () => {
  const clients = parse('{ apiClients { id } }')
  const person: Principal = { ...withScopes('admin:*'), isAdmin: false }

  expect(preflight(clients, undefined, systemPrincipal)).toBeUndefined()
  expect(preflight(clients, undefined, withScopes('admin:read'))).toBeUndefined()
  expect(preflight(clients, undefined, person)).toMatchObject({ message: 'Only administrators may do this' })
  expect(preflight(clients, undefined, withScopes('records:*'))?.details['scope']).toBe('admin:read')
})

it('is asked before anything is planned', async () => {
  const supergraph = await openSupergraph(readFileSync(supergraphFile, 'utf8'))
  const planned: string[] = []
  const watched: typeof supergraph = {
    ...supergraph,
    plan(text, operationName) {
      planned.push(text)
      return supergraph.plan(text, operationName)
    },
  }
  const executor = makeExecutor(watched, new Map(), () => undefined, { preflight })
  const askedBy = (principal: Principal) =>
    executor.execute({ document: accounts }, { principal, requestId: 'request-1' } as unknown as Context)

  const refused = await askedBy(withScopes('records:read:Contacts'))

  expect(refused).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN', scope: 'records:read:Accounts' } }] })
  expect(planned).toEqual([])
  await askedBy(withScopes('records:read:Accounts'))
  expect(planned).toHaveLength(1)
})
