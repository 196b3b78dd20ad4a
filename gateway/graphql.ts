import { ApolloServer, HeaderMap } from '@apollo/server'
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled'
import { GraphQLError, type GraphQLFormattedError } from 'graphql'
import type { Logger } from 'pino'
import type { Context } from '../drizzle/context.ts'
import { scopeChallenge } from '../schema/insufficient-scope.ts'
import { HouseError } from '../schema/errors.ts'
import { keyHelp, keyMissing } from './answer-once.ts'
import type { IntrospectionPolicy } from './graphql-intake.ts'
import { limits, tooMuch } from './graphql-limits.ts'
import type { Graphs } from './graphs.ts'
import { priceOf } from './limits/price.ts'
import type { Visit } from './limits/visit.ts'
import type { Note } from './log.ts'
import type { PublicError, SubgraphResponse } from './supergraph/subgraph.ts'

/** What a GraphQL request is run with: the Context of the subgraphs, the note for its log line, and what it may cost. */
export type GraphqlContext = Context & {
  readonly note: Note
  readonly visit: Visit
  /** There is no Idempotency-Key, and mutations of the caller must have one. */
  readonly isKeyMissing: boolean
}

type Options = ConstructorParameters<typeof ApolloServer<GraphqlContext>>[0]
type Gateway = NonNullable<Options['gateway']>
type Executor = NonNullable<Awaited<ReturnType<Gateway['load']>>['executor']>

/** Apollo Server in front of the current graph: parses, validates, speaks GraphQL over HTTP. */
export function createApollo(
  graphs: Graphs,
  log: Logger,
  introspection: IntrospectionPolicy,
): ApolloServer<GraphqlContext> {
  return new ApolloServer<GraphqlContext>({
    gateway: gatewayOf(graphs),
    introspection: introspection !== 'off',
    hideSchemaDetailsFromClientErrors: introspection === 'off',
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    nodeEnv: 'production',
    logger: log,
    parseOptions: { maxTokens: limits.tokens.most },
    validationOptions: { maxErrors: 5 },
    maxRecursiveSelections: 10_000,
    formatError: withOurCode,
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
  })
}

/** What Apollo Server asks of a gateway, answered by our planner and executor. */
function gatewayOf(graphs: Graphs): Gateway {
  return {
    onSchemaLoadOrUpdate: listener =>
      graphs.subscribe(({ api, supergraphSdl }) => listener({ apiSchema: api, coreSupergraphSdl: supergraphSdl })),
    load: () => Promise.resolve({ executor: executorOf(graphs) }),
    stop: () => Promise.resolve(),
  }
}

const executorOf =
  (graphs: Graphs): Executor =>
  async ({ schema, document, operation, request, context }) => {
    // Apollo Server answers this with 400.
    if (!operation) return { errors: [new GraphQLError('There is no operation of that name, or several and no name')] }
    const { operationName, variables } = request
    const graph = graphs.of(schema)
    const begun = context as GraphqlContext
    // Between the two, the graph may have been replaced.
    const ctx = begun.catalog === graph.catalog ? begun : { ...begun, catalog: graph.catalog }
    ctx.note.operation = `${operation.operation} ${operation.name?.value ?? ''}`
    const price = priceOf(schema, document, operationName)
    const cost = price.asked(variables ?? {})
    if (cost > limits.cost.most) return { errors: [badRequest(tooMuch('cost', cost))] }
    if (price.isWrite && ctx.isKeyMissing) return { errors: [refusedForKey()] }
    try {
      const answer = await ctx.visit.run(price, variables ?? {}, () =>
        graph.executor.execute({ document, operationName, variables }, ctx),
      )
      ctx.note.code = answer.errors?.[0]?.extensions.code
      const errors = answer.errors?.map(error => asGraphQLError(error, answer))
      const extensions = { cost: costOf(ctx.visit) }
      const deprecations = [...ctx.note.uses].flatMap(({ deprecated }) => deprecated)
      if (deprecations.length === 0) return { ...answer, errors, extensions }
      const told = deprecations.map(({ coordinate, reason }) => ({ coordinate, reason }))
      return { ...answer, errors, extensions: { ...extensions, deprecations: told } }
    } catch (error) {
      if (!(error instanceof HouseError)) throw error
      return { errors: [refused(error)], extensions: { cost: costOf(ctx.visit) } }
    }
  }

const badRequest = ({ message, extensions }: GraphQLError) =>
  new GraphQLError(message, { extensions: { ...extensions, http: { status: 400 } } })

/** As Shopify's clients know it. Nothing stands for what has no limit. */
const costOf = ({ asked, spent, throttle }: Visit) => ({
  requestedQueryCost: asked,
  actualQueryCost: spent,
  throttleStatus: throttle ?? null,
})

const refusedForKey = () => {
  const error = keyMissing()
  const http = { status: 400, headers: new HeaderMap(Object.entries(keyHelp)) }
  const extensions: PublicError['extensions'] = { ...error.extensions, http }
  return new GraphQLError(error.message, { extensions })
}

const refused = ({ message, extensions }: HouseError) =>
  new GraphQLError(message, { extensions: { ...extensions, http: { status: 429 } } })

/** When nothing could be answered because something is away or not allowed to the token, the status says so too. */
function asGraphQLError({ message, path, extensions }: PublicError, { data }: SubgraphResponse) {
  const isNothing = data == null || Object.values(data).every(value => value === null)
  const http = isNothing ? httpOf(extensions) : undefined
  return new GraphQLError(message, { path, extensions: http ? { ...extensions, http } : extensions })
}

function httpOf(extensions: PublicError['extensions']) {
  if (extensions.code === 'UNAVAILABLE') return { status: 503, headers: new HeaderMap([['retry-after', '2']]) }
  const challenge = scopeChallenge(extensions)
  return challenge && { status: 403, headers: new HeaderMap([['www-authenticate', challenge]]) }
}

/** Our executor's errors are masked already; Apollo Server's own about documents and requests are safe to show. */
function withOurCode(error: GraphQLFormattedError): GraphQLFormattedError {
  if (error.extensions?.code !== 'INTERNAL_SERVER_ERROR') return error
  return { message: 'Something broke here', extensions: { code: 'INTERNAL' } }
}
