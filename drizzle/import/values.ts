import { isUtf8 } from 'node:buffer'
import { preferencesJson } from './preferences.ts'

/** Why a value cannot be kept. It becomes null, and the report says so. */
export type Problem = { readonly problem: string }

/** Turns the text that MySQL writes for a value into text that PostgreSQL reads as exactly the same value. */
export type Convert = (text: string) => string | Problem

/** Ids are `char(36)` in SuiteCRM; longer ones cannot be asked for through its APIs. */
export const idLengthMax = 36

const nul: Problem = { problem: 'has a NUL byte' }
const notUtf8: Problem = { problem: 'is not UTF-8' }
const longId: Problem = { problem: `has more than ${idLengthMax} characters` }
const notBoolean: Problem = { problem: 'is neither 0 nor 1' }
const notNumber: Problem = { problem: 'is not a number' }
const notWhole: Problem = { problem: 'is not a whole number' }
const outOfRange: Problem = { problem: 'is out of range' }
const zeroDate: Problem = { problem: 'is a zero date' }
const notDate: Problem = { problem: 'is not a date' }
const notDateTime: Problem = { problem: 'is not a date and time' }
const notTime: Problem = { problem: 'is not a time of day' }
const finerThanSeconds: Problem = { problem: 'has fractions of a second' }
const notPreferences: Problem = { problem: 'is not PHP-serialised in base64' }

/**
 * How values get into a column.
 *
 * @param type  the column's type as PostgreSQL's `format_type` writes it
 * @throws Error  nothing of ours has such a column
 */
export function converterFor(type: string, options: { isId?: boolean; isInexact?: boolean } = {}): Convert {
  const scaled = /^numeric\((\d+),(\d+)\)$/.exec(type)
  if (scaled) return numericConverter(Number(scaled[1]), Number(scaled[2]))
  switch (type) {
    case 'text':
      return options.isId ? idOf : textOf
    case 'boolean':
      return booleanOf
    case 'integer':
      return integerConverter(2_147_483_647n)
    case 'bigint':
      return integerConverter(9_223_372_036_854_775_807n)
    case 'double precision':
      return options.isInexact ? doubleOf : exactDoubleOf
    case 'date':
      return dateOf
    case 'timestamp(0) without time zone':
      return momentOf
    case 'time(0) without time zone':
      return timeOf
    case 'json':
    case 'json':
      return preferencesOf
    default:
      throw new Error(`nothing is imported into columns of type ${type}`)
  }
}

/** What MySQL sent as text; only columns without a character set come as bytes. */
export function decoded(cell: string | number | Buffer): string | Problem {
  if (typeof cell === 'string') return cell
  return typeof cell === 'number' ? String(cell) : isUtf8(cell) ? cell.toString() : notUtf8
}

export const textOf = (text: string) => (text.includes('\0') ? nul : text)

function idOf(text: string) {
  return text.length > idLengthMax && [...text].length > idLengthMax ? longId : textOf(text)
}

function booleanOf(text: string) {
  if (text === '0' || text === '1') return text
  const number = decimalOf(text)
  if (!number || number.fraction || number.negative) return notBoolean
  return number.whole === '' ? '0' : number.whole === '1' ? '1' : notBoolean
}

/** The digits of a number in any notation, without zeros that say nothing. */
type Decimal = { readonly negative: boolean; readonly whole: string; readonly fraction: string }

const notation = /^\s*([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d{1,4}))?\s*$/i

function decimalOf(text: string): Decimal | undefined {
  const match = notation.exec(text)
  const [, sign = '', before = '', after = '', exponent = '0'] = match ?? []
  if (!match || (before === '' && after === '')) return undefined
  const shift = Number(exponent)
  const digits = before + after
  const point = before.length + shift
  const whole = point <= 0 ? '' : digits.slice(0, point).padEnd(point, '0')
  const fraction = point <= 0 ? '0'.repeat(-point) + digits : digits.slice(point)
  return { negative: sign === '-', whole: whole.replace(/^0+/, ''), fraction: fraction.replace(/0+$/, '') }
}

function integerConverter(max: bigint): Convert {
  return text => {
    if (/^(0|-?[1-9]\d{0,8})$/.test(text)) return text
    const number = decimalOf(text)
    if (!number) return notNumber
    if (number.fraction) return notWhole
    const value = BigInt(number.whole || '0') * (number.negative ? -1n : 1n)
    return value > max || value < -max - 1n ? outOfRange : value.toString()
  }
}

function numericConverter(precision: number, scale: number): Convert {
  const moreDecimals: Problem = { problem: `has more than ${scale} decimals` }
  return text => {
    const number = decimalOf(text)
    if (!number) return notNumber
    if (number.fraction.length > scale) return moreDecimals
    return number.whole.length > precision - scale ? outOfRange : text.trim()
  }
}

/** From MySQL's own float and double, which it writes with as many digits as it takes. */
function doubleOf(text: string) {
  const number = decimalOf(text)
  if (!number) return notNumber
  const value = Number(text)
  const isZero = number.whole === '' && number.fraction === ''
  return Number.isFinite(value) && (value !== 0 || isZero) ? text.trim() : outOfRange
}

/** From text and decimals, which can have more digits than a double keeps. */
function exactDoubleOf(text: string) {
  const number = decimalOf(text)
  const digits = number && `${number.whole}${number.fraction}`.replace(/^0+|0+$/g, '')
  return digits && digits.length > 15 ? moreThanDouble : doubleOf(text)
}

const moreThanDouble: Problem = { problem: 'has more digits than a double keeps' }

const calendar = /^(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d):(\d\d)(?:\.(\d+))?)?$/

function dateOf(text: string) {
  const match = calendar.exec(text)
  if (!match) return notDate
  const problem = dayProblem(match)
  if (problem) return problem
  return /^[ T0:.]*$/.test(text.slice(10)) ? text.slice(0, 10) : notDate
}

function momentOf(text: string) {
  const match = calendar.exec(text)
  if (!match) return notDateTime
  const problem = dayProblem(match)
  if (problem) return problem
  const [, , , , hour = '00', minute = '00', second = '00', fraction = ''] = match
  if (hour > '23' || minute > '59' || second > '59') return notDateTime
  return /[^0]/.test(fraction) ? finerThanSeconds : `${text.slice(0, 10)} ${hour}:${minute}:${second}`
}

/** MySQL keeps `0000-00-00`, `2020-00-15` and, when asked, `2020-02-31`. */
function dayProblem([, year, month, day]: RegExpExecArray): Problem | undefined {
  const [y, m, d] = [Number(year), Number(month), Number(day)]
  if (m === 0 || d === 0) return zeroDate
  return y === 0 || m > 12 || d > daysIn(y, m) ? notDate : undefined
}

const daysIn = (year: number, month: number) =>
  month === 2
    ? year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
      ? 29
      : 28
    : [4, 6, 9, 11].includes(month)
      ? 30
      : 31

function timeOf(text: string) {
  const match = /^([01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.(\d+))?$/.exec(text)
  if (!match) return notTime
  return /[^0]/.test(match[2] ?? '') ? finerThanSeconds : text.slice(0, 8)
}

const preferencesOf = (text: string) => preferencesJson(text) ?? notPreferences
