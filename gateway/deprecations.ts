import { TypeInfo, visit, visitWithTypeInfo, type DocumentNode, type GraphQLSchema } from 'graphql'

/** Something that a document uses and that will go. */
export type Deprecation = {
  /** Where it is defined: `ApiClient.redirectUrl`, `Query.accounts(offset:)`, `Direction.ASC`, `AccountInput.name`. */
  readonly coordinate: string
  /** What to use instead. */
  readonly reason: string
}

const known = new WeakMap<DocumentNode, readonly Deprecation[]>()

/**
 * The deprecated fields, arguments, input fields and options that a document names, each once, in their order.
 *
 * Worked out once for each document. What is given by variables is not looked at.
 *
 * @param document  valid against the schema
 */
export function deprecationsOf(schema: GraphQLSchema, document: DocumentNode): readonly Deprecation[] {
  let found = known.get(document)
  if (!found) known.set(document, (found = lookThrough(schema, document)))
  return found
}

function lookThrough(schema: GraphQLSchema, document: DocumentNode): readonly Deprecation[] {
  const found = new Map<string, Deprecation>()
  const types = new TypeInfo(schema)
  const note = (coordinate: string, reason: string | null | undefined) => {
    if (reason != null) found.set(coordinate, { coordinate, reason })
  }
  const visitor = {
    Field() {
      const [parent, field] = [types.getParentType(), types.getFieldDef()]
      if (parent && field) note(`${parent.name}.${field.name}`, field.deprecationReason)
    },
    Argument() {
      const [parent, field, argument] = [types.getParentType(), types.getFieldDef(), types.getArgument()]
      if (parent && field && argument)
        note(`${parent.name}.${field.name}(${argument.name}:)`, argument.deprecationReason)
    },
    ObjectField(node: { readonly name: { readonly value: string } }) {
      const parent = types.getParentInputType()
      const owner = parent && 'name' in parent ? parent.name : parent && 'ofType' in parent ? String(parent.ofType) : ''
      const input = schema.getType(owner)
      const field = input && 'getFields' in input ? input.getFields()[node.name.value] : undefined
      note(`${owner}.${node.name.value}`, field?.deprecationReason)
    },
    EnumValue() {
      const [value, type] = [types.getEnumValue(), types.getInputType()]
      if (value && type) note(`${String(type).replace(/[[\]!]/g, '')}.${value.name}`, value.deprecationReason)
    },
  }
  visit(document, visitWithTypeInfo(types, visitor))
  return [...found.values()]
}
