import { buildSchema, parse } from 'graphql'
import { describe, expect, it } from 'vitest'
import { findingDeprecated, usedBy } from '../../gateway/used.ts'
import { catalogOf } from '../../schema/catalog.ts'
import { atOnce } from '../../schema/steps.ts'
import { servedHouse } from './served.ts'

const schema = buildSchema(/* GraphQL */ `
  type Query {
    old(kind: Kind, filter: Filter, late: Int @deprecated(reason: "Come earlier.")): Thing
      @deprecated(reason: "Use new.")
    new(kind: Kind, filter: Filter): Thing
  }
  type Thing {
    name: String
    label: String @deprecated(reason: "Use name.")
  }
  enum Kind {
    A
    B @deprecated(reason: "Use A.")
  }
  input Filter {
    name: String
    label: String @deprecated(reason: "Use name.")
    not: Filter
  }
`)
const none = catalogOf([])
const deprecated = (text: string, variables = {}) =>
  usedBy(schema, none)(parse(text), undefined, variables)
    .deprecated.map(({ coordinate }) => coordinate)
    .toSorted()

describe('what will go', () => {
  it('is found wherever an operation names it, and each once', () => {
    const text =
      '{ a: old(late: 1) { ...T } b: old { label } new(kind: B, filter: { not: { label: "x" } }) { name } } fragment T on Thing { label }'

    expect(deprecated(text)).toEqual(['Filter.label', 'Kind.B', 'Query.old', 'Query.old(late:)', 'Thing.label'])
  })

  it('is found in variables too', () => {
    const text = 'query ($kind: Kind, $filter: Filter) { new(kind: $kind, filter: $filter) { name } }'

    expect(deprecated(text, { kind: 'B', filter: { not: { not: { label: 'x' } } } })).toEqual([
      'Filter.label',
      'Kind.B',
    ])
    expect(deprecated(text, { kind: 'A', filter: { not: { name: 'x' } } })).toEqual([])
    expect(deprecated(text, { kind: ['A'], filter: 7 })).toEqual([])
  })

  it('is not found where it is not', () => {
    expect(
      deprecated('{ new(kind: A, filter: { name: "x" }) { name __typename } __schema { types { name } } }'),
    ).toEqual([])
  })

  it('is all that a schema has marked', () => {
    expect(
      atOnce(findingDeprecated(schema, none))
        .map(({ coordinate }) => coordinate)
        .toSorted(),
    ).toEqual(['Filter.label', 'Kind.B', 'Query.old', 'Query.old(late:)', 'Thing.label'])
  })
})

const house = await servedHouse()
const { api, catalog } = house.graphs.current
const of = usedBy(api, catalog)
const names = (text: string, variables = {}, operationName?: string) =>
  [...of(parse(text), operationName, variables).names].toSorted()

describe('the fields of modules', () => {
  it('count when they are read, over links and through fragments, under any alias', () => {
    const text = `{ accounts { nodes { n: name contacts { edges { node { ...P } } } } pageInfo { endCursor } totalCount } }
      fragment P on Contact { ... on Contact { last_name record_version } }`

    expect(names(text)).toEqual(['Accounts.contacts', 'Accounts.name', 'Contacts.last_name', 'Query.accounts'])
  })

  it('count when something is filtered, sorted or found by them', () => {
    const text = `query ($filter: ContactFilter, $sort: [ContactSort!] = [{ field: title }]) {
      contacts(filter: $filter, sort: $sort) { totalCount }
      accounts(filter: { not: { industry: { eq: "x" } } }, sort: { field: date_entered }) { totalCount } }`
    const filter = {
      or: [{ last_name: { like: 'a%' } }],
      concat: [{ parts: [{ field: 'first_name' }, { text: ' ' }], eq: 'Ann ' }],
    }

    expect(names(text, { filter })).toEqual([
      'Accounts.date_entered',
      'Accounts.industry',
      'Contacts.first_name',
      'Contacts.last_name',
      'Contacts.title',
      'Query.accounts',
      'Query.contacts',
    ])
  })

  it('count when they are written or related', () => {
    const text = `mutation ($input: AccountInput!, $link: AccountLink!) {
      updateAccount(id: "a", input: $input) { id } relateAccount(id: "a", link: $link, relatedIds: []) { id } }`

    expect(names(text, { input: { website: null, nothing: 1 }, link: 'contacts' })).toEqual([
      'Accounts.contacts',
      'Accounts.id',
      'Accounts.website',
      'Mutation.relateAccount',
      'Mutation.updateAccount',
      'Relation.id',
    ])
  })

  it('count for the operation that is run, and for no other of its document', () => {
    const text =
      'query A { accounts { nodes { ...F } } } query B { contacts { nodes { id } } } fragment F on Account { name }'

    expect(names(text, {}, 'A')).toEqual(['Accounts.name', 'Query.accounts'])
    expect(names(text, {}, 'B')).toEqual(['Contacts.id', 'Query.contacts'])
  })

  it('are one set for all operations that use the same', () => {
    const document = parse('query ($filter: AccountFilter) { accounts(filter: $filter) { nodes { id } } }')
    const by = (filter: object) => of(document, undefined, { filter })

    expect(by({ name: { eq: 'a' } })).toBe(by({ name: { like: 'b' } }))
    expect(by({ id: { eq: 'a' } })).toBe(by({}))
    expect(by({ name: { eq: 'a' } })).not.toBe(by({ industry: { eq: 'a' } }))
  })
})

it('what will go is told with the answer, and only when it was used', async () => {
  const extensionsOf = async (query: string) => {
    const response = await house.post(JSON.stringify({ query }))
    return ((await response.json()) as { extensions: Record<string, unknown> }).extensions
  }

  expect(await extensionsOf('{ apiClients { redirectUrl name } }')).toMatchObject({
    deprecations: [{ coordinate: 'ApiClient.redirectUrl', reason: 'Use redirectUrls.' }],
  })
  expect(await extensionsOf('{ apiClients { name } }')).not.toHaveProperty('deprecations')
})
