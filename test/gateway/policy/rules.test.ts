import { buildSchema } from 'graphql'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { rulesOf, withoutField, withoutRule } from '../../../gateway/policy/rules.ts'
import { shielding } from '../../../gateway/policy/shield.ts'
import { catalogOf, coreCatalog } from '../../../schema/catalog.ts'
import { modules } from '../../../schema/modules.ts'
import { atOnce } from '../../../schema/steps.ts'
import { crmSubgraph } from '../../../subgraphs/crm/schema.ts'

const apiText = readFileSync(new URL('../../../schema/api.graphql', import.meta.url), 'utf8')
const api = buildSchema(apiText)

describe('the table of rules', () => {
  it('has one for every field that needs one, and none without a field', () => {
    expect(withoutRule(api, coreCatalog)).toEqual([])
    expect(withoutField(api, rulesOf(coreCatalog))).toEqual([])
  })

  it.each([
    ['a query', 'extend type Query { invoicesDue: Int }', 'Query.invoicesDue'],
    ['a mutation', 'extend type Mutation { purge: Boolean }', 'Mutation.purge'],
    ['a field that another subgraph adds to records', 'extend type User { keys: [String] }', 'User.keys'],
    ['a field that leads to a record', 'extend type ApiClient { madeBy: User }', 'ApiClient.madeBy'],
    ['a field that leads to many', 'extend type ApiClient { calls: CallConnection }', 'ApiClient.calls'],
    ['a secret', 'extend type ApiClient { oldSecret: String }', 'ApiClient.oldSecret'],
  ])('misses %s', (_what, addition, coordinate) => {
    expect(withoutRule(buildSchema(`${apiText}\n${addition}`), coreCatalog)).toEqual([coordinate])
  })

  it('finds the rules of a field that was renamed', () => {
    const renamed = buildSchema(apiText.replace('  recentViews(', '  latestViews('))

    expect(withoutRule(renamed, coreCatalog)).toEqual(['Query.latestViews'])
    expect(withoutField(renamed, rulesOf(coreCatalog))).toEqual(['Query.recentViews'])
  })

  it('follows from the modules of the installation', () => {
    const [accounts] = modules
    if (!accounts) throw new Error('There are no modules')
    const boats = { ...accounts, name: 'my_Boats', graphql: { type: 'Boat', one: 'boat', many: 'boats' } }

    const rules = rulesOf(catalogOf([...modules, boats]))

    expect(rules.get('Query.boats')?.scopes).toEqual(['records:read:my_Boats'])
    expect(rules.get('Mutation.createBoat')?.scopes).toEqual(['records:write:my_Boats'])
    expect(rules.get('Mutation.deleteBoat')?.scopes).toEqual(['records:delete:my_Boats'])
  })

  it('asks more for the records that decide who may do what', () => {
    const scopesOf = (coordinate: string) => rulesOf(coreCatalog).get(coordinate)?.scopes

    expect(scopesOf('Mutation.updateUser')).toEqual(['records:write:Users', 'admin:write'])
    expect(scopesOf('Mutation.relateRole')).toEqual(['records:write:ACLRoles', 'admin:write'])
    expect(scopesOf('Query.oauth2Tokens')).toEqual(['records:read:OAuth2Tokens', 'admin:read'])
    expect(scopesOf('Query.users')).toEqual(['records:read:Users'])
  })
})

it('lets no subgraph start that has a field without a rule', () => {
  const subgraph = crmSubgraph(coreCatalog)
  const query = subgraph.getQueryType()?.getFields()
  if (!query?.['modules']) throw new Error('There is no such field')
  query['everything'] = { ...query['modules'], name: 'everything' }

  expect(() => atOnce(shielding(subgraph, coreCatalog))).toThrow(/Query\.everything.*gateway\/policy\/rules\.ts/)
})
