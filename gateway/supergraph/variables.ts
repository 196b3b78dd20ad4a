import {
  getOperationAST,
  getVariableValues,
  Kind,
  visit,
  type DocumentNode,
  type GraphQLError,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql'

export type Variables = Readonly<Record<string, unknown>>

/** What is wrong with the variables. A sole subgraph finds that out itself; a plan would ask on with a part of them. */
export function misfitsOf(
  api: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  variables: Variables = {},
): readonly GraphQLError[] | undefined {
  return variableDefinitions.length > 0 ? getVariableValues(api, variableDefinitions, variables).errors : undefined
}

/** The names of the variables that @skip and @include ask for in a document. */
export function conditionsIn(document: DocumentNode): readonly string[] {
  const names = new Set<string>()
  visit(document, {
    [Kind.DIRECTIVE]({ name, arguments: given = [] }) {
      if (name.value !== 'skip' && name.value !== 'include') return
      for (const { value } of given) if (value.kind === Kind.VARIABLE) names.add(value.name.value)
    },
  })
  return [...names]
}

/** The values of such variables: what was sent, or their defaults. Their type is Boolean, so nothing is to be coerced. */
export function conditionsOf(
  { variableDefinitions = [] }: OperationDefinitionNode,
  names: readonly string[],
  variables: Variables,
): Record<string, boolean> {
  return Object.fromEntries(
    names.map(name => {
      const { defaultValue } = variableDefinitions.find(each => each.variable.name.value === name) ?? {}
      const value = Object.hasOwn(variables, name) ? variables[name] : undefined
      return [name, value === undefined ? defaultValue?.kind === Kind.BOOLEAN && defaultValue.value : value === true]
    }),
  )
}

/** The operation of a document that is run. */
export function operationIn(document: DocumentNode, name: string | undefined): OperationDefinitionNode {
  const operation = getOperationAST(document, name)
  if (!operation) throw new Error('The document has no such operation')
  return operation
}
