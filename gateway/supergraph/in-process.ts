import { compileQuery, isCompiledQuery } from 'graphql-jit'
import { execute, getOperationAST, parse, type DocumentNode, type ExecutionResult, type GraphQLSchema } from 'graphql'
import { LRUCache } from 'lru-cache'
import type { Context } from '../../drizzle/context.ts'
import { maskError, maskRequestError, type Report } from '../error-mask.ts'
import type { Subgraph, SubgraphRequest } from './subgraph.ts'

type Run = (ctx: Context, variables: SubgraphRequest['variables']) => ExecutionResult | Promise<ExecutionResult>

/** What is known of a text: its document, and how each of its operations is run. */
type Known = { readonly document: DocumentNode; readonly operations: Map<string, { run: Run; uses: number }> }

const knownMax = 4000

/**
 * From this use on a text is compiled: it pays for texts that come again, and one that comes once would only pay the
 * compiler (1 to 30 ms, against 0.1 to 2 ms for interpreting it).
 */
const compiledFromUse = 3

/**
 * A subgraph in this process. It gets the very Context of the request, so all subgraphs of a request share it.
 *
 * Documents are kept by their text. The gateway has validated the client's operation and made the plan, so they are
 * not validated again.
 */
export function inProcess(name: string, schema: GraphQLSchema, report: Report): Subgraph {
  const known = new LRUCache<string, Known>({ max: knownMax })

  function runOf({ text, operationName = '' }: SubgraphRequest): Run {
    let entry = known.get(text)
    if (!entry) known.set(text, (entry = { document: parse(text, { noLocation: true }), operations: new Map() }))
    let operation = entry.operations.get(operationName)
    if (!operation) {
      operation = { run: interpreted(schema, entry.document, operationName), uses: 0 }
      entry.operations.set(operationName, operation)
    }
    operation.uses += 1
    if (operation.uses === compiledFromUse) {
      operation.run = compiled(schema, entry.document, operationName) ?? operation.run
    }
    return operation.run
  }

  return {
    name,
    close: () => Promise.resolve(),
    async execute(request, ctx) {
      try {
        const result = await runOf(request)(ctx, request.variables)
        if (!result.errors) return { data: result.data }
        if (!('data' in result)) return { errors: result.errors.map(maskRequestError) }
        return { data: result.data, errors: result.errors.map(error => maskError(error, ctx, report)) }
      } catch (thrown) {
        return { data: null, errors: [maskError(thrown, ctx, report)] }
      }
    },
  }
}

const interpreted =
  (schema: GraphQLSchema, document: DocumentNode, operationName: string): Run =>
  (contextValue, variableValues) =>
    execute({ schema, document, contextValue, variableValues, operationName: operationName || undefined })

/** graphql-jit's form of the operation; undefined for what it does not do as graphql does. */
function compiled(schema: GraphQLSchema, document: DocumentNode, operationName: string): Run | undefined {
  if (!getOperationAST(document, operationName)) return undefined
  const query = compileQuery(schema, document, operationName, { useExperimentalPathBasedSkipInclude: true })
  if (!isCompiledQuery(query)) return undefined
  return (ctx, variables) => query.query(undefined, ctx, variables)
}
