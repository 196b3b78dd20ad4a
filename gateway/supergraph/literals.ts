import {
  GraphQLBoolean,
  GraphQLFloat,
  GraphQLID,
  GraphQLInt,
  GraphQLString,
  isInputObjectType,
  isListType,
  isNonNullType,
  Kind,
  print,
  separateOperations,
  TypeInfo,
  valueFromASTUntyped,
  visit,
  visitWithTypeInfo,
  type ArgumentNode,
  type DocumentNode,
  type GraphQLInputType,
  type GraphQLSchema,
  type TypeNode,
  type ValueNode,
  type VariableDefinitionNode,
} from 'graphql'
import { operationIn, type Variables } from './variables.ts'

/** An operation with its literals taken out, so that those that differ in nothing else are one. */
export type Normalised = {
  /** Of the operation and its fragments, without what else the document has. */
  readonly text: string
  /** The literals, as variables that no client has named; undefined when there are none. */
  readonly values: Variables | undefined
}

const builtIn: ReadonlySet<unknown> = new Set([GraphQLBoolean, GraphQLFloat, GraphQLID, GraphQLInt, GraphQLString])

/**
 * Makes variables of the arguments that a client has written out: clients that put their values into the text are
 * planned once as well. Those of directives stay, since the plan depends on them.
 *
 * @param document  valid against the schema
 */
export function withoutLiterals(
  api: GraphQLSchema,
  document: DocumentNode,
  operationName: string | undefined,
): Normalised {
  const name = operationIn(document, operationName).name?.value ?? ''
  const own = document.definitions.length > 1 ? (separateOperations(document)[name] ?? document) : document
  const taken = new Set<string>()
  visit(own, { Variable: node => void taken.add(node.name.value) })
  const values: Record<string, unknown> = {}
  const definitions: VariableDefinitionNode[] = []
  const types = new TypeInfo(api)

  function variableFor(value: ValueNode, type: GraphQLInputType): ValueNode {
    let free = `l${definitions.length}`
    while (taken.has(free)) free = `${free}_`
    taken.add(free)
    values[free] = valueFromASTUntyped(value)
    const variable = { kind: Kind.VARIABLE, name: nameOf(free) } as const
    definitions.push({ kind: Kind.VARIABLE_DEFINITION, variable, type: nodeOf(type) })
    return variable
  }

  const changed = visit(
    own,
    visitWithTypeInfo(types, {
      Directive: () => false,
      Argument(node: ArgumentNode) {
        const type = types.getInputType()
        if (!type || !isMovable(node.value, type)) return undefined
        return { ...node, value: variableFor(node.value, type) }
      },
    }),
  )
  if (definitions.length === 0) return { text: print(own), values: undefined }
  const declared = visit(changed, {
    OperationDefinition: node => ({
      ...node,
      variableDefinitions: [...(node.variableDefinitions ?? []), ...definitions],
    }),
  })
  return { text: print(declared), values }
}

/**
 * Means the value as a variable what it means as a literal? A scalar of ours may read more from a literal than JSON can
 * hold, such as all digits of a number.
 */
function isMovable(value: ValueNode, type: GraphQLInputType): boolean {
  if (value.kind === Kind.VARIABLE) return false
  if (value.kind === Kind.NULL) return true
  const inner = isNonNullType(type) ? type.ofType : type
  // One item stands for a list of it.
  if (isListType(inner)) {
    return (value.kind === Kind.LIST ? value.values : [value]).every(each => isMovable(each, inner.ofType))
  }
  if (isInputObjectType(inner)) {
    const fields = new Map(Object.entries(inner.getFields()))
    const given = value.kind === Kind.OBJECT ? value.fields : []
    return given.every(field => {
      const known = fields.get(field.name.value)
      return known !== undefined && isMovable(field.value, known.type)
    })
  }
  const isSimple = value.kind === Kind.STRING || value.kind === Kind.BOOLEAN || value.kind === Kind.ENUM
  return isSimple || builtIn.has(inner)
}

const nameOf = (value: string) => ({ kind: Kind.NAME, value }) as const

function nodeOf(type: GraphQLInputType): TypeNode {
  if (isNonNullType(type)) {
    const inner = nodeOf(type.ofType)
    return inner.kind === Kind.NON_NULL_TYPE ? inner : { kind: Kind.NON_NULL_TYPE, type: inner }
  }
  if (isListType(type)) return { kind: Kind.LIST_TYPE, type: nodeOf(type.ofType) }
  return { kind: Kind.NAMED_TYPE, name: nameOf(type.name) }
}
