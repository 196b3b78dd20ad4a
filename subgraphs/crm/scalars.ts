import { GraphQLError, GraphQLScalarType, Kind, valueFromASTUntyped, type ValueNode } from 'graphql'

const refuse = (type: string, expected: string): never => {
  throw new GraphQLError(`${type} cannot be understood: ${expected}`, { extensions: { code: 'BAD_REQUEST' } })
}

const textOf = (node: ValueNode) =>
  node.kind === Kind.STRING || node.kind === Kind.INT || node.kind === Kind.FLOAT ? node.value : undefined

/** A scalar that travels as text. `parse` answers the stored form, or undefined when it is none. */
const textScalar = (
  name: string,
  expected: string,
  parse: (text: string) => string | undefined,
  write = (stored: string) => stored,
) => {
  const parseValue = (value: unknown) =>
    (typeof value === 'string' || typeof value === 'number' ? parse(String(value)) : undefined) ??
    refuse(name, expected)
  return new GraphQLScalarType<string, string>({
    name,
    serialize: value => write(String(value)),
    parseValue,
    parseLiteral: node => parseValue(textOf(node)),
  })
}

const isDay = (day: string) => {
  const at = Date.parse(`${day}T00:00:00Z`)
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(day)
}

/** `2030-03-04T10:30:00Z` (any offset) or `2030-03-04 10:30:00` (UTC) -> `2030-03-04 10:30:00`. */
function parseMoment(text: string): string | undefined {
  const match = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:\d\d)?(?:\.\d+)?(Z|[+-]\d\d:?\d\d)?$/.exec(text)
  const [, day = '', time = '', seconds = ':00', zone = 'Z'] = match ?? []
  if (!match || !isDay(day)) return undefined
  const at = new Date(`${day}T${time}${seconds}${zone}`)
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString().slice(0, 19).replace('T', ' ')
}

export const DateTime = textScalar(
  'DateTime',
  'write it as 2030-03-04T10:30:00Z',
  parseMoment,
  stored => `${stored.slice(0, 10)}T${stored.slice(11, 19)}Z`,
)

export const DateScalar = textScalar('Date', 'write it as 2030-03-04', text =>
  /^\d{4}-\d\d-\d\d$/.test(text) && isDay(text) ? text : undefined,
)

export const Time = textScalar('Time', 'write it as 10:30:00', text =>
  /^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$/.test(text) ? text : undefined,
)

export const Decimal = textScalar('Decimal', 'write it as "1234.5"', text =>
  /^[+-]?(\d{1,20}(\.\d{0,20})?|\.\d{1,20})$/.test(text) ? text : undefined,
)

export const JSONScalar = new GraphQLScalarType({
  name: 'JSON',
  serialize: value => value,
  parseValue: value => value,
  parseLiteral: (node, variables) => valueFromASTUntyped(node, variables),
})
