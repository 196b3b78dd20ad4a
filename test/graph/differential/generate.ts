import {
  getNamedType,
  getNullableType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  isUnionType,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLSchema,
} from 'graphql'
import { randomFrom, type Random } from './random.ts'

/** An operation, as a client may write it. */
export type Generated = { readonly text: string; readonly variables: Readonly<Record<string, unknown>> }

export type Options = {
  readonly kind?: 'query' | 'mutation'
  /** Fields that are chosen more often, as `Type.field`: those that lead to other subgraphs. */
  readonly favourites?: ReadonlySet<string>
  readonly depthMax?: number
}

type Scope = {
  readonly schema: GraphQLSchema
  readonly random: Random
  readonly favourites: ReadonlySet<string>
  readonly definitions: string[]
  readonly variables: Record<string, unknown>
  readonly fragments: string[]
  keys: number
}

/** Keys that objects of JavaScript have a meaning of their own for. */
const awkward = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'then', '__typename_', 'length']

/**
 * Writes an operation by chance: aliases, fragments, conditions, literals and variables. It may be invalid, where two of
 * its fields cannot be merged; the caller asks for another then.
 */
export function generate(schema: GraphQLSchema, seed: number, options: Options = {}): Generated {
  const { kind = 'query', favourites = new Set<string>(), depthMax = 4 } = options
  const random = randomFrom(seed)
  const root = schema.getRootType(kind as never)
  if (!root) throw new Error(`The schema has no ${kind}`)
  const scope: Scope = { schema, random, favourites, definitions: [], variables: {}, fragments: [], keys: 0 }
  const body = selectionOf(scope, root, depthMax)
  const definitions = scope.definitions.length > 0 ? `(${scope.definitions.join(', ')})` : ''
  return {
    text: [`${kind} Generated${definitions} ${body}`, ...scope.fragments].join('\n'),
    variables: scope.variables,
  }
}

function selectionOf(scope: Scope, type: GraphQLCompositeType, depth: number): string {
  const { random } = scope
  const parts = Array.from({ length: 1 + random.below(4) }, () => partOf(scope, type, depth))
  return `{ ${parts.join(' ')} }`
}

function partOf(scope: Scope, type: GraphQLCompositeType, depth: number): string {
  const { random, schema } = scope
  const roll = random.below(20)
  if (roll === 0 || isUnionType(type)) {
    if (roll < 4) return '__typename'
    const inner = isObjectType(type) ? type : random.pick(schema.getPossibleTypes(type))
    return `... on ${inner.name}${conditionOf(scope)} ${selectionOf(scope, inner, depth)}`
  }
  if (roll === 1) return `...${conditionOf(scope)} ${selectionOf(scope, type, depth)}`
  if (roll === 2) {
    const name = `F${scope.fragments.length}`
    const at = scope.fragments.push('') - 1
    scope.fragments[at] = `fragment ${name} on ${type.name} ${selectionOf(scope, type, depth)}`
    return `...${name}${conditionOf(scope)}`
  }
  if (roll === 3 && !isObjectType(type)) {
    const inner = random.pick(schema.getPossibleTypes(type))
    return `... on ${inner.name} ${selectionOf(scope, inner, depth)}`
  }
  return fieldOf(scope, type, depth)
}

function fieldOf(scope: Scope, type: Exclude<GraphQLCompositeType, { getTypes: unknown }>, depth: number): string {
  const { random, favourites } = scope
  const all = Object.values(type.getFields())
  const leaves = all.filter(field => isLeafType(getNamedType(field.type)))
  const liked = all.filter(field => favourites.has(`${type.name}.${field.name}`))
  const deep = depth > 0 ? all.filter(field => isCompositeType(getNamedType(field.type))) : []
  const from = depth > 0 && liked.length > 0 && random.chance(0.5) ? liked : random.chance(0.5) ? deep : leaves
  if (from.length === 0 && leaves.length === 0) return '__typename'
  const field = random.pick(from.length > 0 ? from : leaves)
  const named = getNamedType(field.type)
  const inner = isCompositeType(named) ? ` ${selectionOf(scope, named, depth - 1)}` : ''
  return `${aliasOf(scope)}${field.name}${argumentsOf(scope, field)}${conditionOf(scope)}${inner}`
}

function aliasOf(scope: Scope): string {
  const { random } = scope
  if (random.chance(0.05)) return `${random.pick(awkward)}: `
  return random.chance(0.2) ? `a${(scope.keys += 1)}: ` : ''
}

function conditionOf(scope: Scope): string {
  const { random } = scope
  if (!random.chance(0.12)) return ''
  const directive = random.pick(['@skip', '@include'])
  if (random.chance(0.3)) return ` ${directive}(if: ${String(random.chance(0.5))})`
  // Few variables, so that one decides about several places.
  const name = `c${random.below(3)}`
  if (!scope.definitions.some(each => each.startsWith(`$${name}:`))) {
    const isDefaulted = random.chance(0.4)
    scope.definitions.push(`$${name}: Boolean${isDefaulted ? ` = ${String(random.chance(0.5))}` : '!'}`)
    if (!isDefaulted || random.chance(0.5)) scope.variables[name] = random.chance(0.5)
  }
  // A nullable variable may stand here when it has a default, and is not null then.
  return ` ${directive}(if: $${name})`
}

function argumentsOf(scope: Scope, field: GraphQLField<unknown, unknown>): string {
  const { random } = scope
  const given = field.args.filter(each => isRequiredArgument(each) || random.chance(0.15))
  if (given.length === 0) return ''
  return `(${given.map(({ name, type }) => `${name}: ${argumentOf(scope, type)}`).join(', ')})`
}

function argumentOf(scope: Scope, type: GraphQLInputType): string {
  const value = valueOf(scope, type, 2)
  if (scope.random.chance(0.5)) return literalOf(value, type)
  const name = `v${scope.definitions.length}`
  scope.definitions.push(`$${name}: ${String(type)}`)
  scope.variables[name] = value
  return `$${name}`
}

function valueOf(scope: Scope, type: GraphQLInputType, depth: number): unknown {
  const { random } = scope
  if (!isNonNullType(type) && random.chance(0.1)) return null
  const nullable = getNullableType(type)
  if (isListType(nullable)) {
    return Array.from({ length: random.below(3) }, () => valueOf(scope, nullable.ofType, depth))
  }
  if (isEnumType(nullable)) return random.pick(nullable.getValues()).name
  if (isInputObjectType(nullable)) {
    const fields = Object.values(nullable.getFields())
    const wanted = fields.filter(each => isRequiredInputField(each) || (depth > 0 && random.chance(2 / fields.length)))
    return Object.fromEntries(wanted.map(each => [each.name, valueOf(scope, each.type, depth - 1)]))
  }
  switch (nullable.name) {
    case 'Int':
      return random.below(5)
    case 'Float':
      return random.below(50) / 4
    case 'Boolean':
      return random.chance(0.5)
    default:
      return String(1 + random.below(5))
  }
}

function literalOf(value: unknown, type: GraphQLInputType): string {
  if (value === null || value === undefined) return 'null'
  const nullable = getNullableType(type)
  if (isListType(nullable)) return `[${(value as unknown[]).map(each => literalOf(each, nullable.ofType)).join(', ')}]`
  if (isEnumType(nullable)) return String(value)
  if (!isInputObjectType(nullable)) return JSON.stringify(value)
  const fields = nullable.getFields()
  const parts = Object.entries(value).map(([name, each]) => {
    const field = fields[name]
    if (!field) throw new Error(`There is no field ${name}`)
    return `${name}: ${literalOf(each, field.type)}`
  })
  return `{ ${parts.join(', ')} }`
}
