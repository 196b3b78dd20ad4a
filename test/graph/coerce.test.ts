import { getVariableValues, parse, type OperationDefinitionNode } from 'graphql'
import { expect, it } from 'vitest'
import { coercerOf } from '../../gateway/supergraph/coerce.ts'
import { coreCatalog } from '../../schema/catalog.ts'
import { crmSubgraph } from '../../subgraphs/crm/schema.ts'

const schema = crmSubgraph(coreCatalog)

/** What graphql-js makes of variables, and what we make of them; as text, so that the order of keys counts. */
function bothWays(declared: string, variables: Record<string, unknown>) {
  const [operation] = parse(`query (${declared}) { __typename }`).definitions as [OperationDefinitionNode]
  const { variableDefinitions = [] } = operation
  const { coerced, errors } = getVariableValues(schema, variableDefinitions, variables)
  const ours = coercerOf(schema, variableDefinitions)(variables)
  return [errors ? undefined : JSON.stringify(coerced), ours && JSON.stringify(ours)] as const
}

const deep = (depth: number): unknown =>
  depth === 0 ? { name: { eq: 'x' } } : { and: [deep(depth - 1)], not: deep(depth - 1) }

it.each<[string, Record<string, unknown>]>([
  ['$f: AccountFilter', { f: { phone_office: { like: 'x%' }, name: { eq: 'Acme' } } }],
  ['$f: AccountFilter', { f: { name: { eq: undefined, like: 'x' }, phone_office: undefined } }],
  ['$f: AccountFilter', { f: deep(6) }],
  ['$f: AccountFilter', { f: null }],
  ['$f: AccountFilter', {}],
  ['$f: AccountFilter!', {}],
  ['$f: AccountFilter!', { f: null }],
  ['$f: AccountFilter', { f: { no_such_field: { eq: 1 } } }],
  ['$f: AccountFilter', { f: 'text' }],
  ['$f: AccountFilter', { f: { and: { name: { eq: 'one stands for a list' } } } }],
  ['$s: [AccountSort!]', { s: [{ field: 'id', direction: 'ASC' }] }],
  ['$s: [AccountSort!]', { s: { direction: 'DESC', field: 'name' } }],
  ['$s: [AccountSort!]', { s: [{ field: 'id' }] }],
  ['$s: [AccountSort!]', { s: [{ direction: 'ASC' }] }],
  ['$s: [AccountSort!]', { s: [null] }],
  ['$s: [AccountSort!]', { s: [{ field: 'no_such_field' }] }],
  ['$s: [AccountSort!]', { s: new Set([{ field: 'id' }]) }],
  ['$i: AccountInput!', { i: { phone_office: '1', name: 'last comes first', employees: null } }],
  ['$i: AccountInput!', { i: { name: 7 } }],
  ['$i: AccountInput!', { i: [] }],
  ['$n: Int = 3, $d: Deletion = EXCLUDE, $id: ID', {}],
  ['$n: Int = 3, $d: Deletion = EXCLUDE, $id: ID', { n: null, d: 'ONLY', id: 7 }],
  ['$n: Int = 3, $d: Deletion = EXCLUDE', { n: 'three' }],
  ['$n: Int!, $d: Deletion', { n: 2.5 }],
  ['$n: Int, $d: Deletion', { d: 'SOMETIMES', toString: 1 }],
])('coerces as graphql-js does: %s %j', (declared, variables) => {
  const [expected, ours] = bothWays(declared, variables)

  // What does not fit, and what is rare, is left to graphql-js.
  if (expected === undefined || variables.s instanceof Set) expect(ours).toBeUndefined()
  else expect(ours).toBe(expected)
})
