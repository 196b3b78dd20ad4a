import './no-telemetry.ts'
import { buildOperationContext, executeQueryPlan, type ServiceMap } from '@apollo/gateway'
import type { QueryPlan } from '@apollo/query-planner'
import { getVariableValues, GraphQLError, print, type DocumentNode } from 'graphql'
import type { Context } from '../../drizzle/context.ts'
import { maskError, maskRequestError, type Report } from '../error-mask.ts'
import { mayBeDenied } from '../policy/denied.ts'
import type { Preflight } from '../policy/preflight.ts'
import type { PlannedSupergraph } from './planner.ts'
import type { PublicError, Subgraph, SubgraphResponse } from './subgraph.ts'

/** A document that is valid against the API schema, and what one request gives for it. */
export type Request = {
  readonly document: DocumentNode
  readonly operationName?: string
  readonly variables?: Readonly<Record<string, unknown>>
}

/** Runs operations on the supergraph. Plans are kept as long as their document lives. */
export type Executor = {
  execute(request: Request, ctx: Context): Promise<SubgraphResponse>
  /** Plans the operation now, so that the first request does not wait for it. */
  prepare(document: DocumentNode, operationName?: string): void
}

/**
 * How an operation is run.
 *
 * - `sole`: one subgraph answers all of it. It gets the client's own document, and what it answers is the answer.
 * - `plan`: several take part; @apollo/gateway runs the plan and shapes the result.
 */
type Planned =
  | { readonly kind: 'sole'; readonly subgraph: Subgraph; readonly text: string }
  | { readonly kind: 'plan'; readonly plan: QueryPlan; readonly operation: OperationContext }

type OperationContext = ReturnType<typeof buildOperationContext>

type Options = {
  /** Refuses operations before they are planned. */
  readonly preflight?: Preflight
  /** Is told of answers that refuse something, or have nothing of what was asked for. */
  readonly onDenied?: (request: Request, ctx: Context, answer: SubgraphResponse) => void
}

export function makeExecutor(
  supergraph: PlannedSupergraph,
  subgraphs: ReadonlyMap<string, Subgraph>,
  report: Report,
  { preflight = () => undefined, onDenied }: Options = {},
): Executor {
  const plans = new WeakMap<DocumentNode, Map<string, Planned>>()
  const services: ServiceMap = Object.fromEntries([...subgraphs].map(([name, each]) => [name, asDataSource(each)]))

  function plannedFor(document: DocumentNode, operationName: string | undefined): Planned {
    let byName = plans.get(document)
    if (!byName) plans.set(document, (byName = new Map()))
    const key = operationName ?? ''
    let planned = byName.get(key)
    if (!planned) byName.set(key, (planned = makePlan(document, operationName)))
    return planned
  }

  function makePlan(document: DocumentNode, operationName: string | undefined): Planned {
    const plan = supergraph.plan(document, operationName)
    const sole = supergraph.soleSubgraph(plan, document)
    const subgraph = sole === undefined ? undefined : subgraphs.get(sole)
    if (subgraph) return { kind: 'sole', subgraph, text: document.loc?.source.body ?? print(document) }
    const operation = buildOperationContext({
      schema: supergraph.api,
      operationDocument: document,
      operationName,
    })
    return { kind: 'plan', plan, operation }
  }

  async function run({ document, operationName, variables }: Request, ctx: Context): Promise<SubgraphResponse> {
    try {
      const refused = preflight(document, operationName, ctx.principal)
      if (refused) return { errors: [{ message: refused.message, extensions: refused.extensions }] }
      const planned = plannedFor(document, operationName)
      if (planned.kind === 'sole') {
        return await planned.subgraph.execute({ text: planned.text, operationName, variables }, ctx)
      }
      const misfits = misfitsOf(supergraph, planned.operation, variables)
      if (misfits) return { errors: misfits.map(maskRequestError) }
      const result = await executeQueryPlan(
        planned.plan,
        services,
        requestOf(supergraph, document, operationName, variables, ctx),
        planned.operation,
        supergraph.supergraph,
        supergraph.apiDefinition,
      )
      return shaped(result, error => finished(error, ctx, report))
    } catch (thrown) {
      return { data: null, errors: [maskError(thrown, ctx, report)] }
    }
  }

  return {
    prepare(document, operationName) {
      plannedFor(document, operationName)
    },
    async execute(request, ctx) {
      const answer = await run(request, ctx)
      if (onDenied && mayBeDenied(answer)) onDenied(request, ctx, answer)
      return answer
    },
  }
}

/** What is wrong with the variables. A sole subgraph finds that out itself; a plan would ask on with a part of them. */
function misfitsOf({ api }: PlannedSupergraph, { operation }: OperationContext, variables: Request['variables']) {
  const { variableDefinitions = [] } = operation
  return variableDefinitions.length > 0
    ? getVariableValues(api, variableDefinitions, variables ?? {}).errors
    : undefined
}

type GatewayRequest = Parameters<typeof executeQueryPlan>[2]
type GatewayResult = Awaited<ReturnType<typeof executeQueryPlan>>

/** The part of Apollo Server's request that the executor of query plans reads. */
function requestOf(
  { api }: PlannedSupergraph,
  document: DocumentNode,
  operationName: string | undefined,
  variables: Request['variables'],
  context: Context,
) {
  const request = { request: { variables, operationName }, document, context, schema: api, metrics: {}, logger: silent }
  return request as unknown as GatewayRequest
}

const silent = { debug() {}, info() {}, warn() {}, error() {} }

const asDataSource = (subgraph: Subgraph): ServiceMap[string] => ({
  async process({ request, context }) {
    const { query = '', operationName, variables } = request
    const { data, errors } = await subgraph.execute({ text: query, operationName, variables }, context as Context)
    return { data, errors: errors?.map(error => ({ ...error })) }
  },
})

/**
 * What the executor of query plans answers, in the form every subgraph answers in. A null where the schema promises a
 * value is an error here, not an extension: clients look for it there.
 */
function shaped({ data, errors = [], extensions }: GatewayResult, finish: (error: GraphQLError) => PublicError) {
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
