import 'reflect-metadata'
import { buildSubgraphSchema, printSubgraphSchema } from '@apollo/subgraph'
import { parse, type DocumentNode, type GraphQLSchema } from 'graphql'
import { buildSchemaSync, createResolversMap } from 'type-graphql'
import { AuditResolver } from './audit-entry.ts'
import { LogPolicyResolver } from './bodies.ts'
import { CustomEndpointResolver } from './custom-endpoint.ts'
import { DenialResolver } from './denial.ts'
import { RequestLogResolver } from './request.ts'
import { UsageResolver } from './usage.ts'

const links = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key", "@shareable"])'

const schema = buildSchemaSync({
  resolvers: [
    AuditResolver,
    CustomEndpointResolver,
    LogPolicyResolver,
    DenialResolver,
    RequestLogResolver,
    UsageResolver,
  ],
  validate: false,
})

/** The definitions of the ops subgraph: what administrators and operators look at. */
export const opsTypeDefs: DocumentNode = parse(`${links}\n${printSubgraphSchema(schema)}`)

/** The ops subgraph. It is the same in every installation. */
export const opsSubgraph = (): GraphQLSchema =>
  buildSubgraphSchema([{ typeDefs: opsTypeDefs, resolvers: createResolversMap(schema) }] as Parameters<
    typeof buildSubgraphSchema
  >[0])
