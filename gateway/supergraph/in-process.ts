import { compileQuery, isCompiledQuery } from 'graphql-jit'
import {
  execute,
  getOperationAST,
  getVariableValues,
  isLeafType,
  Kind,
  parse,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLSchema,
  type NamedTypeNode,
  type OperationDefinitionNode,
  type TypeNode,
} from 'graphql'
import { LRUCache } from 'lru-cache'
import type { Context } from '../../drizzle/context.ts'
import { maskError, maskRequestError, type Report } from '../error-mask.ts'
import { coercerOf } from './coerce.ts'
import type { Subgraph, SubgraphRequest } from './subgraph.ts'

type Run = (ctx: Context, variables: SubgraphRequest['variables']) => ExecutionResult | Promise<ExecutionResult>

/** What is known of a text: its document, and how each of its operations is run. */
type Known = { readonly document: DocumentNode; readonly operations: Map<string, { run: Run; uses: number }> }

/** Characters of text; document and compiled form take some fifty times as much. */
const knownTextMax = 2_000_000

/**
 * From this use on a text is compiled. It pays for texts that come again: 20 records of 46 fields take 34 microseconds
 * of CPU instead of 367, one record 2 instead of 28. A text that comes once would only pay the compiler, 1 to 30 ms.
 */
const compiledFromUse = 3

/**
 * A subgraph in this process. It gets the very Context of the request, so all subgraphs of a request share it.
 *
 * Documents are kept by their text. The gateway has validated the client's operation and made the plan, so they are
 * not validated again.
 */
export function inProcess(name: string, schema: GraphQLSchema, report: Report): Subgraph {
  const known = new LRUCache<string, Known>({ maxSize: knownTextMax, sizeCalculation: (_, text) => text.length + 1 })

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

/**
 * graphql-jit's form of the operation; undefined for what it cannot do.
 *
 * Variables that are more than a scalar are coerced before: graphql-jit writes out the code for every path
 * through an input type, and through one that contains itself, such as a filter, it finds no end (12 s and 700 MB until
 * the stack is full, measured with 0.8.9). What is coerced already passes graphql-jit as JSON, which it leaves alone.
 */
function compiled(schema: GraphQLSchema, document: DocumentNode, operationName: string): Run | undefined {
  const operation = getOperationAST(document, operationName || undefined)
  if (!operation) return undefined
  const { variableDefinitions = [] } = operation
  const isCoercedBefore = !variableDefinitions.every(({ type }) => isLeafType(namedType(schema, type)))
  if (isCoercedBefore && !schema.getType(anything.name.value)) return undefined
  const compilable = isCoercedBefore ? withUntypedVariables(document, operation) : document
  const query = compileQuery(schema, compilable, operationName, { useExperimentalPathBasedSkipInclude: true })
  if (!isCompiledQuery(query)) return undefined
  if (!isCoercedBefore) return (ctx, variables) => query.query(undefined, ctx, variables)
  const coerce = coercerOf(schema, variableDefinitions)
  return (ctx, variables = {}) => {
    const coerced = coerce(variables)
    if (coerced) return query.query(undefined, ctx, coerced)
    const careful = getVariableValues(schema, variableDefinitions, variables)
    return careful.errors ? { errors: careful.errors } : query.query(undefined, ctx, careful.coerced)
  }
}

/** A scalar that leaves values as they are; our subgraphs all have it. */
const anything: NamedTypeNode = { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: 'JSON' } }

function withUntypedVariables(document: DocumentNode, operation: OperationDefinitionNode): DocumentNode {
  const variableDefinitions = operation.variableDefinitions?.map(({ kind, variable }) => ({
    kind,
    variable,
    type: anything,
  }))
  const untyped = { ...operation, variableDefinitions }
  return { ...document, definitions: document.definitions.map(each => (each === operation ? untyped : each)) }
}

function namedType(schema: GraphQLSchema, type: TypeNode) {
  let inner = type
  while (inner.kind !== Kind.NAMED_TYPE) inner = inner.type
  return schema.getType(inner.name.value)
}
