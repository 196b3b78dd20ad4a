import type { Comparison, Filter, FilterValue, Operand } from '../../schema/filter.ts'
import type { Scalar } from '../../schema/graphql-types.ts'
import { refuse } from './sql.ts'

/** A constant of a condition. */
export type Literal = string | number | boolean | null

export const always: Filter = { kind: 'and', of: [] }
export const never: Filter = { kind: 'or', of: [] }

const compare = (operand: Operand, op: Comparison, value: FilterValue): Filter => ({
  kind: 'compare',
  operand,
  op,
  value,
})

const isNotNull = (operand: Operand): Filter => ({ kind: 'null', operand, isNull: false })

/** Compares with a constant as MariaDB would, in the scalar that the graph compares the field in. */
export function comparison(operand: Operand, scalar: Scalar, op: Comparison, literal: Literal): Filter {
  if (literal === null) return never
  if (op === 'like') return likeness(operand, scalar, textOf(literal))
  switch (scalar) {
    case 'Boolean':
      return truth(operand, op, literal)
    case 'Int':
    case 'Float':
    case 'Decimal':
      return quantity(operand, scalar, op, literal)
    case 'DateTime':
      return moment(operand, op, literal)
    case 'Date':
      return day(operand, op, literal)
    case 'ID':
    case 'String':
    case 'Time':
      if (typeof literal === 'number' && op !== 'eq' && op !== 'neq') refuse('an order between text and numbers')
      return compare(operand, op, textOf(literal))
  }
}

/** One of several constants. NULL among them is met by nothing. */
export function membership(operand: Operand, scalar: Scalar, literals: readonly Literal[]): Filter {
  const given = literals.filter(literal => literal !== null)
  if (scalar === 'ID' || scalar === 'String') return { kind: 'in', operand, values: given.map(textOf) }
  return { kind: 'or', of: given.map(literal => comparison(operand, scalar, 'eq', literal)) }
}

const textOf = (literal: string | number | boolean) =>
  typeof literal === 'boolean' ? (literal ? '1' : '0') : String(literal)

function likeness(operand: Operand, scalar: Scalar, pattern: string): Filter {
  if (scalar !== 'Boolean') return compare(operand, 'like', pattern)
  if (/^%+$/.test(pattern)) return isNotNull(operand)
  return /^[01]$/.test(pattern) ? compare(operand, 'eq', pattern === '1') : never
}

/** Truth values are the numbers 0 and 1. */
function truth(operand: Operand, op: Comparison, literal: string | number | boolean): Filter {
  const number = numberOf(literal)
  const matches = [false, true].filter(value => holds(Number(value), op, number))
  const [only] = matches
  if (only === undefined) return never
  return matches.length === 2 ? isNotNull(operand) : compare(operand, 'eq', only)
}

function holds(value: number, op: Comparison, other: number): boolean {
  const results: Readonly<Record<Comparison, boolean>> = {
    eq: value === other,
    neq: value !== other,
    gt: value > other,
    gte: value >= other,
    lt: value < other,
    lte: value <= other,
    like: false,
  }
  return results[op]
}

/** The number that a text begins with, as MariaDB takes it; 0 for other text. */
function numberOf(literal: string | number | boolean): number {
  if (typeof literal !== 'string') return Number(literal)
  const number = Number.parseFloat(literal)
  return Number.isFinite(number) ? number : 0
}

const intMax = 2_147_483_647

function quantity(operand: Operand, scalar: Scalar, op: Comparison, literal: string | number | boolean): Filter {
  const number = numberOf(literal)
  if (scalar === 'Float') return compare(operand, op, number)
  if (scalar === 'Decimal') {
    const text = String(number)
    return text.includes('e') ? refuse('a number of this size') : compare(operand, op, text)
  }
  if (Number.isInteger(number) && Math.abs(number) <= intMax) return compare(operand, op, number)
  if (op === 'eq') return never
  if (op === 'neq') return isNotNull(operand)
  return refuse('a number of this size')
}

const momentText = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.\d*)?)?Z?)?$/

type Moment = { readonly day: string; readonly time: string }

/** `2020-1-31`, `2020-01-31 10:30` and longer forms; undefined for what is no moment. */
function readMoment(literal: string | number | boolean): Moment | undefined {
  const match = momentText.exec(textOf(literal).trim())
  if (!match) return undefined
  const [year = '', month = '', date = '', hour = '0', minute = '0', second = '0'] = match.slice(1)
  const two = (text: string) => text.padStart(2, '0')
  const day = `${year}-${two(month)}-${two(date)}`
  const time = `${two(hour)}:${two(minute)}:${two(second)}`
  const at = new Date(`${day}T${time}Z`)
  return Number.isNaN(at.getTime()) || !at.toISOString().startsWith(day) ? undefined : { day, time }
}

function moment(operand: Operand, op: Comparison, literal: string | number | boolean): Filter {
  const at = readMoment(literal)
  return at ? compare(operand, op, `${at.day}T${at.time}Z`) : noMoment(operand, op)
}

/** A day is its midnight when it is compared with a moment. */
function day(operand: Operand, op: Comparison, literal: string | number | boolean): Filter {
  const at = readMoment(literal)
  if (!at) return noMoment(operand, op)
  if (at.time === '00:00:00') return compare(operand, op, at.day)
  if (op === 'eq') return never
  if (op === 'neq') return isNotNull(operand)
  return compare(operand, op === 'gt' || op === 'gte' ? 'gt' : 'lte', at.day)
}

function noMoment(operand: Operand, op: Comparison): Filter {
  if (op === 'eq') return never
  return op === 'neq' ? isNotNull(operand) : refuse('an order between a moment and other text')
}
