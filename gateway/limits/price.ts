import {
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  parse,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLOutputType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql'

type Variables = Readonly<Record<string, unknown>>

/**
 * What an operation costs, in points: one for every record that it reads or writes, at least one for every field at its
 * root. So a caller pays the same for the same records, whichever door they go through and in however many calls.
 */
export type Price = {
  readonly isWrite: boolean
  /** Before it runs: as many records as its pages may hold. */
  asked(variables: Variables): number
  /** Of its first pages only, without what hangs on their records. */
  askedAtRoot(variables: Variables): number
  /** After it ran: the records that came. */
  actual(data: unknown, variables: Variables): number
}

/** How long a list is taken to be that has no pages. */
const unpagedLength = 10
/** A longer page is refused by the subgraphs. */
export const pageMax = 1_000

const known = new WeakMap<DocumentNode, Map<string, Price>>()

/** The price of an operation in a document that has been validated. Worked out once for each. */
export function priceOf(schema: GraphQLSchema, document: DocumentNode, operationName?: string | null): Price {
  let byName = known.get(document)
  if (!byName) known.set(document, (byName = new Map()))
  const key = operationName ?? ''
  let price = byName.get(key)
  if (!price) byName.set(key, (price = makePrice(schema, document, operationName)))
  return price
}

const knownTexts = new WeakMap<object, Price>()

/** The price of an operation that is kept as text; by the identity of its object. */
export function priceOfText(schema: GraphQLSchema, operation: { readonly text: string; readonly name: string }): Price {
  let price = knownTexts.get(operation)
  if (!price) knownTexts.set(operation, (price = makePrice(schema, parse(operation.text), operation.name)))
  return price
}

function makePrice(schema: GraphQLSchema, document: DocumentNode, operationName?: string | null): Price {
  const operation = document.definitions.find(
    (each): each is OperationDefinitionNode =>
      each.kind === Kind.OPERATION_DEFINITION && (!operationName || each.name?.value === operationName),
  )
  const type = operation && schema.getRootType(operation.operation)
  if (!operation || !isObjectType(type)) return free
  const compile = compiler(schema, document)
  const fields = type.getFields()
  const defaults = Object.fromEntries(
    (operation.variableDefinitions ?? []).map(({ variable, defaultValue }) => [
      variable.name.value,
      defaultValue && literal(defaultValue),
    ]),
  )
  const roots = fieldsOf(operation.selectionSet, document).flatMap(node => {
    const field = fields[node.name.value]
    if (!field) return []
    const counted = compile(node, field)
    return [{ key: responseKey(node), counted, listed: listLengths(node) }]
  })
  const withDefaults = (variables: Variables) => ({ ...defaults, ...variables })
  const sum = (each: (root: (typeof roots)[number]) => number) =>
    Math.max(
      1,
      roots.reduce((total, root) => total + Math.max(1, each(root)), 0),
    )
  return {
    isWrite: operation.operation === 'mutation',
    asked(given) {
      const variables = withDefaults(given)
      return sum(({ counted, listed }) => Math.max(listed(variables), counted.asked(variables, undefined)))
    },
    askedAtRoot(given) {
      const variables = withDefaults(given)
      return sum(({ counted, listed }) => Math.max(listed(variables), counted.askedAtRoot(variables)))
    },
    actual(data, given) {
      const variables = withDefaults(given)
      return sum(({ key, counted, listed }) => Math.max(listed(variables), counted.actual(memberOf(data, key))))
    },
  }
}

/** Introspection, and what another rule refuses. */
const free: Price = { isWrite: false, asked: () => 1, askedAtRoot: () => 1, actual: () => 1 }

type Counted = {
  /** @param page  the size of the page that the field is part of */
  asked(variables: Variables, page: number | undefined): number
  askedAtRoot(variables: Variables): number
  actual(value: unknown): number
}

function compiler(schema: GraphQLSchema, document: DocumentNode) {
  const fragments = new Map<string, Counted>()

  function selection(set: SelectionSetNode, type: GraphQLNamedType): Counted | undefined {
    const parts: { key: string | undefined; counted: Counted }[] = []
    for (const node of set.selections) {
      if (node.kind === Kind.FIELD) {
        const field = isObjectType(type) || isInterfaceType(type) ? type.getFields()[node.name.value] : undefined
        if (field && isCompositeType(getNamedType(field.type)))
          parts.push({ key: responseKey(node), counted: compile(node, field) })
      } else {
        const counted =
          node.kind === Kind.FRAGMENT_SPREAD
            ? fragment(node.name.value)
            : selection(node.selectionSet, typeOn(node, type))
        if (counted) parts.push({ key: undefined, counted })
      }
    }
    if (parts.length === 0) return undefined
    return {
      asked: (variables, page) => parts.reduce((sum, { counted }) => sum + counted.asked(variables, page), 0),
      askedAtRoot: () => 0,
      actual: value =>
        parts.reduce(
          (sum, { key, counted }) => sum + counted.actual(key === undefined ? value : memberOf(value, key)),
          0,
        ),
    }
  }

  const typeOn = ({ typeCondition }: { typeCondition?: { name: { value: string } } }, type: GraphQLNamedType) =>
    (typeCondition && schema.getType(typeCondition.name.value)) ?? type

  function fragment(name: string): Counted {
    const known = fragments.get(name)
    if (known) return known
    const definition = document.definitions.find(
      (each): each is FragmentDefinitionNode => each.kind === Kind.FRAGMENT_DEFINITION && each.name.value === name,
    )
    const type = definition && schema.getType(definition.typeCondition.name.value)
    const counted = (definition && type && selection(definition.selectionSet, type)) ?? nothing
    fragments.set(name, counted)
    return counted
  }

  function compile(node: FieldNode, { type, args }: GraphQLField<unknown, unknown>): Counted {
    const named = getNamedType(type)
    const own = isRecord(named) ? 1 : 0
    const inner = (node.selectionSet && selection(node.selectionSet, named)) ?? nothing
    if (args.some(({ name }) => name === 'first')) {
      const size = firstOf(node)
      return {
        asked: variables => Math.max(1, inner.asked(variables, size(variables))),
        askedAtRoot: size,
        actual: value => (value == null ? 1 : Math.max(1, inner.actual(value))),
      }
    }
    const isList = listed(type)
    return {
      asked: (variables, page) => (isList ? (page ?? unpagedLength) : 1) * (own + inner.asked(variables, undefined)),
      askedAtRoot: () => (isList ? unpagedLength : 1) * own,
      actual: value => {
        if (value == null) return 0
        if (!Array.isArray(value)) return own + inner.actual(value)
        if (inner === nothing) return own * value.length
        return value.reduce<number>((sum, each) => sum + (each == null ? 0 : own + inner.actual(each)), 0)
      },
    }
  }

  return compile
}

const nothing: Counted = { asked: () => 0, askedAtRoot: () => 0, actual: () => 0 }

/** What has an id is a record; pages, edges and the like are not. */
const isRecord = (type: GraphQLNamedType) => (isObjectType(type) || isInterfaceType(type)) && 'id' in type.getFields()

const listed = (type: GraphQLOutputType): boolean => isListType(type) || (isNonNullType(type) && listed(type.ofType))

const defaultPage = 20

/** The page that a field asks for. */
function firstOf({ arguments: given = [] }: FieldNode) {
  const value = given.find(({ name }) => name.value === 'first')?.value
  const bounded = (size: unknown) => (typeof size === 'number' ? Math.min(Math.max(size, 0), pageMax) : defaultPage)
  if (value?.kind === Kind.VARIABLE) {
    const { value: name } = value.name
    return (variables: Variables) => bounded(variables[name])
  }
  const size = bounded(value && literal(value))
  return () => size
}

/** The longest list among the arguments of a field: every record that is named is one that is looked at. */
function listLengths({ arguments: given = [] }: FieldNode) {
  const lengths = given.map(({ value }) => {
    if (value.kind === Kind.LIST) return () => value.values.length
    if (value.kind !== Kind.VARIABLE) return () => 0
    const { value: name } = value.name
    return (variables: Variables) => lengthOf(variables[name])
  })
  return (variables: Variables) => lengths.reduce((most, length) => Math.max(most, length(variables)), 0)
}

const responseKey = ({ alias, name }: FieldNode) => (alias ?? name).value

const lengthOf = (value: unknown) => (Array.isArray(value) ? value.length : 0)

const literal = (value: ValueNode): unknown => (value.kind === Kind.INT ? Number(value.value) : undefined)

const memberOf = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[key] : undefined

/** The fields of a selection set, those of its fragments too. */
function fieldsOf(set: SelectionSetNode, document: DocumentNode, seen: ReadonlySet<string> = new Set()): FieldNode[] {
  return set.selections.flatMap(node => {
    if (node.kind === Kind.FIELD) return [node]
    if (node.kind === Kind.INLINE_FRAGMENT) return fieldsOf(node.selectionSet, document, seen)
    const name = node.name.value
    const fragment = document.definitions.find(
      (each): each is FragmentDefinitionNode => each.kind === Kind.FRAGMENT_DEFINITION && each.name.value === name,
    )
    return fragment && !seen.has(name) ? fieldsOf(fragment.selectionSet, document, new Set([...seen, name])) : []
  })
}
