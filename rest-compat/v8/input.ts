import type { Field } from '../../schema/field.ts'
import type { Scalar } from '../../schema/graphql-types.ts'
import { fieldOf, type Module } from '../../schema/module.ts'
import type { DateStyle } from '../../schema/principal.ts'
import { parseDate, parseDateTime } from '../dates.ts'
import { storedText } from '../text.ts'
import { decimalText } from './comparison.ts'
import type { ModuleGraph } from './graph.ts'
import { isArray, isList, phpString, type PhpArray, type PhpValue } from './php-array.ts'

/** An input of the graph. */
export type Input = Readonly<Record<string, unknown>>

/** Attributes that are no values of the record but its file. */
const fileAttributes: ReadonlySet<string> = new Set(['filename', 'filecontents'])

/**
 * Makes attributes into the graph's input: text purified, dates read in the user's way, numbers read from text.
 *
 * A null attribute leaves the field as it is, so it is left out. In the input, null empties the field: a date that
 * cannot be read, a number without digits. What the graph does not take (links, names of related records, secrets) is
 * ignored, as SuiteCRM's save ignores it.
 *
 * @see SuiteCRM data/SugarBean.php fixUpFormatting(), include/database/DBManager.php updateSQL()
 */
export function inputOf(module: Module, graph: ModuleGraph, attributes: PhpArray, style: DateStyle): Input {
  const input: Record<string, unknown> = {}
  for (const [name, value] of attributes) {
    const field = fieldOf(module, name)
    const scalar = graph.inputs.get(name)
    if (!field || !scalar || value === null || name === 'deleted' || name === 'id') continue
    if (graph.inputs.has('filecontents') && fileAttributes.has(name)) continue
    input[name] = storedValue(field, scalar, value, style)
  }
  return input
}

/** The file that attributes bring along, for modules whose records have one. */
export function fileOf(graph: ModuleGraph, attributes: PhpArray): Input | undefined {
  const filename = attributes.get('filename')
  if (!graph.inputs.has('filecontents') || typeof filename !== 'string') return undefined
  const contents = attributes.get('filecontents')
  return { filename, filecontents: typeof contents === 'string' ? contents : '' }
}

function storedValue(field: Field, scalar: Scalar, value: PhpValue, style: DateStyle): unknown {
  const text = isArray(value) ? multienumText(value) : phpString(value)
  switch (scalar) {
    case 'ID':
    case 'String':
      return storedText(field, text)
    case 'Boolean':
      return !falsy.has(text)
    case 'Int':
      return text === '' ? null : Math.min(intMax, Math.max(-intMax - 1, Math.trunc(numberOf(value))))
    case 'Float':
      return text === '' ? null : numberOf(value)
    case 'Decimal':
      return text === '' ? null : decimalText(numberOf(value))
    case 'DateTime':
      return isoOf(parseDateTime(text.trim(), style))
    case 'Date':
      return parseDate(text.trim(), style) ?? null
    case 'Time':
      return /^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$/.test(text) ? text.padEnd(8, ':00') : null
  }
}

const intMax = 2_147_483_647

const falsy: ReadonlySet<string> = new Set(['', 'off', 'false', '0', 'no'])

const isoOf = (stored: string | undefined) => (stored === undefined ? null : `${stored.replace(' ', 'T')}Z`)

const multienumText = (values: PhpArray) =>
  isList(values) ? [...values.values()].map(item => `^${isArray(item) ? '' : phpString(item)}^`).join() : ''

/** Thousands separators and the currency symbol are left out; what follows the digits does not count. @see unformat_number() */
function numberOf(value: PhpValue): number {
  if (typeof value === 'number') return value
  if (typeof value === 'boolean') return value ? 1 : 0
  const plain = (typeof value === 'string' ? value : '').replace(/[,$]/g, '').trim()
  const number = Number(/^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?/.exec(plain)?.[0] ?? 0)
  return Number.isFinite(number) ? number : 0
}
