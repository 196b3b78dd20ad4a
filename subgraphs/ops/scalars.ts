import { GraphQLScalarType } from 'graphql'

/** A moment as tables hold it, `2030-03-04 10:30:00`, leaves as `2030-03-04T10:30:00Z`; composition joins it by name. */
export const DateTime = new GraphQLScalarType<string, string>({
  name: 'DateTime',
  serialize: stored => `${String(stored).slice(0, 10)}T${String(stored).slice(11, 19)}Z`,
})
