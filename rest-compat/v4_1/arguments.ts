import { isEmpty } from '../php.ts'
import { Fault } from './fault.ts'

/** Something with members, as JSON objects are. */
export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Text, a number or a truth value as the text that PHP makes of it; anything else is no text. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return String(value)
  return value === true ? '1' : ''
}

/** What PHP takes for true. */
export const flagOf = (value: unknown) => !isEmpty(value)

/** A whole number, or the one that a text begins with; undefined for what is none. */
export function wholeOf(value: unknown): number | undefined {
  const number = typeof value === 'number' ? Math.trunc(value) : Number.parseInt(textOf(value), 10)
  return Number.isSafeInteger(number) ? number : undefined
}

/**
 * A list of texts; an object counts as the list of its values. Nothing, `''` and `[]` are no list.
 *
 * @throws Fault  for a text or number where a list is expected
 */
export function textsOf(value: unknown): readonly string[] {
  if (isEmpty(value)) return []
  if (typeof value !== 'object' || value === null) throw new Fault('invalid_data_format')
  return Object.values(value).map(textOf)
}

/** The elements of a list, or the values of an object. */
export const itemsOf = (value: unknown): readonly unknown[] =>
  typeof value === 'object' && value !== null ? Object.values(value) : []

/** A link that a client asks for, with the fields it wants of the records there. */
export type WantedLink = { readonly name: string; readonly fields: readonly string[] }

/** Reads `[{"name": "contacts", "value": ["id", "last_name"]}]`. Elements of another form are left out. */
export function wantedLinks(value: unknown): readonly WantedLink[] {
  return itemsOf(value).flatMap(item => {
    if (!isObject(item) || typeof item.name !== 'string' || isEmpty(item.value) || typeof item.value !== 'object')
      return []
    return [{ name: item.name, fields: itemsOf(item.value).map(textOf) }]
  })
}

/**
 * The pairs of a name_value_list in any of its three forms: `[{"name", "value"}]`, `{"field": value}` and
 * `{"field": {"name", "value"}}`. Lists in the place of a value are none, and left out.
 *
 * @throws Fault  for what is neither a list nor an object
 */
export function nameValues(value: unknown): readonly (readonly [name: string, value: unknown])[] {
  if (typeof value !== 'object' || value === null) throw new Fault('invalid_data_format')
  return Object.entries(value)
    .map(([key, item]: [string, unknown]) =>
      isObject(item) ? ([textOf(item.name), item.value ?? null] as const) : ([key, item] as const),
    )
    .filter(([, item]) => typeof item !== 'object' || item === null)
}
