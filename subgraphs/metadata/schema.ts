import 'reflect-metadata'
import { buildSubgraphSchema, printSubgraphSchema } from '@apollo/subgraph'
import { parse, type DocumentNode, type GraphQLSchema } from 'graphql'
import { buildSchemaSync, createResolversMap } from 'type-graphql'
import { eachOnce } from '../../drizzle/each-once.ts'
import { FieldResolver } from './field.ts'
import { ModuleResolver } from './module.ts'
import { OptionListResolver } from './list.ts'

const links = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key"])'

const schema = buildSchemaSync({ resolvers: [FieldResolver, ModuleResolver, OptionListResolver], validate: false })

/** The definitions of the metadata subgraph: fields, modules and lists that an installation adds. */
export const metadataTypeDefs: DocumentNode = parse(`${links}\n${printSubgraphSchema(schema)}`)

/** The metadata subgraph. It is the same in every installation. */
export function metadataSubgraph(): GraphQLSchema {
  const { Mutation, ...others } = createResolversMap(schema)
  const resolvers = { ...others, Mutation: eachOnce(Mutation as Readonly<Record<string, unknown>>) }
  return buildSubgraphSchema([{ typeDefs: metadataTypeDefs, resolvers }] as Parameters<typeof buildSubgraphSchema>[0])
}
