import { buildSubgraphSchema, type GraphQLResolverMap } from '@apollo/subgraph'
import { parse, validate, type DocumentNode } from 'graphql'
import { expect, it } from 'vitest'
import type { Context } from '../../drizzle/context.ts'
import { compose } from '../../gateway/supergraph/compose.ts'
import { textOf } from '../../gateway/supergraph/supergraph-text.ts'
import { makeExecutor } from '../../gateway/supergraph/execute.ts'
import { inProcess } from '../../gateway/supergraph/in-process.ts'
import { openSupergraph } from '../../gateway/supergraph/supergraph.ts'
import type { Subgraph, SubgraphRequest } from '../../gateway/supergraph/subgraph.ts'
import { coreCatalog } from '../../schema/catalog.ts'
import { systemPrincipal } from '../../schema/principal.ts'

const ctx = {
  ...{ principal: systemPrincipal, requestId: 'request-1', validation: 'strict', catalog: coreCatalog },
  batches: new Map(),
} as unknown as Context

type Part = readonly [name: string, sdl: string, resolvers: GraphQLResolverMap]

const names = ['key', 'requires', 'provides', 'external', 'shareable', 'override', 'inaccessible', 'interfaceObject']
const imports = names.map(name => `"@${name}"`).join(', ')
const definitionsOf = (sdl: string): DocumentNode =>
  parse(`extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: [${imports}])\n${sdl}`)

/** Small subgraphs together: what an operation answers, who was asked for it, and how it was run. */
async function worldOf(...parts: readonly Part[]) {
  const definitions = parts.map(([name, sdl]) => ({ name, typeDefs: definitionsOf(sdl) }))
  const supergraph = await openSupergraph(compose(definitions.map(textOf)))
  const asked: { readonly name: string; readonly request: SubgraphRequest }[] = []
  const kinds: string[] = []
  const watched = (subgraph: Subgraph): Subgraph => ({
    ...subgraph,
    execute(request, context) {
      asked.push({ name: subgraph.name, request })
      return subgraph.execute(request, context)
    },
  })
  const subgraphs = parts.map(([name, , resolvers], at) => {
    const schema = buildSubgraphSchema([{ typeDefs: definitions[at]?.typeDefs ?? parse(''), resolvers }])
    return [name, watched(inProcess(name, schema, error => expect(error).toBeUndefined()))] as const
  })
  const executor = makeExecutor(supergraph, new Map(subgraphs), () => undefined, { onRun: kind => kinds.push(kind) })
  return {
    api: supergraph.api,
    async answer(text: string) {
      asked.length = kinds.length = 0
      const document = parse(text)
      expect(validate(supergraph.api, document)).toEqual([])
      const { data, errors } = await executor.execute({ document }, ctx)
      expect(errors).toBeUndefined()
      return { data, askedOf: asked.map(({ name }) => name), kind: kinds[0] }
    },
    /** What the last operation has told a subgraph of the records it asked for. */
    representations: (name: string) =>
      asked.flatMap(each => (each.name === name ? ((each.request.variables?.representations ?? []) as unknown[]) : [])),
  }
}

it('finds records by a key of one field, and asks for each once', async () => {
  const { answer, representations } = await worldOf(
    [
      'orders',
      'type Query { orders: [Order!]! } type Order { n: Int  by: Person } type Person @key(fields: "id", resolvable: false) { id: ID! }',
      { Query: { orders: () => [1, 2, 3].map(n => ({ n, by: { id: String(n % 2) } })) } },
    ],
    [
      'people',
      'type Query { nobody: Int } type Person @key(fields: "id") { id: ID! name: String }',
      { Person: { __resolveReference: ({ id }: { id: string }) => ({ id, name: `Person ${id}` }) } },
    ],
  )

  expect(await answer('{ orders { n by { name } } }')).toEqual({
    data: {
      orders: [
        { n: 1, by: { name: 'Person 1' } },
        { n: 2, by: { name: 'Person 0' } },
        { n: 3, by: { name: 'Person 1' } },
      ],
    },
    askedOf: ['orders', 'people'],
    kind: 'compiled',
  })
  expect(representations('people')).toEqual([
    { __typename: 'Person', id: '1' },
    { __typename: 'Person', id: '0' },
  ])
})

it('finds records by a key of several fields, one of them within another record', async () => {
  const { answer, representations } = await worldOf(
    [
      'branches',
      'type Query { branch: Branch } type Branch @key(fields: "city owner { id }") { city: String! owner: Owner! } type Owner @shareable { id: ID! }',
      { Query: { branch: () => ({ city: 'Oslo', owner: { id: '7' } }) } },
    ],
    [
      'phones',
      'type Branch @key(fields: "city owner { id }") { city: String! owner: Owner! phone: String } type Owner @shareable { id: ID! }',
      {
        Branch: {
          __resolveReference: (given: { city: string; owner: { id: string } }) => ({
            ...given,
            phone: `${given.city} ${given.owner.id}`,
          }),
        },
      },
    ],
  )

  expect((await answer('{ branch { phone } }')).data).toEqual({ branch: { phone: 'Oslo 7' } })
  expect(representations('phones')).toEqual([{ __typename: 'Branch', city: 'Oslo', owner: { id: '7' } }])
})

it('goes from key to key where no two subgraphs that matter share one', async () => {
  const { answer, representations } = await worldOf(
    [
      'a',
      'type Query { book: Book } type Book @key(fields: "id") { id: ID! }',
      { Query: { book: () => ({ id: '1' }) } },
    ],
    [
      'b',
      'type Book @key(fields: "id") @key(fields: "isbn") { id: ID! isbn: String! }',
      { Book: { __resolveReference: ({ id }: { id: string }) => ({ id, isbn: `isbn-${id}` }) } },
    ],
    [
      'c',
      'type Book @key(fields: "isbn") { isbn: String! copies: Int }',
      { Book: { __resolveReference: ({ isbn }: { isbn: string }) => ({ isbn, copies: isbn.length }) } },
    ],
  )

  expect(await answer('{ book { copies } }')).toMatchObject({ data: { book: { copies: 6 } }, askedOf: ['a', 'b', 'c'] })
  expect(representations('c')).toEqual([{ __typename: 'Book', isbn: 'isbn-1' }])
})

it('tells a field what it requires of other subgraphs, nested and in lists', async () => {
  const { answer, representations } = await worldOf(
    [
      'goods',
      'type Query { things: [Thing!]! } type Thing @key(fields: "id") { id: ID! weight: Float size: Size parts: [Size!]! } type Size @shareable { cm: Int }',
      {
        Query: {
          things: () => [
            { id: '1', weight: 2, size: { cm: 10 }, parts: [{ cm: 1 }, { cm: 2 }] },
            { id: '2', weight: null, size: null, parts: [] },
          ],
        },
      },
    ],
    [
      'post',
      'type Thing @key(fields: "id") { id: ID! weight: Float @external size: Size @external parts: [Size!]! @external postage: String @requires(fields: "weight size { cm } parts { cm }") } type Size @shareable { cm: Int }',
      {
        Thing: {
          __resolveReference: (given: object) => given,
          postage: ({ weight, size, parts }: { weight: number | null; size: { cm: number } | null; parts: object[] }) =>
            JSON.stringify([weight, size, parts.length]),
        },
      },
    ],
  )

  expect((await answer('{ things { postage } }')).data).toEqual({
    things: [{ postage: '[2,{"cm":10},2]' }, { postage: '[null,null,0]' }],
  })
  expect(representations('post')[1]).toEqual({ __typename: 'Thing', id: '2', weight: null, size: null, parts: [] })
})

it('takes what a subgraph provides from it, and asks elsewhere where it does not', async () => {
  const { answer } = await worldOf(
    [
      'reviews',
      'type Query { review: Review @shareable latest: Review } type Review { by: Person @provides(fields: "name") about: Person } type Person @key(fields: "id") { id: ID! name: String @external }',
      {
        Query: {
          review: () => ({ by: { id: '1', name: 'told along' }, about: { id: '2' } }),
          latest: () => ({ about: { id: '3' } }),
        },
      },
    ],
    [
      'people',
      'type Person @key(fields: "id") { id: ID! name: String @shareable }',
      { Person: { __resolveReference: ({ id }: { id: string }) => ({ id, name: `asked for ${id}` }) } },
    ],
  )

  expect(await answer('{ review { by { name } } }')).toEqual({
    data: { review: { by: { name: 'told along' } } },
    askedOf: ['reviews'],
    kind: expect.stringMatching(/sole|compiled/),
  })
  expect(await answer('{ review { about { name } } }')).toMatchObject({
    data: { review: { about: { name: 'asked for 2' } } },
    askedOf: ['reviews', 'people'],
  })
})

it('asks for a shared field where it is already, and for an overridden one where it has moved', async () => {
  const { answer } = await worldOf(
    [
      'old',
      'type Query { item: Item } type Item @key(fields: "id") { id: ID! label: String @shareable stock: Int }',
      { Query: { item: () => ({ id: '1', label: 'shared', stock: 1 }) } },
    ],
    [
      'new',
      'type Item @key(fields: "id") { id: ID! label: String @shareable stock: Int @override(from: "old") }',
      { Item: { __resolveReference: ({ id }: { id: string }) => ({ id, label: 'shared', stock: 2 }) } },
    ],
  )

  expect(await answer('{ item { label } }')).toMatchObject({ data: { item: { label: 'shared' } }, askedOf: ['old'] })
  expect(await answer('{ item { stock } }')).toMatchObject({ data: { item: { stock: 2 } }, askedOf: ['old', 'new'] })
})

it('uses what is inaccessible to find records, and shows it to nobody', async () => {
  const { api, answer } = await worldOf(
    [
      'a',
      'type Query { user: User } type User @key(fields: "number") { number: Int! @inaccessible name: String }',
      { Query: { user: () => ({ number: 7, name: 'Ann' }) } },
    ],
    [
      'b',
      'type User @key(fields: "number") { number: Int! @inaccessible badge: String }',
      { User: { __resolveReference: ({ number }: { number: number }) => ({ number, badge: `badge ${number}` }) } },
    ],
  )

  expect((await answer('{ user { name badge } }')).data).toEqual({ user: { name: 'Ann', badge: 'badge 7' } })
  expect(validate(api, parse('{ user { number } }'))).toHaveLength(1)
})

it('joins what an interface object adds to every record of the interface, each of which stays what it is', async () => {
  const { answer } = await worldOf(
    [
      'media',
      'type Query { media: [Media!]! } interface Media @key(fields: "id") { id: ID! } type Book implements Media @key(fields: "id") { id: ID! pages: Int } type Film implements Media @key(fields: "id") { id: ID! minutes: Int }',
      {
        Query: {
          media: () => [
            { __typename: 'Book', id: 'b', pages: 9 },
            { __typename: 'Film', id: 'f', minutes: 90 },
          ],
        },
      },
    ],
    [
      'prices',
      'type Query { cheapest: Media } type Media @key(fields: "id") @interfaceObject { id: ID! price: Int }',
      {
        Query: { cheapest: () => ({ id: 'f', price: 1 }) },
        Media: { __resolveReference: ({ id }: { id: string }) => ({ id, price: id === 'b' ? 5 : 1 }) },
      },
    ],
  )

  const { data, kind } = await answer('{ media { __typename price ... on Book { pages } ... on Film { minutes } } }')

  expect(data).toEqual({
    media: [
      { __typename: 'Book', price: 5, pages: 9 },
      { __typename: 'Film', price: 1, minutes: 90 },
    ],
  })
  expect(kind).toBe('compiled')
})

it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'])(
  'answers under the key %s, in joins and in lists, and changes nothing else',
  async key => {
    const { answer } = await worldOf(
      [
        'orders',
        'type Query { orders: [Order!]! } type Order { by: Person } type Person @key(fields: "id") { id: ID! }',
        { Query: { orders: () => [{ by: { id: '1' } }, { by: { id: '2' } }] } },
      ],
      [
        'people',
        'type Person @key(fields: "id") { id: ID! name: String friend: Person }',
        {
          Person: {
            __resolveReference: ({ id }: { id: string }) => ({ id, name: `Person ${id}`, friend: { id: '2' } }),
            name: ({ id }: { id: string }) => `Person ${id}`,
          },
        },
      ],
    )
    const text = `{ ${key}: orders { ${key}: by { ${key}: name polluted: friend { ${key}: name } } } }`

    const { data } = await answer(text)

    const person = (n: number) => `{"${key}":"Person ${n}","polluted":{"${key}":"Person 2"}}`
    expect(JSON.stringify(data)).toBe(`{"${key}":[{"${key}":${person(1)}},{"${key}":${person(2)}}]}`)
    expect(Object.getOwnPropertyNames(Object.prototype)).not.toContain('polluted')
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  },
)
