import 'reflect-metadata'
import { buildSubgraphSchema, printSubgraphSchema } from '@apollo/subgraph'
import { parse, type DocumentNode, type GraphQLSchema } from 'graphql'
import { buildSchemaSync, createResolversMap } from 'type-graphql'
import { ApiClientResolver } from './api-client.ts'
import { ApiKeyResolver } from './api-key.ts'
import { ClientLimitResolver } from './client-limit.ts'
import { eachOnce } from '../../drizzle/each-once.ts'
import { TrustedDocumentResolver } from './document.ts'
import { PasswordResolver } from './password.ts'
import { RoleResolver } from './role.ts'
import { SecurityGroupResolver } from './security-group.ts'
import { TokenResolver } from './token.ts'
import { UserResolver } from './user.ts'

const links = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key"])'

type Reference = { readonly id: string }

/** Entities that others own: here an id is all there is to resolve. A fresh object, because federation writes on it. */
const references = {
  User: { __resolveReference: ({ id }: Reference) => ({ id }) },
  Role: { __resolveReference: ({ id }: Reference) => ({ id }) },
  SecurityGroup: { __resolveReference: ({ id }: Reference) => ({ id }) },
}

const schema = buildSchemaSync({
  resolvers: [
    UserResolver,
    RoleResolver,
    SecurityGroupResolver,
    ApiClientResolver,
    ApiKeyResolver,
    ClientLimitResolver,
    TrustedDocumentResolver,
    TokenResolver,
    PasswordResolver,
  ],
  validate: false,
})

/** The definitions of the identity subgraph: users, roles, security groups, API clients, keys, tokens, passwords. */
export const identityTypeDefs: DocumentNode = parse(`${links}\n${printSubgraphSchema(schema)}`)

/** The identity subgraph. It is the same in every installation. */
export function identitySubgraph(): GraphQLSchema {
  const { User, Role, SecurityGroup, Mutation, ...others } = createResolversMap(schema)
  const resolvers = {
    ...others,
    Mutation: eachOnce(Mutation as Readonly<Record<string, unknown>>),
    User: { ...User, ...references.User },
    Role: { ...Role, ...references.Role },
    SecurityGroup: { ...SecurityGroup, ...references.SecurityGroup },
  }
  return buildSubgraphSchema([{ typeDefs: identityTypeDefs, resolvers }] as Parameters<typeof buildSubgraphSchema>[0])
}
