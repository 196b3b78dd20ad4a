import { parse, validate, type DocumentNode, type GraphQLSchema } from 'graphql'
import type { Context } from '../../drizzle/context.ts'
import type { Operation } from '../../rest-compat/operation.ts'
import type { Executor } from './execute.ts'
import type { SubgraphResponse } from './subgraph.ts'

/** Runs an operation of our own REST views: parsed, validated and planned at its first use, and never again. */
export type RunPrepared = (
  operation: Operation,
  variables: Readonly<Record<string, unknown>>,
  ctx: Context,
) => Promise<SubgraphResponse>

/**
 * Prepares operations by the identity of their object, so that a later call looks up one key and runs. Variables are
 * coerced where they are used, by the subgraph.
 *
 * @throws Error  the operation is not valid: a mistake in a view, never in a request
 */
export function makePrepared(api: GraphQLSchema, executor: Executor): RunPrepared {
  const documents = new WeakMap<Operation, DocumentNode>()

  function prepare(operation: Operation): DocumentNode {
    const document = parse(operation.text)
    const [error] = validate(api, document)
    if (error) throw new Error(`The operation ${operation.name} is not valid: ${error.message}`)
    documents.set(operation, document)
    return document
  }

  return (operation, variables, ctx) => {
    const document = documents.get(operation) ?? prepare(operation)
    return executor.execute({ document, operationName: operation.name, variables }, ctx)
  }
}
