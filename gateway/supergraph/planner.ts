import { Supergraph, operationFromDocument, type Schema } from '@apollo/federation-internals'
import { QueryPlanner, type FetchNode, type QueryPlan } from '@apollo/query-planner'
import {
  getNamedType,
  isAbstractType,
  isEnumType,
  Kind,
  TypeInfo,
  validate,
  visit,
  visitWithTypeInfo,
  type DocumentNode,
  type GraphQLNamedType,
  type GraphQLSchema,
} from 'graphql'

/** A composed supergraph, ready to plan operations against it. */
export type PlannedSupergraph = {
  readonly sdl: string
  /** What clients see. */
  readonly api: GraphQLSchema
  /** The same in the planner's own form; the executor of query plans wants it. */
  readonly apiDefinition: Schema
  readonly supergraph: GraphQLSchema
  /** @throws GraphQLError when the operation is beyond what the planner accepts */
  plan(document: DocumentNode, operationName?: string): QueryPlan
  /** The one subgraph that can answer the whole operation as it is written, if the plan asks no other. */
  soleSubgraph(plan: QueryPlan, document: DocumentNode): string | undefined
}

/** Reads a composed supergraph. Takes about a second for 40 modules; do it once per change of metadata. */
export function openSupergraph(sdl: string): PlannedSupergraph {
  const supergraph = Supergraph.build(sdl, { validateSupergraph: false })
  const apiDefinition = supergraph.apiSchema()
  const api = apiDefinition.toGraphQLJSSchema()
  const planner = new QueryPlanner(supergraph)
  const subgraphSchemas = new Map<string, GraphQLSchema>()

  const schemaOf = (name: string) => {
    let schema = subgraphSchemas.get(name)
    schema ??= supergraph.subgraphs().get(name)?.schema.toGraphQLJSSchema()
    if (schema) subgraphSchemas.set(name, schema)
    return schema
  }

  return {
    sdl,
    api,
    apiDefinition,
    supergraph: supergraph.schema.toGraphQLJSSchema(),
    plan: (document, operationName) =>
      planner.buildQueryPlan(operationFromDocument(apiDefinition, document, { operationName })),
    soleSubgraph(plan, document) {
      const fetch = soleFetch(plan)
      const schema = fetch && schemaOf(fetch.serviceName)
      return schema && answersAlone(schema, api, document) ? fetch.serviceName : undefined
    },
  }
}

function soleFetch({ node }: QueryPlan): FetchNode | undefined {
  if (node?.kind !== 'Fetch' || node.requires) return undefined
  if (node.inputRewrites?.length || node.outputRewrites?.length || node.contextRewrites?.length) return undefined
  return node
}

/**
 * Does the subgraph, given the client's own document, answer exactly what the supergraph promises?
 *
 * Its schema must hold all that the document names, and no enum value or possible type beyond what clients may see.
 */
function answersAlone(subgraph: GraphQLSchema, api: GraphQLSchema, document: DocumentNode): boolean {
  if (asksForSchema(document) || validate(subgraph, document).length > 0) return false
  const types = new TypeInfo(api)
  let alike = true
  visit(
    document,
    visitWithTypeInfo(types, {
      Field() {
        const type = types.getType()
        if (type && !isNoWider(subgraph, api, getNamedType(type))) alike = false
      },
    }),
  )
  return alike
}

function isNoWider(subgraph: GraphQLSchema, api: GraphQLSchema, type: GraphQLNamedType): boolean {
  const own = subgraph.getType(type.name)
  if (own?.constructor !== type.constructor) return false
  if (isEnumType(own) && isEnumType(type)) return own.getValues().every(value => type.getValue(value.name))
  if (isAbstractType(own) && isAbstractType(type)) {
    const known = new Set(api.getPossibleTypes(type).map(possible => possible.name))
    return subgraph.getPossibleTypes(own).every(possible => known.has(possible.name))
  }
  return true
}

function asksForSchema(document: DocumentNode): boolean {
  let found = false
  visit(document, {
    [Kind.FIELD]: field => {
      if (field.name.value === '__schema' || field.name.value === '__type') found = true
    },
  })
  return found
}
