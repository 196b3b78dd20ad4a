import type { GraphQLSchema } from 'graphql'
import type { Catalog } from '../../schema/catalog.ts'
import { holdsFile } from '../../schema/input.ts'
import type { Module } from '../../schema/module.ts'
import { atOnce, type Steps } from '../../schema/steps.ts'
import { deedMutations, deedQueries, fileOf } from './deeds.ts'
import { jobMutations, jobQueries, jobResolver } from './jobs/resolvers.ts'
import { metadataResolvers } from './metadata.ts'
import { connectionResolvers, resolveLink, resolveMany, resolveOne, resolveReference } from './read.ts'
import { DateScalar, DateTime, Decimal, JSONScalar, Time } from './scalars.ts'
import { buildingSubgraph, type Resolvers } from './executable.ts'
import { crmSdl } from './sdl.ts'
import { mutationsOf } from './write.ts'

/** The crm subgraph of one installation: its modules as types, with everything that can be done with their records. */
export const crmSubgraph = (catalog: Catalog): GraphQLSchema => atOnce(buildingCrmSubgraph(catalog))

/** The same in steps. Whether its definitions are right, composition finds out. */
export function* buildingCrmSubgraph(catalog: Catalog): Steps<GraphQLSchema> {
  const all = catalog.modules
  const types = all.flatMap(module => [
    [module.graphql.type, recordResolvers(catalog, module)] as const,
    [`${module.graphql.type}Connection`, connectionResolvers] as const,
  ])
  const resolvers: Resolvers = {
    Query: {
      ...metadataResolvers(catalog),
      ...deedQueries,
      ...jobQueries,
      ...Object.fromEntries(
        all.flatMap(module => [
          [module.graphql.one, resolveOne(catalog, module)],
          [module.graphql.many, resolveMany(catalog, module)],
        ]),
      ),
    },
    Mutation: Object.assign({ ...deedMutations, ...jobMutations }, ...all.map(module => mutationsOf(catalog, module))),
    Job: jobResolver,
    ...Object.fromEntries(types),
  }
  yield
  const references = new Map(all.map(module => [module.graphql.type, resolveReference(catalog, module)]))
  const scalars = [DateTime, DateScalar, Time, Decimal, JSONScalar]
  return yield* buildingSubgraph(crmSdl(catalog), { resolvers, references, scalars })
}

const recordResolvers = (catalog: Catalog, module: Module) => ({
  ...(holdsFile(module) ? { file: fileOf(module) } : {}),
  ...Object.fromEntries([...catalog.links(module)].map(([name, link]) => [name, resolveLink(catalog, link)])),
})
