import './no-telemetry.ts'
import { Supergraph } from '@apollo/federation-internals'
import { buildOperationContext, executeQueryPlan, type ServiceMap } from '@apollo/gateway'
import type { QueryPlan } from '@apollo/query-planner'
import { GraphQLError, type DocumentNode } from 'graphql'
import type { Context } from '../../drizzle/context.ts'
import { maskError, maskRequestError, type Report } from '../error-mask.ts'
import type { RunPlan } from './execute.ts'
import type { PublicError, Subgraph, SubgraphResponse } from './subgraph.ts'
import type { PlannedSupergraph } from './supergraph.ts'
import { misfitsOf } from './variables.ts'

/** Runs a plan by @apollo/gateway's own executor: slower than ours, and able to do all that its planner can ask for. */
export function stockPlan(
  supergraph: PlannedSupergraph,
  subgraphs: ReadonlyMap<string, Subgraph>,
  report: Report,
  { plan, document, operationName }: { plan: QueryPlan; document: DocumentNode; operationName: string | undefined },
): RunPlan {
  const { api } = supergraph
  const { schema, apiDefinition } = readFor(supergraph)
  const services: ServiceMap = Object.fromEntries([...subgraphs].map(([name, each]) => [name, asDataSource(each)]))
  const operation = buildOperationContext({ schema: api, operationDocument: document, operationName })
  return async (variables, ctx) => {
    const misfits = misfitsOf(api, operation.operation, variables)
    if (misfits) return { errors: misfits.map(maskRequestError) }
    // The part of Apollo Server's request that the executor reads.
    const request = {
      ...{ request: { variables, operationName }, document, context: ctx, schema: api },
      ...{ metrics: {}, logger: silent },
    } as unknown as GatewayRequest
    const result = await executeQueryPlan(...([plan, services, request, operation, schema, apiDefinition] as const))
    return shaped(result, error => finished(error, ctx, report))
  }
}

const read = new WeakMap<object, ReturnType<typeof readSupergraph>>()

/** The executor wants the supergraph in two forms of its own. Making them blocks for 0.2 s with 40 modules. */
function readFor({ sdl, api }: PlannedSupergraph) {
  let known = read.get(api)
  if (!known) read.set(api, (known = readSupergraph(sdl)))
  return known
}

function readSupergraph(sdl: string) {
  const supergraph = Supergraph.build(sdl, { validateSupergraph: false })
  return { schema: supergraph.schema.toGraphQLJSSchema(), apiDefinition: supergraph.apiSchema() }
}

type GatewayRequest = Parameters<typeof executeQueryPlan>[2]
type GatewayResult = Awaited<ReturnType<typeof executeQueryPlan>>

const silent = { debug() {}, info() {}, warn() {}, error() {} }

const asDataSource = (subgraph: Subgraph): ServiceMap[string] => ({
  async process({ request, context }) {
    const { query = '', operationName, variables } = request
    const { data, errors } = await subgraph.execute({ text: query, operationName, variables }, context as Context)
    return { data, errors: errors?.map(error => ({ ...error })) }
  },
})

/**
 * What the executor answers, in the form every subgraph answers in. A null where the schema promises a value is an error
 * here, not an extension: clients look for it there.
 */
function shaped(
  { data, errors = [], extensions }: GatewayResult,
  finish: (error: GraphQLError) => PublicError,
): SubgraphResponse {
  const incomplete: unknown = extensions?.valueCompletion
  const all = [...errors, ...(Array.isArray(incomplete) ? incomplete : [])].filter(
    error => error instanceof GraphQLError,
  )
  return all.length === 0 ? { data } : { data, errors: all.map(finish) }
}

/** Subgraphs have masked their errors already; here only the subgraph's name is taken off again. */
function finished(error: GraphQLError, ctx: Context, report: Report): PublicError {
  const { serviceName: _, ...extensions } = error.extensions
  const { code } = extensions
  if (typeof code !== 'string' || code === 'DOWNSTREAM_SERVICE_ERROR') return maskError(error, ctx, report)
  return { message: error.message, ...(error.path && { path: error.path }), extensions: { ...extensions, code } }
}
