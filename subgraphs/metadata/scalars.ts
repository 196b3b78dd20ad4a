import { GraphQLScalarType } from 'graphql'

/** The same scalar as in the other subgraphs; composition joins them by name. `2030-03-04 10:30:00` as tables hold it. */
export const DateTime = new GraphQLScalarType<string, string>({
  name: 'DateTime',
  serialize: stored => `${String(stored).slice(0, 10)}T${String(stored).slice(11, 19)}Z`,
})
