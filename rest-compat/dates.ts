import type { DateStyle } from '../schema/principal.ts'

/** A moment as our tables hold it: `2030-03-04 10:30:00`, UTC. */
export type StoredDateTime = string

type Parts = { year: number; month: number; day: number; hour: number; minute: number; second: number }

const dbDateTime = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)$/
const isoDateTime = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?(?:([Zz])|([+-])(\d\d):?(\d\d)?)?$/
const isoDate = /^(\d{4})-(\d\d)-(\d\d)$/

/**
 * Reads a date and time as SuiteCRM's clients write it.
 *
 * `YYYY-MM-DD HH:MM:SS` is UTC; text in the user's display format is in the user's zone. Beyond SuiteCRM, ISO 8601 is
 * understood (without an offset it is UTC) and a bare date is midnight in the user's zone.
 *
 * @returns undefined for anything else, which SuiteCRM stores as empty
 */
export function parseDateTime(text: string, style: DateStyle): StoredDateTime | undefined {
  const db = dbDateTime.exec(text)
  if (db) return stored(partsOf(db))
  const iso = isoDateTime.exec(text)
  if (iso) {
    const offset = iso[8] ? (Number(iso[9]) * 60 + Number(iso[10] ?? 0)) * (iso[8] === '-' ? -1 : 1) : 0
    return stored(partsOf(iso), offset)
  }
  const date = isoDate.exec(text)
  if (date) return storedLocal(partsOf(date), style.timezone)
  const display = readPhpDate(text, `${style.dateFormat} ${style.timeFormat}`)
  return display && storedLocal(display, style.timezone)
}

/** Reads a date: `YYYY-MM-DD`, the user's display format, or the date part of an ISO 8601 moment. */
export function parseDate(text: string, style: DateStyle): string | undefined {
  const date = isoDate.exec(text) ?? dbDateTime.exec(text) ?? isoDateTime.exec(text)
  const parts = date ? partsOf([...date.slice(0, 4)]) : readPhpDate(text, style.dateFormat)
  return parts && stored(parts)?.slice(0, 10)
}

/** `2030-03-04 10:30:00` (or with T and Z) as the user sees it: in the user's zone and format. */
export function displayDateTime(value: string, style: DateStyle): string {
  const at = Date.UTC(
    Number(value.slice(0, 4)),
    Number(value.slice(5, 7)) - 1,
    Number(value.slice(8, 10)),
    Number(value.slice(11, 13)),
    Number(value.slice(14, 16)),
    Number(value.slice(17, 19)),
  )
  const local = new Date(at + offsetMs(at, style.timezone))
  return `${phpDate(local, style.dateFormat)} ${phpDate(local, style.timeFormat)}`
}

/** `2030-03-04` as the user sees it. */
export const displayDate = (value: string, style: DateStyle) =>
  phpDate(new Date(`${value.slice(0, 10)}T00:00:00Z`), style.dateFormat)

/** Does the user's time format show seconds? SuiteCRM loses them otherwise, because it reads dates back from display. */
export const showsSeconds = (style: DateStyle) => style.timeFormat.includes('s')

const pad = (n: number, width = 2) => String(n).padStart(width, '0')

function partsOf(match: readonly (string | undefined)[]): Parts {
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map(text => Number(text ?? 0))
  return { year, month, day, hour, minute, second }
}

const utcOf = ({ year, month, day, hour, minute, second }: Parts) =>
  Date.UTC(year, month - 1, day, hour, minute, second)

/** @returns undefined for a date that does not exist, such as the 31st of February */
function stored(parts: Parts, offsetMinutes = 0): StoredDateTime | undefined {
  const at = new Date(utcOf(parts))
  const exists =
    parts.year >= 1 &&
    at.getUTCMonth() + 1 === parts.month &&
    at.getUTCDate() === parts.day &&
    parts.hour < 24 &&
    parts.minute < 60 &&
    parts.second < 60
  return exists ? textOf(new Date(at.getTime() - offsetMinutes * 60_000)) : undefined
}

function storedLocal(parts: Parts, timezone: string): StoredDateTime | undefined {
  if (!stored(parts)) return undefined
  const wall = utcOf(parts)
  const guess = wall - offsetMs(wall, timezone)
  return textOf(new Date(wall - offsetMs(guess, timezone)))
}

const textOf = (at: Date) =>
  `${pad(at.getUTCFullYear(), 4)}-${pad(at.getUTCMonth() + 1)}-${pad(at.getUTCDate())} ` +
  `${pad(at.getUTCHours())}:${pad(at.getUTCMinutes())}:${pad(at.getUTCSeconds())}`

// ------------------------------------------------------------------------------------------------ zones

const clocks = new Map<string, Intl.DateTimeFormat | undefined>()

/** A zone that does not exist counts as UTC, as in SuiteCRM. */
function clockOf(timezone: string): Intl.DateTimeFormat | undefined {
  if (clocks.has(timezone)) return clocks.get(timezone)
  let clock: Intl.DateTimeFormat | undefined
  try {
    clock = new Intl.DateTimeFormat('en-US-u-hc-h23', {
      timeZone: timezone,
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
  } catch {
    clock = undefined
  }
  if (clocks.size < 1000) clocks.set(timezone, clock)
  return clock
}

/** How far the clocks of a zone are ahead of UTC at a moment. */
function offsetMs(at: number, timezone: string): number {
  if (timezone === 'UTC' || timezone === '') return 0
  const clock = clockOf(timezone)
  if (!clock) return 0
  const part: Record<string, number> = {}
  for (const { type, value } of clock.formatToParts(at)) part[type] = Number(value)
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(at / 1000) * 1000
}

// ------------------------------------------------------------------------------------------------ PHP's date letters

const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const months = 'January February March April May June July August September October November December'.split(' ')

const letters: Readonly<Record<string, (at: Date) => string>> = {
  d: at => pad(at.getUTCDate()),
  j: at => String(at.getUTCDate()),
  D: at => (days[at.getUTCDay()] ?? '').slice(0, 3),
  l: at => days[at.getUTCDay()] ?? '',
  m: at => pad(at.getUTCMonth() + 1),
  n: at => String(at.getUTCMonth() + 1),
  M: at => (months[at.getUTCMonth()] ?? '').slice(0, 3),
  F: at => months[at.getUTCMonth()] ?? '',
  Y: at => pad(at.getUTCFullYear(), 4),
  y: at => pad(at.getUTCFullYear() % 100),
  H: at => pad(at.getUTCHours()),
  G: at => String(at.getUTCHours()),
  h: at => pad(at.getUTCHours() % 12 || 12),
  g: at => String(at.getUTCHours() % 12 || 12),
  i: at => pad(at.getUTCMinutes()),
  s: at => pad(at.getUTCSeconds()),
  A: at => (at.getUTCHours() < 12 ? 'AM' : 'PM'),
  a: at => (at.getUTCHours() < 12 ? 'am' : 'pm'),
}

const phpDate = (at: Date, format: string) => format.replace(/[a-zA-Z]/g, letter => letters[letter]?.(at) ?? letter)

const patterns: Readonly<Record<string, string>> = {
  ...{ d: '(\\d{1,2})', j: '(\\d{1,2})', m: '(\\d{1,2})', n: '(\\d{1,2})', Y: '(\\d{4})', y: '(\\d{2})' },
  ...{ M: '([A-Za-z]{3})', F: '([A-Za-z]+)', D: '([A-Za-z]{3})', l: '([A-Za-z]+)' },
  ...{ H: '(\\d{1,2})', G: '(\\d{1,2})', h: '(\\d{1,2})', g: '(\\d{1,2})', i: '(\\d{2})', s: '(\\d{2})' },
  ...{ A: '([AaPp][Mm])', a: '([AaPp][Mm])' },
}

type Reader = { readonly pattern: RegExp; readonly letters: readonly string[] }

const readers = new Map<string, Reader>()

function readerOf(format: string): Reader {
  let reader = readers.get(format)
  if (reader) return reader
  const found: string[] = []
  const source = format.replace(/[a-zA-Z]|[^a-zA-Z]/g, character => {
    const pattern = patterns[character]
    if (pattern === undefined) return character.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
    found.push(character)
    return pattern
  })
  reader = { pattern: new RegExp(`^${source}$`), letters: found }
  if (readers.size < 1000) readers.set(format, reader)
  return reader
}

/** Reads text that was written with PHP's date letters; undefined when it does not have that form. */
function readPhpDate(text: string, format: string): Parts | undefined {
  const reader = readerOf(format)
  const match = reader.pattern.exec(text)
  if (!match) return undefined
  const parts: Parts = { year: 1970, month: 1, day: 1, hour: 0, minute: 0, second: 0 }
  let half: string | undefined
  reader.letters.forEach((letter, i) => {
    const value = match[i + 1] ?? ''
    if (letter === 'd' || letter === 'j') parts.day = Number(value)
    else if (letter === 'm' || letter === 'n') parts.month = Number(value)
    else if (letter === 'M' || letter === 'F') parts.month = monthOf(value)
    else if (letter === 'Y') parts.year = Number(value)
    else if (letter === 'y') parts.year = Number(value) + (Number(value) < 70 ? 2000 : 1900)
    else if (/[HGhg]/.test(letter)) parts.hour = Number(value)
    else if (letter === 'i') parts.minute = Number(value)
    else if (letter === 's') parts.second = Number(value)
    else if (letter === 'A' || letter === 'a') half = value.toLowerCase()
  })
  if (half !== undefined) parts.hour = (parts.hour % 12) + (half === 'pm' ? 12 : 0)
  return parts
}

const monthOf = (name: string) => months.findIndex(month => month.toLowerCase().startsWith(name.toLowerCase())) + 1
