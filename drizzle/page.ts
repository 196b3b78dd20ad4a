import { HouseError } from '../schema/errors.ts'
import type { Direction, Sort } from '../schema/filter.ts'
import { scalarOf, type Scalar } from '../schema/graphql-types.ts'
import { fieldOf, type Module } from '../schema/module.ts'
import { isConcealed } from './concealed.ts'
import { expressionOf } from './expression.ts'
import type { Sight } from './scope.ts'
import { momentKey, textKey } from './tables/records.ts'
import { fieldForbidden, type NextParameter } from './where.ts'

/** One step of an order: SQL that is never null, so that rows can be compared by it. */
export type OrderKey = { readonly expression: string; readonly direction: Direction }

/** A place between two rows: the values of the order's keys in the row before it, as text, the id last. */
export type Cursor = readonly string[]

/** Newest first; modules without the field, and principals who may not see it, go by id. */
export const defaultSort = (sight: Sight, module: Module): Sort =>
  fieldOf(module, 'date_entered') && !isConcealed(sight, module, 'date_entered')
    ? [{ field: 'date_entered', direction: 'desc' }]
    : []

/**
 * The keys of an order. The id always comes last, in the direction of the key before it, so that an index on
 * (key, id) serves both directions and no two rows are equal.
 *
 * @throws INVALID    the module has no such field
 * @throws FORBIDDEN  the principal may not see the field
 */
export function orderKeys(sight: Sight, module: Module, sort: Sort, alias: string): OrderKey[] {
  const keys: OrderKey[] = []
  for (const { field: name, direction } of sort) {
    if (name === 'id') return [...keys, { expression: `${alias}.id`, direction }]
    const field = fieldOf(module, name)
    const expression = field && expressionOf(sight, module, name, alias)
    if (!expression) {
      throw new HouseError('INVALID', `${module.name} has no field ${name} to sort by`, {
        module: module.name,
        field: name,
      })
    }
    if (isConcealed(sight, module, name)) throw fieldForbidden(module, name)
    keys.push({ expression: sortKey(scalarOf(sight.catalog, module, name), expression), direction })
  }
  return [...keys, { expression: `${alias}.id`, direction: sort.at(-1)?.direction ?? 'asc' }]
}

/** What an expression is sorted by: empty values first. */
function sortKey(scalar: Scalar, expression: string): string {
  switch (scalar) {
    case 'ID':
    case 'String':
      return textKey(expression)
    case 'Boolean':
      return `coalesce(${expression}, false)`
    case 'Int':
      return `coalesce(${expression}, -2147483648)`
    case 'Float':
    case 'Decimal':
    case 'Date':
    case 'DateTime':
      return momentKey(expression)
    case 'Time':
      return `coalesce(${expression}, '00:00')`
  }
}

export const orderBy = (keys: readonly OrderKey[]) =>
  keys.map(({ expression, direction }) => `${expression} ${direction}`).join(', ')

/**
 * The condition that a row comes after a cursor; it asks for the cursor's values in their order. Keys of one direction
 * are one row comparison, which an index answers; else the first key bounds the index range.
 */
export function afterCursor(keys: readonly OrderKey[], next: NextParameter): string {
  const steps = keys.map(key => ({ ...key, value: next(), beyond: key.direction === 'asc' ? '>' : '<' }))
  const [first] = steps
  if (!first) return 'true'
  if (steps.every(step => step.direction === first.direction)) {
    const values = steps.map(step => step.value).join(', ')
    return `(${steps.map(step => step.expression).join(', ')}) ${first.beyond} (${values})`
  }
  const ways = steps.map(({ expression, beyond, value }, at) => {
    const equal = steps.slice(0, at).map(before => `${before.expression} = ${before.value}`)
    return `(${[...equal, `${expression} ${beyond} ${value}`].join(' and ')})`
  })
  return `(${first.expression} ${first.beyond}= ${first.value} and (${ways.join(' or ')}))`
}

/** The text of a cursor: opaque to clients, and only of use with the order it was made for, or the same from its end. */
export const encodeCursor = (sortShape: string, cursor: Cursor) =>
  Buffer.from(JSON.stringify([sortShape, ...cursor])).toString('base64url')

/**
 * @throws BAD_REQUEST  not a cursor, or of another order
 */
export function decodeCursor(text: string, sortShape: string, length: number): Cursor {
  let parsed: unknown
  try {
    parsed = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
  } catch {
    parsed = undefined
  }
  const isCursor = Array.isArray(parsed) && parsed.length === length + 1 && parsed.slice(1).every(isText)
  if (!isCursor) throw new HouseError('BAD_REQUEST', 'This is no cursor that a list has given', { argument: 'after' })
  const [shape, ...values] = parsed as [unknown, ...Cursor]
  if (shape !== sortShape && shape !== reversedShape(sortShape)) {
    throw new HouseError('BAD_REQUEST', 'This cursor belongs to a list in another order', { argument: 'after' })
  }
  return values
}

/** A place between two rows is the same from both ends of a list. */
const reversedShape = (shape: string) =>
  shape.replace(/ (asc|desc)(?=,|$)/g, (_whole, direction: string) => (direction === 'asc' ? ' desc' : ' asc'))

const isText = (value: unknown) => typeof value === 'string'

export const shapeOfSort = (sort: Sort) => sort.map(({ field, direction }) => `${field} ${direction}`).join(',')
