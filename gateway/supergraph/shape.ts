import {
  getNamedType,
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
  isAbstractType,
  isEnumType,
  isInterfaceType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLInterfaceType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql'
import { UnknownPlan } from './steps.ts'
import type { PublicError } from './subgraph.ts'
import { isTree, own, put, type Tree } from './tree.ts'

/** Where in the answer we are, and what is wrong with it. */
type Findings = {
  readonly path: (string | number)[]
  readonly errors: PublicError[]
  /** A subgraph has told of an error: what is missing is what it then left out. */
  readonly hasFailed: boolean
}

/** Brings a value into shape. Answers undefined when it is null where the schema promises a value: then what holds it is null. */
type Complete = (value: unknown, findings: Findings) => unknown

/**
 * Makes of what the subgraphs have answered what the client gets: its keys in its order, nulls where the schema allows
 * them, and nothing else.
 *
 * Everything that does not depend on the answer is decided here; for each type that stands in an abstract one's place,
 * when it is met first.
 *
 * @param conditions  values of the variables that @skip and @include ask for
 * @returns  the `data` of the answer; what is wrong with it is added to the errors of the subgraphs
 * @throws UnknownPlan  the operation asks for the schema itself
 * @see https://spec.graphql.org/October2021/#sec-Value-Completion
 */
export function shapeOf(
  api: GraphQLSchema,
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  conditions: Readonly<Record<string, unknown>>,
): (data: Tree, errors: PublicError[]) => Tree | null {
  const root = api.getRootType(operation.operation)
  if (!root) throw new UnknownPlan(`a ${operation.operation}`)
  const completeRoot = objectOf({ api, fragments, conditions }, root, [operation.selectionSet])
  return (data, errors) => {
    const completed = completeRoot(data, { path: [], errors, hasFailed: errors.length > 0 })
    return isTree(completed) ? completed : null
  }
}

type Scope = {
  readonly api: GraphQLSchema
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>
  readonly conditions: Readonly<Record<string, unknown>>
}

type Selections = readonly SelectionSetNode[]

type RecordType = GraphQLObjectType | GraphQLInterfaceType

/** @param type  of the record; an interface where a subgraph knows no more of it, and nobody asked for more */
function objectOf(scope: Scope, type: RecordType, selections: Selections): Complete {
  const fields = [...collect(scope, type, selections)].map(([key, nodes]) => ({
    key,
    complete: fieldOf(scope, type, nodes),
  }))
  return (tree, findings) => {
    if (!isTree(tree)) return null
    const { path } = findings
    const object: Tree = {}
    let isWhole = true
    for (const { key, complete } of fields) {
      path.push(key)
      const value = complete(own(tree, key), findings)
      path.pop()
      if (value === undefined) isWhole = false
      else put(object, key, value)
    }
    return isWhole ? object : undefined
  }
}

/** A field of the schema, for messages. */
type Place = { readonly parent: string; readonly name: string }

function fieldOf(scope: Scope, parent: RecordType, nodes: readonly FieldNode[]): Complete {
  const [name = ''] = nodes.map(node => node.name.value)
  if (name === '__typename') return () => parent.name
  const field = parent.getFields()[name]
  if (!field) throw new UnknownPlan(`the field ${name}`)
  const selections = nodes.flatMap(({ selectionSet }) => (selectionSet ? [selectionSet] : []))
  return valueOf(scope, { parent: parent.name, name }, field.type, selections)
}

function valueOf(scope: Scope, field: Place, type: GraphQLOutputType, selections: Selections): Complete {
  if (!isNonNullType(type)) {
    const complete = presentOf(scope, field, type, selections)
    return (value, findings) => complete(value, findings) ?? null
  }
  const complete = presentOf(scope, field, type.ofType, selections)
  return (value, findings) => {
    const completed = complete(value, findings)
    if (completed !== null) return completed
    if (value !== undefined || !findings.hasFailed)
      tell(findings, `Cannot return null for non-nullable field ${field.parent}.${field.name}.`)
    return undefined
  }
}

function presentOf(scope: Scope, field: Place, type: GraphQLOutputType, selections: Selections): Complete {
  if (isListType(type)) return listOf(valueOf(scope, field, type.ofType, selections))
  const named = getNamedType(type)
  if (isLeafType(named))
    return isEnumType(named) ? enumOf(field.parent, new Set(named.getValues().map(each => each.name))) : leaf
  return isObjectType(named) ? objectOf(scope, named, selections) : abstractOf(scope, named, selections)
}

const leaf: Complete = value => value ?? null

/** A subgraph may know more values than clients may see. */
const enumOf =
  (parent: string, values: ReadonlySet<unknown>): Complete =>
  (value, findings) => {
    if (value === undefined || value === null) return null
    if (values.has(value)) return value
    const key = String(findings.path.findLast(step => typeof step === 'string'))
    tell(findings, `Invalid value found for field ${parent}.${key}.`)
    return undefined
  }

const listOf =
  (complete: Complete): Complete =>
  (list, findings) => {
    if (!Array.isArray(list)) return null
    const { path } = findings
    const completed: unknown[] = []
    let isWhole = true
    for (let index = 0; index < list.length; index += 1) {
      path.push(index)
      const value = complete(list[index], findings)
      path.pop()
      if (value === undefined) isWhole = false
      else completed.push(value)
    }
    return isWhole ? completed : undefined
  }

function abstractOf(scope: Scope, type: GraphQLNamedType, selections: Selections): Complete {
  const byName = new Map<unknown, Complete | undefined>()
  const shapeFor = (name: unknown) => {
    if (!byName.has(name)) {
      // A subgraph that knows an interface as an object need not say what it is.
      const possible = name === undefined ? type : scope.api.getType(String(name))
      byName.set(
        name,
        isRecord(possible) && isOneOf(scope, possible, type) ? objectOf(scope, possible, selections) : undefined,
      )
    }
    return byName.get(name)
  }
  return (tree, findings) => {
    if (!isTree(tree)) return null
    const complete = shapeFor(own(tree, '__typename'))
    if (complete) return complete(tree, findings)
    tell(findings, `A record is of no type that ${type.name} can be`)
    return undefined
  }
}

const isRecord = (type: unknown): type is RecordType => isObjectType(type) || isInterfaceType(type)

const isOneOf = ({ api }: Scope, type: RecordType, wider: GraphQLNamedType) =>
  type === wider || (isAbstractType(wider) && api.isSubType(wider, type))

/** As @apollo/gateway words it. A null that an error has left behind needs none of its own. */
function tell({ path, errors }: Findings, message: string) {
  const isExplained = errors.some(error => path.every((step, index) => error.path?.[index] === step))
  if (!isExplained) errors.push({ message, path: [...path], extensions: { code: 'INVALID_GRAPHQL' } })
}

/** The fields of a selection by their response keys, in the order in which they are met. */
function collect(scope: Scope, type: RecordType, selections: Selections) {
  const fields = new Map<string, FieldNode[]>()
  const spread = new Set<string>()
  const visit = ({ selections }: SelectionSetNode) => {
    for (const selection of selections) {
      if (!isIncluded(scope, selection.directives)) continue
      if (selection.kind === Kind.FIELD) {
        const key = (selection.alias ?? selection.name).value
        const known = fields.get(key)
        if (known) known.push(selection)
        else fields.set(key, [selection])
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        if (fits(scope, type, selection.typeCondition?.name.value)) visit(selection.selectionSet)
      } else if (!spread.has(selection.name.value)) {
        spread.add(selection.name.value)
        const fragment = scope.fragments.get(selection.name.value)
        if (fragment && fits(scope, type, fragment.typeCondition.name.value)) visit(fragment.selectionSet)
      }
    }
  }
  selections.forEach(visit)
  return fields
}

function isIncluded({ conditions }: Scope, directives: FieldNode['directives'] = []): boolean {
  return directives.every(({ name, arguments: given = [] }) => {
    const value = given[0]?.value
    const isTrue =
      value?.kind === Kind.VARIABLE
        ? conditions[value.name.value] === true
        : value?.kind === Kind.BOOLEAN && value.value
    if (name.value === GraphQLSkipDirective.name) return !isTrue
    return name.value !== GraphQLIncludeDirective.name || isTrue
  })
}

function fits(scope: Scope, type: RecordType, condition: string | undefined): boolean {
  const wider = condition === undefined ? type : scope.api.getType(condition)
  return wider !== undefined && isOneOf(scope, type, wider)
}
