import { scalarOf, type Scalar } from '../../../schema/graphql-types.ts'
import type { Catalog } from '../../../schema/catalog.ts'
import { isInput } from '../../../schema/input.ts'
import type { Module } from '../../../schema/module.ts'
import { invalid } from '../input.ts'
import { DateScalar, DateTime, Decimal, Time } from '../scalars.ts'

/** A row as it was sent: values by field name. */
export type RowInput = Readonly<Record<string, unknown>>

/** The other system's id of the row's record. It is not a field. */
export const externalIdName = 'externalId'

const scalars: { readonly [scalar in Scalar]?: { parseValue(value: unknown): unknown; readonly name: string } } = {
  DateTime,
  Date: DateScalar,
  Time,
  Decimal,
}

/** These would need more than a row has: another right, a file that outlives a rolled back transaction. */
const refused: ReadonlySet<string> = new Set(['deleted', 'filecontents'])

/**
 * The input of a record as GraphQL would have coerced it: a row is JSON, and its values have the types of the module's
 * input.
 *
 * @throws INVALID  `field` says where
 */
export function recordInputOf(catalog: Catalog, module: Module, row: RowInput): RowInput {
  const input: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(row)) {
    if (name === externalIdName) continue
    const place = { module: module.name, field: name }
    if (refused.has(name)) throw invalid(place, 'it cannot be given in a bulk write')
    input[name] =
      name === 'id' || !isInput(catalog, module, name) ? value : coerced(place, scalarOf(catalog, module, name), value)
  }
  return input
}

function coerced(place: { module: string; field: string }, name: Scalar, value: unknown): unknown {
  const scalar = scalars[name]
  if (!scalar || value === null) return value
  try {
    return scalar.parseValue(value)
  } catch (error) {
    throw invalid(place, error instanceof Error ? error.message : 'it cannot be understood')
  }
}
