import { buildSubgraphSchema } from '@apollo/subgraph'
import { parse } from 'graphql'
import { compose } from '../../../gateway/supergraph/compose.ts'
import { textOf } from '../../../gateway/supergraph/supergraph-text.ts'

// What all gateways are measured with: two subgraphs in memory, in the federation 1 that the eldest of them knows.

const goods = parse(`
  extend type Query { product(id: ID!): Product  products(first: Int!): [Product!] }
  type Product @key(fields: "id") { id: ID!  name: String  price: Float  stock: Int  owner: User }
  extend type User @key(fields: "id") { id: ID! @external }
`)

const people = parse(`
  extend type Query { user(id: ID!): User }
  type User @key(fields: "id") { id: ID!  name: String  email: String }
`)

type Product = { readonly id: string; readonly name: string; readonly price: number; readonly stock: number }
type User = { readonly id: string; readonly name: string; readonly email: string }

const products: readonly Product[] = Array.from({ length: 20 }, (_, n) => ({
  id: `p${n}`,
  name: `Product number ${n}`,
  price: n * 1.25,
  stock: n * 3,
}))

const users: readonly User[] = Array.from({ length: 7 }, (_, n) => ({
  id: `u${n}`,
  name: `User number ${n}`,
  email: `user${n}@example.com`,
}))

const ownerOf = ({ id }: Product) => `u${Number(id.slice(1)) % users.length}`

/** By id, as a database would find them. */
export const productsById: ReadonlyMap<string, Product> = new Map(products.map(each => [each.id, each]))
export const usersById: ReadonlyMap<string, User> = new Map(users.map(each => [each.id, each]))

/** What the plain handler answers without any graph. */
export const plainAnswers = {
  one(id: string) {
    const found = productsById.get(id)
    return { product: found && { id: found.id, name: found.name, price: found.price, stock: found.stock } }
  },
  list: (first: number) => ({
    products: products.slice(0, first).map(each => {
      const owner = usersById.get(ownerOf(each))
      return {
        ...{ id: each.id, name: each.name, price: each.price },
        owner: owner && { id: owner.id, name: owner.name, email: owner.email },
      }
    }),
  }),
}

export const definitions = [
  { name: 'goods', typeDefs: goods },
  { name: 'people', typeDefs: people },
] as const

export const schemas = {
  goods: buildSubgraphSchema([
    {
      typeDefs: goods,
      resolvers: {
        Query: {
          product: (_: unknown, { id }: { id: string }) => productsById.get(id),
          products: (_: unknown, { first }: { first: number }) => products.slice(0, first),
        },
        Product: { owner: (product: Product) => ({ __typename: 'User', id: ownerOf(product) }) },
      },
    },
  ]),
  people: buildSubgraphSchema([
    {
      typeDefs: people,
      resolvers: {
        Query: { user: (_: unknown, { id }: { id: string }) => usersById.get(id) },
        User: { __resolveReference: ({ id }: { id: string }) => ({ ...usersById.get(id) }) },
      },
    },
  ]),
}

/** @param url  of the subgraphs, where they run apart */
export const supergraphSdl = (url: string) =>
  compose(definitions.map(textOf)).replaceAll('switchyard://', `${url}/plain/`)

/** The operations, and what the plain handler serves instead. */
export const operations = [
  {
    name: 'one entity',
    plain: '/one',
    query: 'query One($id: ID!) { product(id: $id) { id name price stock } }',
    variables: { id: 'p7' },
  },
  {
    name: 'list of 20 with a join',
    plain: '/list',
    query: 'query List($first: Int!) { products(first: $first) { id name price owner { id name email } } }',
    variables: { first: 20 },
  },
] as const
