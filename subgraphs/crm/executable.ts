import { GraphQLError, isObjectType, Kind, parse, type GraphQLFieldResolver, type GraphQLResolveInfo } from 'graphql'
import type { GraphQLScalarType, GraphQLSchema } from 'graphql'
import type { Context } from '../../drizzle/context.ts'
import { buildingSchema } from '../../schema/build-schema.ts'
import type { Steps } from '../../schema/steps.ts'

// Resolvers know their sources and arguments; here they are all alike.
type Resolver = GraphQLFieldResolver<never, Context, never>

export type Resolvers = Readonly<Record<string, Readonly<Record<string, Resolver>>>>

/** Finds the record that another subgraph has named by its key; a fresh object. */
type FindReference = (reference: never, ctx: Context, info: GraphQLResolveInfo) => Promise<object | null>

type Parts = {
  /** By type and field. */
  readonly resolvers: Resolvers
  /** By type: those with a key. */
  readonly references: ReadonlyMap<string, FindReference>
  /** They stand in the place of those that the definitions declare. */
  readonly scalars: readonly GraphQLScalarType[]
}

/**
 * Makes definitions executable, with what federation asks of a subgraph, in steps. @apollo/subgraph does it in one piece,
 * and validates what composition validates again: 100 ms with 40 modules.
 *
 * @see https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/subgraph-spec read 2026-11
 */
export function* buildingSubgraph(sdl: string, { resolvers, references, scalars }: Parts): Steps<GraphQLSchema> {
  const ready = new Set(scalars.map(({ name }) => name))
  const { definitions } = parse(sdl, { noLocation: true })
  yield
  const machinery = parse(machinerySdl([...references.keys()]), { noLocation: true })
  const wanted = definitions.filter(each => each.kind !== Kind.SCALAR_TYPE_DEFINITION || !ready.has(each.name.value))
  const document = { kind: Kind.DOCUMENT, definitions: [...wanted, ...machinery.definitions] } as const
  const schema = yield* buildingSchema(document, scalars)
  attach(schema, resolvers)
  attach(schema, { Query: { _service: () => ({ sdl }), _entities: entities(references) } })
  return schema
}

const machinerySdl = (types: readonly string[]) => `
  scalar _Any
  union _Entity = ${types.join(' | ')}
  type _Service { sdl: String }
  extend type Query {
    _entities(representations: [_Any!]!): [_Entity]!
    _service: _Service!
  }`

function attach(schema: GraphQLSchema, resolvers: Resolvers) {
  for (const [name, fields] of Object.entries(resolvers)) {
    const type = schema.getType(name)
    if (!isObjectType(type)) throw new Error(`The definitions have no type ${name}`)
    const defined = type.getFields()
    for (const [field, resolve] of Object.entries(fields)) {
      const definition = defined[field]
      if (!definition) throw new Error(`The definitions have no field ${name}.${field}`)
      definition.resolve = resolve as GraphQLFieldResolver<unknown, Context>
    }
  }
}

type Representation = { readonly __typename: string }

const entities =
  (references: ReadonlyMap<string, FindReference>) =>
  (_source: unknown, { representations }: { representations: readonly Representation[] }, ctx: Context, info: Info) =>
    representations.map(async reference => {
      const find = references.get(reference.__typename)
      if (!find) throw new GraphQLError(`There are no entities of the type ${reference.__typename}`)
      const record = await find(reference as never, ctx, info)
      return record && Object.assign(record, { __typename: reference.__typename })
    })

type Info = GraphQLResolveInfo
