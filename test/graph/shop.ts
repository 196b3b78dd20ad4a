import { buildSubgraphSchema } from '@apollo/subgraph'
import { parse, type GraphQLSchema } from 'graphql'
import { HouseError } from '../../schema/errors.ts'

/**
 * Two small subgraphs that together hold what a supergraph can do to an executor: entities in both directions, unions,
 * interfaces, lists of lists, nulls where none are promised, and every way to fail.
 */
const links = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@shareable", "@requires", "@external", "@inaccessible"])`

const goodsDefs = parse(`${links}
  type Query {
    product(id: ID!): Product
    products(first: Int = 3): [Product!]!
    anything: [Thing]
    named: [Named!]
    grid: [[Int]]
    broken: Product
    brokenList: [Product!]
    echo(value: Input): String
    shade: Shade
  }
  type Mutation { rename(id: ID!, name: String!): Product  reset: Boolean }
  input Input { text: String! count: Int = 2 tags: [String!] }
  enum Shade { RED BLUE SECRET @inaccessible }
  interface Named { name: String }
  union Thing = Product | Shop
  type Product implements Named @key(fields: "id") {
    id: ID!  name: String  price(currency: String = "EUR"): Float  weight: Int  strict: String!  fails: String  refuses: String
    shop: Shop
  }
  type Shop implements Named @key(fields: "id") { id: ID! name: String products: [Product!] }
`)

const reviewDefs = parse(`${links}
  type Query { latest: [Review!]! }
  type Review @key(fields: "id") { id: ID! text: String product: Product author: String! }
  type Product @key(fields: "id") { id: ID! weight: Int @external heavy: Boolean @requires(fields: "weight") reviews(first: Int = 2): [Review] worst: Review! }
`)

type Row = { id: string; name: string | null; weight: number; shopId: string }

const chair: Row = { id: '1', name: 'Chair', weight: 4, shopId: 's' }
const nameless: Row = { id: '2', name: null, weight: 40, shopId: 's' }
const rows = [chair, nameless, { id: '3', name: 'Lamp', weight: 1, shopId: 't' }]
const find = (id: string) => rows.find(row => row.id === id)
const typed = (row: Row) => ({ ...row, __typename: 'Product' })
const shop = (id: string) => ({ __typename: 'Shop', id, name: `Shop ${id}` })

const goods = {
  Query: {
    product: (_: unknown, { id }: { id: string }) => find(id),
    products: async (_: unknown, { first }: { first: number }) => rows.slice(0, first),
    anything: () => [typed(chair), null, shop('s')],
    named: () => [shop('t'), typed(nameless)],
    grid: () => [[1, null], null, [2]],
    broken: () => {
      throw new TypeError('select secret from nowhere')
    },
    brokenList: () => [chair, null],
    echo: (_: unknown, { value }: { value?: unknown }) => JSON.stringify(value),
    shade: () => 'RED',
  },
  Mutation: {
    rename: (_: unknown, { id, name }: { id: string; name: string }) => ({ ...find(id), name }),
    reset: () => true,
  },
  Product: {
    __resolveReference: ({ id }: { id: string }) => find(id) && { ...find(id) },
    price: (row: Row, { currency }: { currency: string }) => (currency === 'EUR' ? row.weight * 2 : row.weight * 3),
    strict: (row: Row) => (row.id === '2' ? null : 'x'),
    fails: async () => {
      throw new Error('/etc/passwd at 10.0.0.1')
    },
    refuses: () => {
      throw new HouseError('FORBIDDEN', 'You may not see this', { field: 'refuses' })
    },
    shop: (row: Row) => shop(row.shopId),
  },
  Shop: {
    __resolveReference: ({ id }: { id: string }) => shop(id),
    products: ({ id }: { id: string }) => rows.filter(row => row.shopId === id),
  },
}

const review = (id: string) => ({ id, text: `Review ${id}`, product: { __typename: 'Product', id: id[0] } })

const reviews = {
  Query: { latest: () => [review('1a'), review('3b')] },
  Review: {
    __resolveReference: ({ id }: { id: string }) => review(id),
    author: ({ id }: { id: string }) => (id.endsWith('b') ? null : 'Ann'),
  },
  Product: {
    heavy: ({ weight }: { weight: number }) => weight > 10,
    reviews: ({ id }: { id: string }, { first }: { first: number }) =>
      [review(`${id}a`), review(`${id}b`)].slice(0, first),
    worst: ({ id }: { id: string }) => (id === '2' ? null : review(`${id}a`)),
  },
}

export const shopDefinitions = [
  { name: 'goods', typeDefs: goodsDefs },
  { name: 'reviews', typeDefs: reviewDefs },
]

export const shopSchemas: Readonly<Record<string, GraphQLSchema>> = {
  goods: buildSubgraphSchema([{ typeDefs: goodsDefs, resolvers: goods }]),
  reviews: buildSubgraphSchema([{ typeDefs: reviewDefs, resolvers: reviews }]),
}
