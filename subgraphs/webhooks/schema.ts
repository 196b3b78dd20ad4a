import 'reflect-metadata'
import { buildSubgraphSchema, printSubgraphSchema } from '@apollo/subgraph'
import { parse, type DocumentNode, type GraphQLSchema } from 'graphql'
import { buildSchemaSync, createResolversMap } from 'type-graphql'
import { eachOnce } from '../../drizzle/each-once.ts'
import { WebhookDeliveryResolver } from './delivery.ts'
import { WebhookEndpointResolver } from './endpoint.ts'

const links = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key", "@shareable"])'

const schema = buildSchemaSync({ resolvers: [WebhookEndpointResolver, WebhookDeliveryResolver], validate: false })

/** The definitions of the webhooks subgraph: endpoints, their secrets, deliveries and attempts. */
export const webhooksTypeDefs: DocumentNode = parse(`${links}\n${printSubgraphSchema(schema)}`)

/** The webhooks subgraph. It is the same in every installation. */
export function webhooksSubgraph(): GraphQLSchema {
  const { Mutation, ...others } = createResolversMap(schema)
  const resolvers = { ...others, Mutation: eachOnce(Mutation as Readonly<Record<string, unknown>>) }
  return buildSubgraphSchema([{ typeDefs: webhooksTypeDefs, resolvers }] as Parameters<typeof buildSubgraphSchema>[0])
}
