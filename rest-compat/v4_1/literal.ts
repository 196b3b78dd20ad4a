import type { Comparison, FilterValue, Operand } from '../../schema/filter.ts'
import type { Scalar } from '../../schema/graphql-types.ts'
import { refuse } from './sql.ts'
import { failsOfAll, inverse, meeting, neither, never, some, type Truth } from './truth.ts'

/** A constant of a condition. */
export type Literal = string | number | boolean | null

const opposite = {
  eq: 'neq',
  neq: 'eq',
  gt: 'lte',
  gte: 'lt',
  lt: 'gte',
  lte: 'gt',
} as const satisfies Record<Exclude<Comparison, 'like'>, Comparison>

/** The graph's own comparisons meet no empty field, whatever they say. */
function compare(operand: Operand, op: Comparison, value: FilterValue): Truth {
  const yes = { kind: 'compare', operand, op, value } as const
  return op === 'like' ? meeting(operand, yes) : { yes, no: { ...yes, op: opposite[op] } }
}

/** Compares with a constant as MariaDB would, in the scalar that the graph compares the field in. */
export function comparison(operand: Operand, scalar: Scalar, op: Comparison, literal: Literal): Truth {
  if (literal === null) return neither
  if (scalar === 'Boolean') return truth(operand, op, literal)
  if (op === 'like') return compare(operand, 'like', textOf(literal))
  switch (scalar) {
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

/** One of several constants. NULL among them can be met by nothing, nor failed. */
export function membership(operand: Operand, scalar: Scalar, literals: readonly Literal[]): Truth {
  if (scalar !== 'ID' && scalar !== 'String')
    return some(literals.map(literal => comparison(operand, scalar, 'eq', literal)))
  const values = literals.filter(literal => literal !== null).map(textOf)
  const truth = meeting(operand, { kind: 'in', operand, values })
  return values.length < literals.length ? { ...truth, no: never } : truth
}

const textOf = (literal: string | number | boolean) =>
  typeof literal === 'boolean' ? (literal ? '1' : '0') : String(literal)

/** Truth values are the numbers 0 and 1; LIKE reads them as text. */
function truth(operand: Operand, op: Comparison, literal: string | number | boolean): Truth {
  const number = numberOf(literal)
  const pattern = op === 'like' ? patternOf(textOf(literal)) : undefined
  const meets = (value: boolean) => pattern?.test(value ? '1' : '0') ?? relates(Number(value), op, number)
  if (meets(true) === meets(false)) return meets(true) ? inverse(failsOfAll(operand)) : failsOfAll(operand)
  return compare(operand, 'eq', meets(true))
}

function patternOf(like: string): RegExp {
  const parts = [...like.matchAll(/\\([\s\S])|[\s\S]/g)].map(([whole, escaped]) =>
    whole === '%' ? '.*' : whole === '_' ? '.' : (escaped ?? whole).replace(/\W/g, '\\$&'),
  )
  return new RegExp(`^${parts.join('')}$`, 's')
}

function relates(value: number, op: Comparison, other: number): boolean {
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

function quantity(operand: Operand, scalar: Scalar, op: Comparison, literal: string | number | boolean): Truth {
  const number = numberOf(literal)
  if (scalar === 'Float') return compare(operand, op, number)
  if (scalar === 'Decimal') {
    const text = String(number)
    return text.includes('e') ? refuse('a number of this size') : compare(operand, op, text)
  }
  if (Number.isInteger(number) && Math.abs(number) <= intMax) return compare(operand, op, number)
  if (op === 'eq') return failsOfAll(operand)
  if (op === 'neq') return inverse(failsOfAll(operand))
  return refuse('a number of this size')
}

const momentText = /^(\d{4})[-/.](\d\d?)[-/.](\d\d?)(?:[ T]+(\d\d?)(?::(\d\d?)(?::(\d\d?))?)?)?(?:\D.*)?$/s
const compactText = /^(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d))?$/

type Moment = { readonly day: string; readonly time: string }

/** `2020-1-31`, `2020-01-31 10:30`, `20200131` and their like, whatever follows; undefined for what is no moment. */
function readMoment(literal: string | number | boolean): Moment | undefined {
  const text = textOf(literal).trim()
  const match = momentText.exec(text) ?? compactText.exec(text)
  if (!match) return undefined
  const [year = '', month = '', date = '', hour = '0', minute = '0', second = '0'] = match.slice(1)
  const two = (part: string) => part.padStart(2, '0')
  const day = `${year}-${two(month)}-${two(date)}`
  const time = `${two(hour)}:${two(minute)}:${two(second)}`
  const at = new Date(`${day}T${time}Z`)
  return Number.isNaN(at.getTime()) || !at.toISOString().startsWith(day) ? undefined : { day, time }
}

function moment(operand: Operand, op: Comparison, literal: string | number | boolean): Truth {
  const at = readMoment(literal)
  return at ? compare(operand, op, `${at.day}T${at.time}Z`) : noMoment(operand, op)
}

/** A day is its midnight when it is compared with a moment. */
function day(operand: Operand, op: Comparison, literal: string | number | boolean): Truth {
  const at = readMoment(literal)
  if (!at) return noMoment(operand, op)
  if (at.time === '00:00:00') return compare(operand, op, at.day)
  if (op === 'eq') return failsOfAll(operand)
  if (op === 'neq') return inverse(failsOfAll(operand))
  return compare(operand, op === 'gt' || op === 'gte' ? 'gt' : 'lte', at.day)
}

/** Other text stands before all moments. */
const noMoment = (operand: Operand, op: Comparison): Truth =>
  op === 'neq' || op === 'gt' || op === 'gte' ? inverse(failsOfAll(operand)) : failsOfAll(operand)
