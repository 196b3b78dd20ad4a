import type { Comparison } from '../../schema/filter.ts'
import type { Scalar } from '../../schema/graphql-types.ts'

/** A `<Type>Filter` of the graph. */
export type GraphFilter = Readonly<Record<string, unknown>>

/** No record: an id is never empty. */
export const never: GraphFilter = { id: { null: true } }

const isSet = (field: string): GraphFilter => ({ [field]: { null: false } })

/**
 * One comparison, its text made a value of the field's kind as MySQL would: numbers by their numeric beginning, dates
 * by what can be read of them, booleans as the numbers 0 and 1. LIKE compares text whatever the kind.
 */
export function comparisonOf(field: string, scalar: Scalar, op: Comparison, value: string): GraphFilter {
  if (scalar === 'Boolean') return booleanComparison(field, op, value)
  if (op === 'like') return { [field]: { like: value } }
  switch (scalar) {
    case 'Int':
    case 'Float':
    case 'Decimal':
      return numberComparison(field, scalar, op, numericPrefix(value))
    case 'DateTime':
    case 'Date':
      return momentComparison(field, scalar, op, value)
    case 'Time':
      return timeComparison(field, op, value)
    case 'ID':
    case 'String':
      return { [field]: { [op]: value } }
  }
}

type Ordering = Exclude<Comparison, 'like'>

const compares: Readonly<Record<Ordering, (a: number, b: number) => boolean>> = {
  eq: (a, b) => a === b,
  neq: (a, b) => a !== b,
  gt: (a, b) => a > b,
  gte: (a, b) => a >= b,
  lt: (a, b) => a < b,
  lte: (a, b) => a <= b,
}

function booleanComparison(field: string, op: Comparison, value: string): GraphFilter {
  const matches = (bit: number) =>
    op === 'like' ? likeMatches(value, String(bit)) : compares[op](bit, numericPrefix(value))
  const [no, yes] = [matches(0), matches(1)]
  return no && yes ? isSet(field) : no || yes ? { [field]: { eq: yes } } : never
}

/** Does a LIKE pattern match a digit? */
const likeMatches = (pattern: string, digit: string) =>
  new RegExp(
    `^${pattern
      .replace(/[^%_\d]/g, '!')
      .replace(/%+/g, '.*')
      .replaceAll('_', '.')}$`,
  ).test(digit)

/** What MySQL makes of a text where it needs a number. */
export const numericPrefix = (text: string) =>
  Number(/^\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)/.exec(text)?.[1] ?? 0)

const smallest = -2147483648
const largest = 2147483647

function numberComparison(field: string, scalar: Scalar, op: Ordering, number: number): GraphFilter {
  if (scalar === 'Decimal') return { [field]: { [op]: decimalText(number) } }
  if (scalar === 'Float') return { [field]: { [op]: number } }
  if (Number.isInteger(number) && number >= smallest && number <= largest) return { [field]: { [op]: number } }
  // Between two whole numbers, or outside of what a column holds.
  if (op === 'eq') return never
  if (op === 'neq') return isSet(field)
  const above = op === 'gt' || op === 'gte'
  if (number > largest) return above ? never : isSet(field)
  if (number < smallest) return above ? isSet(field) : never
  return { [field]: above ? { gt: Math.floor(number) } : { lt: Math.ceil(number) } }
}

/** Digits only, at most twenty before the point: more the graph's Decimal does not take, and no column holds. */
export function decimalText(number: number): string {
  if (Math.abs(number) >= 1e20) return number < 0 ? `-${'9'.repeat(20)}` : '9'.repeat(20)
  return number !== 0 && Math.abs(number) < 1e-6 ? number.toFixed(20) : String(number)
}

const moment = /^\s*(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2})(?::(\d{1,2})(?::(\d{1,2}))?)?)?/

function momentComparison(field: string, scalar: Scalar, op: Ordering, value: string): GraphFilter {
  const at = momentOf(value)
  if (!at) return op === 'neq' ? isSet(field) : never
  if (scalar === 'DateTime') return { [field]: { [op]: `${at}Z` } }
  // A date compared with a moment: the date is midnight.
  const date = at.slice(0, 10)
  if (at.endsWith('T00:00:00')) return { [field]: { [op]: date } }
  if (op === 'eq') return never
  if (op === 'neq') return isSet(field)
  return { [field]: op === 'gt' || op === 'gte' ? { gt: date } : { lte: date } }
}

/** `2030-03-04T10:30:00`, or undefined for a moment that does not exist. */
function momentOf(text: string): string | undefined {
  const match = moment.exec(text)
  if (!match) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(part => Number(part ?? 0))
  const at = new Date(Date.UTC(year, month - 1, day, hour, minute, second))
  const exists = year > 0 && at.getUTCMonth() === month - 1 && at.getUTCDate() === day && at.getUTCHours() === hour
  return exists ? at.toISOString().slice(0, 19) : undefined
}

function timeComparison(field: string, op: Ordering, value: string): GraphFilter {
  const [, hour = '', minute = '', second = '00'] = /^\s*(\d{1,2}):(\d\d)(?::(\d\d))?\s*$/.exec(value) ?? []
  if (hour === '' || Number(hour) > 23 || Number(minute) > 59) return op === 'neq' ? isSet(field) : never
  return { [field]: { [op]: `${hour.padStart(2, '0')}:${minute}:${second}` } }
}
