import { buildSubgraphSchema } from '@apollo/subgraph'
import {
  getNullableType,
  isAbstractType,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
  type DocumentNode,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
} from 'graphql'
import { HouseError } from '../../../schema/errors.ts'
import { randomFor } from './random.ts'

/** How much goes wrong: shares of all values. */
export type Trouble = { readonly nulls: number; readonly brokenPromises: number; readonly errors: number }

/** A record that is made up: everything about it follows from its type and number, in every subgraph alike. */
type Mock = { readonly __typename: string; readonly number: number; readonly told?: Readonly<Record<string, unknown>> }

const records = 5

/**
 * A subgraph that makes its answers up. The same question is answered the same, by whatever subgraph and on whatever way
 * it comes; nulls, broken promises and errors come where chance has put them once and for all.
 */
export function mockedSubgraph(typeDefs: DocumentNode, trouble: Trouble): GraphQLSchema {
  const names = typeDefs.definitions.flatMap(each =>
    'name' in each && each.name && 'directives' in each && each.directives?.some(({ name }) => name.value === 'key')
      ? [each.name.value]
      : [],
  )
  const schema: GraphQLSchema = buildSubgraphSchema([
    {
      typeDefs,
      resolvers: Object.fromEntries(
        names.map(name => [
          name,
          { __resolveReference: (told: Record<string, unknown>) => mockOf(schema, name, numberIn(told), told) },
        ]),
      ),
    },
  ])
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('_')) continue
    for (const field of Object.values(type.getFields())) {
      if (field.name.startsWith('_')) continue
      const keys = keysOf(type)
      const needsMore = field.astNode?.directives?.some(({ name }) => name.value === 'requires') === true
      field.resolve = (parent: Mock | undefined, args) => {
        const { number = 0, told } = parent ?? {}
        if (keys.has(field.name)) return keyValue(schema, field.type, number)
        const more = needsMore ? sorted(told) : ''
        const name = parent?.__typename ?? type.name
        return valueAt(schema, field.type, trouble, `${name}/${number}/${field.name}/${sorted(args)}${more}`)
      }
    }
  }
  return schema
}

/** All fields that a key names, those within others too. */
function keysOf(type: GraphQLObjectType): ReadonlySet<string> {
  const texts = [type.astNode, ...type.extensionASTNodes].flatMap(
    node =>
      node?.directives
        ?.filter(({ name }) => name.value === 'key')
        .flatMap(({ arguments: given = [] }) =>
          given.flatMap(({ value }) => (value.kind === 'StringValue' ? [value.value] : [])),
        ) ?? [],
  )
  return new Set(texts.flatMap(text => text.match(/\w+/g) ?? []))
}

/** The number of the record that a representation tells of: every key is made of it. */
function numberIn(told: unknown): number {
  const [digits] =
    /\d+/.exec(JSON.stringify(told, (key, value: unknown) => (key === '__typename' ? undefined : value))) ?? []
  return Number(digits ?? 0)
}

/** As text, whatever the order of its keys. */
const sorted = (told: unknown): string =>
  typeof told === 'object' && told !== null
    ? `{${Object.entries(told)
        .map(([key, value]) => `${key}:${sorted(value)}`)
        .sort()
        .join()}}`
    : JSON.stringify(told)

function keyValue(schema: GraphQLSchema, type: GraphQLOutputType, number: number): unknown {
  const nullable = getNullableType(type)
  if (isObjectType(nullable)) return mockOf(schema, nullable.name, number)
  return nullable.toString() === 'Int' ? number : String(number)
}

function mockOf(schema: GraphQLSchema, name: string, number: number, told?: Mock['told']): Mock {
  const type = schema.getType(name)
  const possible = isAbstractType(type)
    ? schema
        .getPossibleTypes(type)
        .map(each => each.name)
        .sort()
    : [name]
  return { __typename: possible[number % possible.length] ?? name, number, told }
}

function valueAt(schema: GraphQLSchema, type: GraphQLOutputType, trouble: Trouble, place: string): unknown {
  const random = randomFor(place)
  if (random.chance(trouble.errors))
    throw new HouseError('CONFLICT', `Somebody else was faster at ${String(place.split('/')[2])}`)
  if (random.chance(isNonNullType(type) ? trouble.brokenPromises : trouble.nulls)) return null
  const nullable = getNullableType(type)
  if (isListType(nullable)) {
    return Array.from({ length: random.below(4) }, (_, index) =>
      valueAt(schema, nullable.ofType, { ...trouble, errors: 0 }, `${place}/${index}`),
    )
  }
  if (isEnumType(nullable)) return random.pick(nullable.getValues()).name
  if (isObjectType(nullable) || isAbstractType(nullable))
    return mockOf(schema, nullable.name, 1 + random.below(records))
  switch (nullable.name) {
    case 'Int':
      return random.below(1000)
    case 'Float':
      return random.below(1000) / 8
    case 'Boolean':
      return random.chance(0.5)
    case 'ID':
      return String(1 + random.below(records))
    default:
      return random.pick(['', 'ä "\\ \u0001 𝒳', 'plain', `text ${random.below(100)}`])
  }
}
