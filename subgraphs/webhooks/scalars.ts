import { GraphQLScalarType, valueFromASTUntyped } from 'graphql'

// The same scalars as in the other subgraphs; composition joins them by name.

/** A moment as tables hold it, `2030-03-04 10:30:00.123`, leaves as `2030-03-04T10:30:00.123Z`. */
export const DateTime = new GraphQLScalarType<string, string>({
  name: 'DateTime',
  serialize: stored => `${String(stored).replace(' ', 'T')}Z`,
})

export const Json = new GraphQLScalarType({
  name: 'JSON',
  parseValue: value => value,
  parseLiteral: (node, variables) => valueFromASTUntyped(node, variables),
})
