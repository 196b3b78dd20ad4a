import { HouseError } from '../../schema/errors.ts'
import type { Field, FieldKind, StoredAs } from '../../schema/field.ts'

/** A value as a row holds it: text also for dates and exact numbers. */
export type Stored = string | number | boolean | null

export type Validation = 'strict' | 'lenient'

/** What a column holds, in PostgreSQL's words. */
export type ColumnType = 'text' | 'boolean' | 'integer' | 'double precision' | 'numeric' | 'date' | 'timestamp' | 'time'

/**
 * How values of one kind are read.
 *
 * - `strict` answers undefined for what it refuses
 * - `lenient` makes of anything what SuiteCRM stores for it (MySQL without strict mode: numbers by their prefix, cut to what fits,
 *   nothing for a date that is none)
 * - `empty` is what a required column of an older client gets when nothing is sent
 */
type Parser = {
  readonly type: ColumnType
  readonly strict: (value: unknown, field: Field) => Stored | undefined
  readonly lenient: (value: unknown, field: Field) => Stored
  readonly empty: Stored
  readonly expected: (field: Field) => string
}

const text: Parser = {
  type: 'text',
  strict: (value, field) => (isText(value) && !isLonger(value, lengthOf(field)) ? value : undefined),
  lenient: (value, field) => cut(phpText(value), lengthOf(field)),
  empty: '',
  expected: field => (Number.isFinite(lengthOf(field)) ? `text of at most ${lengthOf(field)} characters` : 'text'),
}

const boolean: Parser = {
  type: 'boolean',
  strict: value => (typeof value === 'boolean' ? value : undefined),
  lenient: value => !no.has(value),
  empty: false,
  expected: () => 'true or false',
}

const integer: Parser = {
  type: 'integer',
  strict: value => (isWhole(value) && Math.abs(value) <= integerMax ? value : undefined),
  lenient: value => numeric(value, n => clamp(Math.trunc(n), integerMax)),
  empty: 0,
  expected: () => 'a whole number',
}

const double: Parser = {
  type: 'double precision',
  strict: value => (typeof value === 'number' && Number.isFinite(value) ? value : undefined),
  lenient: (value, field) => numeric(value, n => (field.kind === 'int' ? Math.trunc(n) : n)),
  empty: 0,
  expected: () => 'a number',
}

/** Exact decimals travel as text. Where SuiteCRM has a single-precision column, an older client reads back what that keeps. */
const exact: Parser = {
  type: 'numeric',
  strict: (value, field) => {
    const digits = typeof value === 'number' && Number.isFinite(value) ? plain(value) : value
    if (typeof digits !== 'string' || !/^[+-]?(\d+(\.\d*)?|\.\d+)$/.test(digits)) return undefined
    // The column rounds, and then has no room for one digit more.
    return Math.abs(Number(Number(digits).toFixed(scaleOf(field)))) < 10 ** wholeDigits(field) ? digits : undefined
  },
  lenient: (value, field) =>
    numeric(value, n => {
      const kept = field.kind === 'float' ? Math.fround(n) : n
      const limit = 10 ** wholeDigits(field)
      if (Math.abs(kept) < limit - 10 ** -scaleOf(field)) return kept.toFixed(scaleOf(field))
      return `${n < 0 ? '-' : ''}${'9'.repeat(wholeDigits(field))}.${'9'.repeat(scaleOf(field))}`
    }),
  empty: '0',
  expected: field => `a decimal number with at most ${wholeDigits(field)} digits before the point`,
}

const day: Parser = {
  type: 'date',
  strict: value => (isText(value) && isDay(value) ? value : undefined),
  lenient: value => (isText(value) && isDay(value) ? value : null),
  empty: null,
  expected: () => 'a day such as 2030-03-04',
}

const moment: Parser = {
  type: 'timestamp',
  strict: value => momentFrom(value),
  lenient: value => momentFrom(value) ?? null,
  empty: null,
  expected: () => 'a moment in UTC such as 2030-03-04T10:30:00Z',
}

const time: Parser = {
  type: 'time',
  strict: value => timeFrom(value),
  lenient: value => timeFrom(value) ?? null,
  empty: null,
  expected: () => 'a time of day such as 10:30:00',
}

const byStorage = { id: text, varchar: text, int: integer, double, datetime: moment } satisfies Record<StoredAs, Parser>

/** The parser of each kind of field. Kinds that are never stored take no value. */
const byKind = {
  id: text,
  name: text,
  user_name: text,
  fullname: null,
  varchar: text,
  text,
  longtext: text,
  emailbody: text,
  phone: text,
  url: text,
  email: text,
  enum: text,
  dynamicenum: text,
  multienum: text,
  parent_type: text,
  bool: boolean,
  int: integer,
  float: exact,
  currency: exact,
  date: day,
  datetime: moment,
  datetimecombo: moment,
  time,
  relate: text,
  assigned_user_name: text,
  parent: text,
  link: null,
  file: text,
  image: text,
  function: null,
  readonly: null,
  none: null,
} satisfies Record<FieldKind, Parser | null>

/**
 * How a field's values are read. Also for fields without a column of their own whose value goes elsewhere.
 *
 * @returns undefined for kinds that hold nothing
 */
export function parserOf(field: Pick<Field, 'kind' | 'db' | 'precision'>): Parser | undefined {
  if (field.db) return byStorage[field.db]
  // The column has an exact scale only where the definition asks for one.
  if (field.kind === 'float' && field.precision === undefined) return double
  return byKind[field.kind] ?? undefined
}

/**
 * Reads a value that a client sent for a field; null stays null.
 *
 * @throws INVALID  strict validation, and the value is not of the field's kind
 */
export function parseValue(
  place: { readonly module: string; readonly field: string },
  field: Field,
  value: unknown,
  validation: Validation,
): Stored {
  const parser = parserOf(field)
  if (!parser) throw invalid(place, 'it holds no value of its own')
  if (value === null || value === undefined) return null
  if (validation === 'lenient') return parser.lenient(value, field)
  const parsed = parser.strict(value, field)
  if (parsed === undefined) throw invalid(place, `expected ${parser.expected(field)}`)
  return parsed
}

/** The error for a field that was given what it cannot hold. */
export const invalid = (place: { readonly module: string; readonly field: string }, why: string) =>
  new HouseError('INVALID', `${place.module}.${place.field}: ${why}`, place)

/** Does SuiteCRM take the value for none? */
export const isEmpty = (value: unknown): value is null | undefined | '' =>
  value === null || value === undefined || value === ''

// ---------------------------------------------------------------------------------------------------- text

const isText = (value: unknown): value is string =>
  typeof value === 'string' && !value.includes('\0') && value.isWellFormed()

/** The length of a column in SuiteCRM's database, where a definition does not say it. */
function lengthOf({ kind, db, len }: Field): number {
  if (kind === 'id' || db === 'id') return 36
  if (len !== undefined) return Math.trunc(Number(len)) || Infinity
  if (kind === 'longtext' || kind === 'emailbody') return Infinity
  return kind === 'text' || kind === 'multienum' ? 65_535 : 255
}

// UTF-16 units are never fewer than characters, so only what looks too long is counted.
const isLonger = (value: string, length: number) => value.length > length && [...value].length > length

const cut = (value: string, length: number) => (isLonger(value, length) ? [...value].slice(0, length).join('') : value)

function phpText(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value.replaceAll('\0', '').toWellFormed()
    case 'number':
      return String(value)
    case 'boolean':
      return value ? '1' : ''
    default:
      return ''
  }
}

// ---------------------------------------------------------------------------------------------------- numbers

const no: ReadonlySet<unknown> = new Set([false, 0, '', '0', 'off', 'false', 'no'])

const integerMax = 2_147_483_647

const isWhole = (value: unknown): value is number => Number.isInteger(value)

const clamp = (n: number, max: number) => Math.min(Math.max(n, -max - 1), max)

/** PHP reads a number from the start of a text, thousands separators left out; without one it is 0. */
function numeric(value: unknown, keep: (n: number) => Stored): Stored {
  if (value === '') return null
  if (typeof value === 'number') return keep(Number.isFinite(value) ? value : 0)
  if (typeof value !== 'string') return keep(value === true ? 1 : 0)
  const plainText = value.replaceAll(',', '').trim()
  const prefix = /^[+-]?\d(\.\d+)?[Ee][+-]?\d+$/.test(plainText)
    ? plainText
    : (/^[+-]?[\d.]*/.exec(plainText)?.[0] ?? '')
  const n = Number.parseFloat(prefix)
  return keep(Number.isFinite(n) ? n : 0)
}

const scaleOf = (field: Field) => (field.kind === 'currency' ? 6 : Number(field.precision ?? 0))

const wholeDigits = (field: Field) =>
  field.kind === 'currency' ? 20 : Math.trunc(Number(field.len ?? 18)) - Number(field.precision ?? 0)

/** An exact decimal with the places that its column keeps, rounded as PostgreSQL rounds: halves away from zero. */
export function decimalText(digits: string, field: Field): string {
  const scale = scaleOf(field)
  const [, sign = '', whole = '', fraction = ''] = /^([+-]?)(\d*)\.?(\d*)$/.exec(digits) ?? []
  const kept = BigInt(`${whole || '0'}${fraction.slice(0, scale).padEnd(scale, '0')}`)
  const rounded = String(kept + (Number(fraction[scale] ?? 0) >= 5 ? 1n : 0n)).padStart(scale + 1, '0')
  const text = scale === 0 ? rounded : `${rounded.slice(0, -scale)}.${rounded.slice(-scale)}`
  return sign === '-' && /[1-9]/.test(text) ? `-${text}` : text
}

/** A number without an exponent. */
const plain = (n: number) => (/e/.test(String(n)) ? n.toFixed(20) : String(n))

// ---------------------------------------------------------------------------------------------------- dates

function isDay(value: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(value) || value.startsWith('0000')) return false
  const at = Date.parse(`${value}T00:00:00Z`)
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(value)
}

function momentFrom(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  const [, date = '', clock = ''] = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.\d+)?Z?$/.exec(value) ?? []
  return isDay(date) && isClock(clock) ? `${date} ${clock}` : undefined
}

function timeFrom(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  const clock = /^\d\d:\d\d$/.test(value) ? `${value}:00` : value
  return isClock(clock) ? clock : undefined
}

const isClock = (clock: string) => /^([01]\d|2[0-3]):[0-5]\d:[0-5]\d$/.test(clock)
