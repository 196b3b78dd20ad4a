import type { Catalog } from '../../schema/catalog.ts'
import { derivationOf } from '../../schema/derive.ts'
import { isStored, type Field } from '../../schema/field.ts'
import { scalarOf, type Scalar } from '../../schema/graphql-types.ts'
import { isInput } from '../../schema/input.ts'
import { fieldOf, type Module } from '../../schema/module.ts'
import { defaultDateStyle } from '../../schema/principal.ts'
import { parseDate, parseDateTime } from '../dates.ts'
import { htmlEntities, isEmpty } from '../php.ts'
import { purifyHtml, storedText, trim } from '../text.ts'
import { textOf } from './arguments.ts'

/** A value that a client gives to a field. */
export type Given = {
  readonly field: string
  /** What the graph is told to store; undefined where the field has no place of its own. */
  readonly stored: unknown
  /** What SuiteCRM's record holds after it has cleaned the value, which it echoes; undefined for nothing. */
  readonly held: unknown
}

/**
 * Reads a value for a field as SuiteCRM does when it saves: names trimmed, HTML cleaned, text made numbers, truth
 * values and moments. Whatever cannot be read becomes empty or 0; nothing is refused.
 *
 * @param before  what the record holds in the field as text, where that is known: a value that stays is not touched
 * @see data/SugarBean.php cleanBean(), fixUpFormatting()
 */
export function given(catalog: Catalog, module: Module, name: string, value: unknown, before?: string): Given {
  const field = fieldOf(module, name)
  if (!field) return { field: name, stored: undefined, held: undefined }
  const cleaned = clean(field, value)
  const isUntouched = !isStored(field) || name === 'deleted' || (before !== undefined && isSame(before, cleaned))
  const held = isUntouched ? cleaned : fixed(field, cleaned)
  const stored = isInput(catalog, module, name)
    ? toGraph(field, scalarOf(catalog, module, name), isStored(field) ? fixed(field, value) : value)
    : undefined
  return { field: name, stored, held: held ?? undefined }
}

/** PHP's comparison of what a record held, which is text, with what it is given. */
const isSame = (before: string, value: unknown) =>
  before === textOf(value) || (before !== '' && textOf(value) !== '' && Number(before) === Number(textOf(value)))

/** Could what is echoed depend on what the record held before? Then it must be read first. */
export const dependsOnBefore = (field: Field | undefined, value: unknown) =>
  field !== undefined && isStored(field) && typeof value === 'string' && /^(int|float|currency|bool)$/.test(field.kind)

/** The name under which a value is given where SuiteCRM's class has another one: `to_addrs` of an e-mail. */
export function fieldNamed(catalog: Catalog, module: Module, name: string): string {
  if (fieldOf(module, name) || module.name !== 'Emails') return name
  const found = Object.keys(module.fields).find(field => {
    const derivation = derivationOf(catalog, module, field)
    return derivation?.kind === 'emailText' && derivation.column === name
  })
  return found ?? name
}

/** Text as SuiteCRM's records hold it between cleaning and saving: as HTML, and escaped once more. */
function clean(field: Field, value: unknown): unknown {
  if (value === null || value === undefined || typeof value === 'object') return value
  const isTrimmed = field.kind === 'name' || field.kind === 'varchar'
  const trimmed = isTrimmed ? trim(textOf(value)) : value
  if (!isCleaned(field) || isEmpty(trimmed)) return trimmed
  return htmlEntities(asHtml(purifyHtml(textOf(trimmed))))
}

const isCleaned = ({ kind, db }: Field) =>
  (kind === 'enum' && db === undefined) || /char|text/.test(`${kind}${db ?? ''}`)

/** Text with what is left of its elements as HTML. */
const asHtml = (text: string) =>
  text
    .replaceAll('&', '&amp;')
    .replace(/<(?!\/?[a-z][^<>]*>)/gi, '&lt;')
    .replace(/(<\/?[a-z][^<>]*>)|>/gi, (whole, element?: string) => element ?? whole.replace('>', '&gt;'))

/** The value in the type of its field. Beyond SuiteCRM, moments may be written as ISO 8601. */
function fixed(field: Field, value: unknown): unknown {
  switch (field.kind) {
    case 'datetime':
    case 'datetimecombo':
      return isEmpty(value) || value === 'NULL' ? '' : (parseDateTime(textOf(value), inUtc) ?? '')
    case 'date':
      return isEmpty(value) || value === 'NULL' ? '' : (parseDate(textOf(value), inUtc) ?? '')
    case 'currency':
    case 'float':
      return typeof value === 'string' && value !== '' ? numberIn(value) : value
    case 'int':
      return typeof value === 'string' && value !== '' ? Math.trunc(numberIn(value)) : value
    case 'bool':
      return value === null || value === undefined ? value : !isEmpty(value) && !falseWords.has(textOf(value))
    default:
      return value
  }
}

const falseWords = new Set(['off', 'false', '0', 'no'])

/** The API speaks no user's date format: only the database's. @see include/TimeDate.php isAlwaysDb() */
const inUtc = { ...defaultDateStyle, dateFormat: 'Y-m-d', timeFormat: 'H:i:s' }

/** `$1,234.50` -> 1234.5; 0 where there is no number. @see modules/Currencies/Currency.php unformat_number() */
function numberIn(text: string): number {
  const [prefix = ''] = /^[-+]?[\d.]*(?:e[-+]?\d+)?/i.exec(text.replace(/[,$]/g, '').trim()) ?? []
  const number = Number.parseFloat(prefix)
  return Number.isFinite(number) ? number : 0
}

const intMax = 2_147_483_647

const digits = new Intl.NumberFormat('en-US', { useGrouping: false, maximumFractionDigits: 20 })

/**
 * The value as the graph's scalar takes it. There, null empties a field; here it says nothing of it, and is left out.
 */
function toGraph(field: Field, scalar: Scalar, value: unknown): unknown {
  if (value === null || value === undefined || typeof value === 'object') return undefined
  const text = textOf(value)
  switch (scalar) {
    case 'ID':
    case 'String':
      return storedText(field, text)
    case 'Boolean':
      return !isEmpty(value) && !falseWords.has(text)
    case 'Int':
      return text === '' ? null : Math.max(-intMax - 1, Math.min(intMax, Math.trunc(numberIn(text))))
    case 'Float':
      return text === '' ? null : numberIn(text)
    case 'Decimal':
      return text === '' ? null : digits.format(numberIn(text))
    case 'Time':
      return /^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$/.test(text) ? text : null
    case 'Date':
    case 'DateTime':
      return text === '' ? null : text
  }
}
