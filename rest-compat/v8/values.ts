import { isStored, type Field } from '../../schema/field.ts'
import type { Scalar } from '../../schema/graphql-types.ts'
import type { DateStyle } from '../../schema/principal.ts'
import { displayDate, displayDateTime, showsSeconds } from '../dates.ts'
import { escapeHtml } from '../text.ts'
import { jsonText } from './json.ts'

/** How the acting user sees dates. Made once per request. */
export type ReadStyle = { readonly date: DateStyle; readonly seconds: boolean }

export const readStyle = (date: DateStyle): ReadStyle => ({ date, seconds: showsSeconds(date) })

/**
 * Writes a value of the graph as V8's JSON.
 *
 * `api`: as records are answered. `raw`: as current-user answers, where SuiteCRM does not undo the display formats.
 * `memory`: as records are answered that cannot be read again after a write; nothing passed through display formats.
 */
export type Mode = 'api' | 'raw' | 'memory'

export type Encoder = (value: unknown, style: ReadStyle) => string

/** @see SuiteCRM Api/V8/JsonApi/Helper/AttributeObjectHelper.php, data/SugarBean.php fixUpFormatting() */
export function encoderOf(name: string, field: Field, scalar: Scalar, mode: Mode): Encoder {
  switch (scalar) {
    case 'Boolean':
      return isStored(field) && mode !== 'raw' && name !== 'deleted' ? storedBoolean : derivedBoolean
    case 'DateTime':
      return mode === 'raw' || !isStored(field) ? displayedDateTime : mode === 'memory' ? wholeDateTime : dateTime
    case 'Date':
      return mode === 'raw' || !isStored(field) ? displayedDate : plain
    case 'Time':
      return time
    case 'Int':
    case 'Float':
    case 'Decimal':
      return number
    case 'ID':
    case 'String':
      return field.kind === 'emailbody' ? unescapedText : text
  }
}

const empty = '""'

const isEmpty = (value: unknown): value is null | undefined | '' =>
  value === null || value === undefined || value === ''

const textOf = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))

const text: Encoder = value => (isEmpty(value) ? empty : jsonText(isoIfMoment(escapeHtml(textOf(value)))))

const unescapedText: Encoder = value => (isEmpty(value) ? empty : jsonText(textOf(value)))

/** Any text that looks like a moment of the database is answered in ISO 8601, whatever field it stands in. */
const isoIfMoment = (value: string) =>
  value.length === 19 && /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(value) ? `${value.replace(' ', 'T')}+00:00` : value

const plain: Encoder = value => (isEmpty(value) ? empty : `"${textOf(value)}"`)

const number: Encoder = value =>
  isEmpty(value) ? empty : typeof value === 'number' ? `"${numberText(value)}"` : plain(value, utc)

/** A floating-point number as MySQL prints it: exponents from 1e15 on, without a plus sign. */
export function numberText(value: number): string {
  if (Math.abs(value) < 1e15 || Number.isSafeInteger(value) === false) return String(value).replace('e+', 'e')
  return value.toExponential().replace('e+', 'e')
}

/** A column that was never set is `false`: SuiteCRM only corrects values that differ from the row it read. */
const storedBoolean: Encoder = value => (isEmpty(value) ? 'false' : value === true ? '"1"' : '"0"')

const derivedBoolean: Encoder = value => (isEmpty(value) ? empty : value === true ? '"1"' : '"0"')

/** `2030-03-04T10:30:00Z` -> `2030-03-04T10:30:00+00:00`; seconds survive only where the user's format shows them. */
const dateTime: Encoder = (value, { seconds }) =>
  isEmpty(value) ? empty : `"${textOf(value).slice(0, 17)}${seconds ? textOf(value).slice(17, 19) : '00'}+00:00"`

const wholeDateTime: Encoder = value => (isEmpty(value) ? empty : `"${textOf(value).slice(0, 19)}+00:00"`)

const displayedDateTime: Encoder = (value, style) =>
  isEmpty(value) ? empty : jsonText(displayDateTime(textOf(value), style.date))

const displayedDate: Encoder = (value, style) =>
  isEmpty(value) ? empty : jsonText(displayDate(textOf(value), style.date))

/** Midnight counts as no time. Times are read back from display only when that shows am or pm. */
const time: Encoder = (value, { date, seconds }) => {
  if (isEmpty(value) || value === '00:00:00') return empty
  const minutes = textOf(value).slice(0, 5)
  if (/[aA]/.test(date.timeFormat)) return `"${minutes}:00"`
  return `"${seconds ? textOf(value) : minutes}"`
}

const utc: ReadStyle = { date: { timezone: 'UTC', dateFormat: 'Y-m-d', timeFormat: 'H:i:s' }, seconds: true }
