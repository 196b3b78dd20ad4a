/** A value as PHP holds what came in: its arrays are ordered maps, also where JSON wrote a list. */
export type PhpValue = string | number | boolean | null | PhpArray
export type PhpArray = Map<string, PhpValue>

export const isArray = (value: PhpValue | undefined): value is PhpArray => value instanceof Map

const depthMax = 64
const entriesMax = 1000

/**
 * PHP's parse_str(): `page[size]=2&fields[Accounts]=name`, `a[]=x&a[]=y`.
 *
 * Blanks and dots in names become underscores; what is nested deeper than PHP's limit is dropped, and so is what
 * comes after PHP's thousandth value.
 */
export function parseQuery(text: string): PhpArray {
  const root: PhpArray = new Map()
  let entries = 0
  for (const pair of text.split('&')) {
    if (pair === '' || ++entries > entriesMax) continue
    const equals = pair.indexOf('=')
    const name = formDecoded(equals < 0 ? pair : pair.slice(0, equals))
    setByName(root, name, equals < 0 ? '' : formDecoded(pair.slice(equals + 1)))
  }
  return root
}

/** Puts a value where a form field of that name goes. */
export function setByName(root: PhpArray, name: string, value: PhpValue) {
  const bracket = name.replace(/^ +/, '').indexOf('[')
  const trimmed = name.replace(/^ +/, '')
  const base = (bracket > 0 ? trimmed.slice(0, bracket) : trimmed).replace(/[ .]/g, '_')
  if (base === '') return
  const keys = bracket > 0 ? [...trimmed.slice(bracket).matchAll(/\[([^\]]*)\]/g)].map(match => match[1] ?? '') : []
  if (keys.length > depthMax) return
  let array = root
  let key = base
  for (const next of keys) {
    const inner = array.get(key)
    const child: PhpArray = isArray(inner) ? inner : new Map()
    if (child !== inner) array.set(key, child)
    array = child
    key = next === '' ? nextIndex(child) : next
  }
  array.set(key, value)
}

function nextIndex(array: PhpArray): string {
  let next = 0
  for (const key of array.keys()) if (/^(0|[1-9]\d*)$/.test(key)) next = Math.max(next, Number(key) + 1)
  return String(next)
}

/** urldecode(): plus signs are blanks; broken escapes stay as they are. */
export function formDecoded(text: string): string {
  if (!/[%+]/.test(text)) return text
  const spaced = text.replaceAll('+', ' ')
  if (!spaced.includes('%')) return spaced
  try {
    return decodeURIComponent(spaced)
  } catch {
    return Buffer.from(
      spaced.replace(/%([\da-fA-F]{2})|[^\x00-\x7f]/g, (whole, hex?: string) =>
        hex ? String.fromCharCode(Number.parseInt(hex, 16)) : Buffer.from(whole).toString('latin1'),
      ),
      'latin1',
    ).toString('utf8')
  }
}

/** json_decode(text, true), at most 512 levels deep. @returns undefined for what is no JSON */
export function parseJson(text: string): PhpValue | undefined {
  try {
    return phpValue(JSON.parse(text), 0)
  } catch {
    return undefined
  }
}

function phpValue(value: unknown, depth: number): PhpValue {
  if (depth > 511) throw new RangeError('too deep')
  if (Array.isArray(value)) return new Map(value.map((item, i) => [String(i), phpValue(item, depth + 1)]))
  if (value !== null && typeof value === 'object')
    return new Map(Object.entries(value).map(([key, item]) => [key, phpValue(item, depth + 1)]))
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null
}

/** http_build_query() without its percent signs, as SuiteCRM writes its links. */
export function buildQuery(array: PhpArray, prefix = ''): string {
  const parts: string[] = []
  for (const [key, value] of array) {
    const name = prefix === '' ? key : `${prefix}[${key}]`
    if (isArray(value)) {
      if (value.size) parts.push(buildQuery(value, name))
    } else if (value !== null) parts.push(`${name}=${phpString(value)}`)
  }
  return parts.join('&')
}

/** A scalar as PHP writes it into text. */
export const phpString = (value: string | number | boolean | null): string =>
  value === true ? '1' : value === false || value === null ? '' : String(value)

/** Is it a list, its keys 0, 1, 2 ...? */
export const isList = (array: PhpArray) => [...array.keys()].every((key, i) => key === String(i))
