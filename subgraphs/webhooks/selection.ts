import {
  GraphQLError,
  Kind,
  parse,
  typeFromAST,
  validate,
  type DocumentNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql'
import type { RecordEvent } from '../events/event.ts'

/** A query that is asked of the graph for an event. Kept by its identity, so that it is parsed and planned once. */
export type Selection = {
  readonly operation: { readonly text: string; readonly name: string }
  /** Those of the event's values that the query takes. */
  readonly variables: readonly VariableName[]
}

/** What an event gives to a query, and the GraphQL types that take it. */
const given = {
  id: ['ID', 'String'],
  module: ['String'],
  type: ['String'],
  eventId: ['ID', 'String'],
  time: ['DateTime', 'String'],
  sequence: ['Int', 'Float'],
} as const

type VariableName = keyof typeof given

const tokensMax = 4_000

/** Reads a query for the schema that clients see now; or says why it cannot be asked. */
export function compileSelection(text: string, api: GraphQLSchema): Selection | { readonly fault: string } {
  let document: DocumentNode
  try {
    document = parse(text, { maxTokens: tokensMax })
  } catch (error) {
    return { fault: `cannot be read: ${error instanceof GraphQLError ? error.message : String(error)}` }
  }
  const operations = document.definitions.filter(each => each.kind === Kind.OPERATION_DEFINITION)
  const [operation] = operations
  const name = operation?.name?.value
  if (!operation || operations.length > 1 || name === undefined || operation.operation !== 'query')
    return { fault: 'has to be one query with a name, such as query Told($id: ID!) { account(id: $id) { name } }' }
  const [error] = validate(api, document, undefined, { maxErrors: 1 })
  if (error) return { fault: `is not valid: ${error.message}` }
  const faults = (operation.variableDefinitions ?? []).flatMap(each => variableFault(each, api) ?? [])
  const [fault] = faults
  if (fault !== undefined) return { fault }
  return { operation: Object.freeze({ text, name }), variables: variablesOf(operation) }
}

type Definition = NonNullable<OperationDefinitionNode['variableDefinitions']>[number]

function variableFault({ variable, type, defaultValue }: Definition, api: GraphQLSchema): string | undefined {
  const name = variable.name.value
  const wanted = String(typeFromAST(api, type as never))
  if (!isGiven(name)) {
    const names = Object.keys(given).map(each => `$${each}`)
    if (defaultValue || !wanted.endsWith('!')) return undefined
    return `has the variable $${name}; an event gives ${names.join(', ')}`
  }
  const types: readonly string[] = given[name]
  return types.includes(wanted.replace(/!$/, ''))
    ? undefined
    : `takes $${name} as ${wanted}; it is ${types.join(' or ')}`
}

const variablesOf = ({ variableDefinitions = [] }: OperationDefinitionNode) =>
  variableDefinitions.map(({ variable }) => variable.name.value).filter(isGiven)

const isGiven = (name: string): name is VariableName => Object.hasOwn(given, name)

/** The variables of a query for an event. */
export function valuesFor({ variables }: Selection, event: RecordEvent): Readonly<Record<string, unknown>> {
  const values: Readonly<Record<VariableName, unknown>> = {
    id: event.record.id,
    module: event.record.module,
    type: event.type,
    eventId: event.id,
    time: event.time,
    sequence: event.sequence,
  }
  return Object.fromEntries(variables.map(name => [name, values[name]]))
}
