import { entityNames } from './entities.ts'

/** What PHP's empty() is true for: nothing, `false`, `0`, `'0'`, no text and no elements. */
export function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === 0 || value === '' || value === '0')
    return true
  return Array.isArray(value) ? value.length === 0 : typeof value === 'object' && Object.keys(value).length === 0
}

/**
 * JSON as PHP's json_encode() writes it without options: compact, slashes escaped, everything beyond ASCII as `\uXXXX`.
 */
export function phpJson(value: unknown): string {
  const text = JSON.stringify(value ?? null)
  return /[/\u0080-\uffff]/.test(text) ? text.replace(/[/\u0080-\uffff]/g, escapeUnit) : text
}

const escapeUnit = (unit: string) => (unit === '/' ? '\\/' : `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** A number as PHP and MySQL write a floating-point one: the shortest text that reads back the same. */
export function phpNumber(value: number): string {
  return Math.abs(value) >= 1e15 ? value.toExponential().replace('e+', 'e') : String(value)
}

/** What PHP's print_r() prints. */
export function printR(value: unknown, indent = ''): string {
  if (value === null || value === undefined || value === false) return ''
  if (value === true) return '1'
  if (typeof value === 'number') return phpNumber(value)
  if (typeof value !== 'object') return String(value)
  const inner = `${indent}        `
  const entries = Object.entries(value).map(([key, item]) => `${indent}    [${key}] => ${printR(item, inner)}\n`)
  return `Array\n${indent}(\n${entries.join('')}${indent})\n`
}

/** PHP's htmlentities() with its defaults: quotes, and every character that HTML 4.01 has a name for. */
export const htmlEntities = (text: string) =>
  /[&<>"'\u0080-\uffff]/.test(text) ? text.replace(/[&<>"'\u0080-\uffff]/g, entityOf) : text

function entityOf(character: string): string {
  if (character === "'") return '&#039;'
  const name = entityNames.get(character)
  return name === undefined ? character : `&${name};`
}

/**
 * How PHP turns a list of key and value pairs into JSON: a list where the keys count from 0, else an object.
 */
export function phpArray<T>(entries: readonly (readonly [string, T])[]): readonly T[] | Readonly<Record<string, T>> {
  if (entries.every(([key], i) => key === String(i))) return entries.map(([, value]) => value)
  return Object.fromEntries(entries)
}
