import type { Scalar } from '../../../schema/graphql-types.ts'
import type { Row } from '../../../drizzle/select.ts'
import { DateTime } from '../scalars.ts'
import { guarded } from './csv-guard.ts'

export type ExportFormat = 'NDJSON' | 'CSV'

/** A column of an export. */
export type ExportColumn = { readonly name: string; readonly scalar: Scalar }

/** Numbers are what they are: a minus sign in front of one starts no formula. */
const numbers: ReadonlySet<Scalar> = new Set<Scalar>(['Int', 'Float', 'Decimal'])

/** What precedes the first record. */
export const headText = (format: ExportFormat, columns: readonly ExportColumn[], hasMark: boolean): string =>
  format === 'NDJSON' ? '' : `${hasMark ? '\ufeff' : ''}${columns.map(({ name }) => quoted(name)).join(',')}\r\n`

/**
 * Records as they are written.
 *
 * NDJSON has the types of GraphQL: exact decimals are text, moments end in Z. CSV is RFC 4180; nothing is an empty cell,
 * empty text is `""`.
 *
 * @param isGuarded  text that a spreadsheet would run as a formula gets an apostrophe in front
 */
export function recordsText(
  format: ExportFormat,
  columns: readonly ExportColumn[],
  rows: readonly Row[],
  isGuarded: boolean,
): string {
  if (format === 'NDJSON') return rows.map(row => `${jsonOf(columns, row)}\n`).join('')
  return rows.map(row => `${columns.map(column => cellOf(column, row[column.name], isGuarded)).join(',')}\r\n`).join('')
}

const jsonOf = (columns: readonly ExportColumn[], row: Row) =>
  JSON.stringify(Object.fromEntries(columns.map(({ name, scalar }) => [name, valueOf(scalar, row[name])])))

const valueOf = (scalar: Scalar, value: unknown): unknown =>
  value === null || value === undefined ? null : scalar === 'DateTime' ? DateTime.serialize(value) : value

function cellOf({ scalar }: ExportColumn, stored: unknown, isGuarded: boolean): string {
  const value = valueOf(scalar, stored)
  if (value === null) return ''
  const text = String(value)
  return quoted(isGuarded && !numbers.has(scalar) ? guarded(text) : text)
}

const quoted = (text: string) =>
  text === '' || /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
