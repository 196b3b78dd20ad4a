import type { Catalog } from '../schema/catalog.ts'
import { HouseError } from '../schema/errors.ts'
import type { Direction, Sort } from '../schema/filter.ts'
import { fieldOf, type Module } from '../schema/module.ts'
import { expressionOf } from './expression.ts'
import { comparingOf, folded, type NextParameter } from './where.ts'

/** One step of an order: the SQL that rows are compared by, ascending with empty values first, as in SuiteCRM. */
export type OrderKey = { readonly expression: string; readonly direction: Direction }

/** A place between two rows: the values of the order's keys in the row before it, the id last. */
export type Cursor = readonly (string | null)[]

/** Newest first; modules without the field go by id. */
export const defaultSort = (module: Module): Sort =>
  fieldOf(module, 'date_entered') ? [{ field: 'date_entered', direction: 'desc' }] : []

/**
 * The keys of an order. The id always comes last, in the direction of the key before it, so that an index on
 * (key, id) serves both directions and no two rows are equal.
 *
 * @throws INVALID  the module has no such field
 */
export function orderKeys(catalog: Catalog, module: Module, sort: Sort, alias: string): OrderKey[] {
  const keys: OrderKey[] = []
  for (const { field: name, direction } of sort) {
    if (name === 'id') return [...keys, { expression: `${alias}.id`, direction }]
    const field = fieldOf(module, name)
    const expression = field && expressionOf(catalog, module, name, alias)
    if (!expression) {
      throw new HouseError('INVALID', `${module.name} has no field ${name} to sort by`, {
        module: module.name,
        field: name,
      })
    }
    keys.push({ expression: comparingOf(field) === 'folded' ? folded(expression) : expression, direction })
  }
  return [...keys, { expression: `${alias}.id`, direction: sort.at(-1)?.direction ?? 'asc' }]
}

export const orderBy = (keys: readonly OrderKey[]) =>
  keys
    .map(({ expression, direction }, at) => {
      const isId = at === keys.length - 1
      return `${expression} ${direction}${isId ? '' : direction === 'asc' ? ' nulls first' : ' nulls last'}`
    })
    .join(', ')

/**
 * The condition that a row comes after a cursor. Asks for the cursor's values that are not null, each at most twice,
 * in the order of {@link valuesOfCursor}. The first key bounds the index range on its own.
 */
export function afterCursor(keys: readonly OrderKey[], isNull: readonly boolean[], next: NextParameter): string {
  const [key, ...rest] = keys
  if (!key) return 'false'
  const { expression, direction } = key
  if (rest.length === 0) return `${expression} ${direction === 'asc' ? '>' : '<'} ${next()}`
  const [nullHere, ...restNull] = isNull
  if (nullHere) {
    const inside = `(${expression} is null and ${afterCursor(rest, restNull, next)})`
    return direction === 'asc' ? `(${expression} is not null or ${inside})` : inside
  }
  const value = next()
  const beyond = `${expression} ${direction === 'asc' ? '>' : '<'} ${value}`
  const bound = `${expression} ${direction === 'asc' ? '>=' : '<='} ${value}`
  const inside = `(${expression} = ${value} and ${afterCursor(rest, restNull, next)})`
  const within = `(${bound} and (${beyond} or ${inside}))`
  return direction === 'asc' ? within : `(${within} or ${expression} is null)`
}

export const valuesOfCursor = (cursor: Cursor) => cursor.filter(value => value !== null)

/** The text of a cursor: opaque to clients, and only of use with the order it was made for. */
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
  const isCursor = Array.isArray(parsed) && parsed.length === length + 1 && parsed.slice(1).every(isKeyValue)
  if (!isCursor) throw new HouseError('BAD_REQUEST', 'This is no cursor that a list has given', { argument: 'after' })
  const [shape, ...values] = parsed as [unknown, ...Cursor]
  if (shape !== sortShape) {
    throw new HouseError('BAD_REQUEST', 'This cursor belongs to a list in another order', { argument: 'after' })
  }
  return values
}

const isKeyValue = (value: unknown) => value === null || typeof value === 'string'

export const shapeOfSort = (sort: Sort) => sort.map(({ field, direction }) => `${field} ${direction}`).join(',')
