import { findingsOf, type Finding, type Findings } from './findings.ts'
import { keyOf, latestColumn, type ColumnPlan, type TablePlan } from './plan.ts'
import type { Cell, SourceRow } from './lots.ts'
import { decoded } from './values.ts'

/** Rows that are stored together, as PostgreSQL reads them. */
export type Batch = {
  /** How many rows were read for it. */
  readonly read: number
  /** For each column of the plan the values of the kept rows, as the text of a `text[]`. */
  readonly columns: readonly string[]
  /** Which of those rows are meant: from the first to before the second, counted from 0. */
  readonly range: readonly [from: number, to: number]
  /** For each of those rows whether it has a row in the `_cstm` table. */
  readonly merged: readonly boolean[]
  /** How many rows are left out, by reason; and how many of those have a row in the `_cstm` table. */
  readonly skipped: Readonly<Record<string, number>>
  readonly customSkipped: number
  readonly findings: readonly Finding[]
  /** Null when it is unknown, or PostgreSQL cannot hold it; nothing is resumed here then. */
  readonly lastKey: string | null
  /** The newest `date_modified`. */
  readonly latest: string | null
}

/** Turns rows into a batch, a few at a time: their values are garbage before they are old, which halves the work of V8. */
export type BatchBuilder = {
  readonly isFull: () => boolean
  readonly add: (rows: readonly SourceRow[]) => void
  readonly finish: () => Batch
}

const rowsMax = 2_000
const bytesMax = 8_000_000
const examplesMax = 100

/** @param seen  keys met before, for tables whose key is not unique: the first row with a key is kept */
export function buildBatch(plan: TablePlan, seen?: Set<string>): BatchBuilder {
  const findings = findingsOf(plan.table, examplesMax)
  const elements: string[][] = plan.columns.map(() => [])
  const texts: string[][] = plan.columns.map(() => [])
  const values: (string | null)[] = []
  const merged: boolean[] = []
  const skipped: Record<string, number> = {}
  const latestIndex = plan.columns.findIndex(column => column.name === latestColumn)
  let [read, bytes, customSkipped] = [0, 0, 0]
  let lastKey: string | null = null
  let latest: string | null = null

  const addRow = (row: SourceRow) => {
    const isMerged = plan.custom !== undefined && row[plan.columns.length] !== null
    const reason = valuesOf(plan, row, values, findings) ?? (seen && repeats(seen, values[0]))
    if (reason !== undefined) {
      skipped[reason] = (skipped[reason] ?? 0) + 1
      if (isMerged) customSkipped += 1
      return
    }
    merged.push(isMerged)
    for (let index = 0; index < elements.length; index += 1) {
      const value = values[index]
      elements[index]?.push(value == null ? 'NULL' : quotedElement(value))
    }
  }
  return {
    isFull: () => read >= rowsMax || bytes >= bytesMax,
    add(rows) {
      read += rows.length
      for (const row of rows) {
        addRow(row)
        const modified = row[latestIndex]
        if (typeof modified === 'string' && modified > (latest ?? '')) latest = modified
      }
      for (let index = 0; index < elements.length; index += 1) {
        const text = elements[index]?.join(',') ?? ''
        elements[index] = []
        bytes += text.length
        if (text !== '') texts[index]?.push(text)
      }
      lastKey = rows.at(-1)?.[0]?.toString() ?? null
    },
    finish: () => ({
      read,
      columns: texts.map(parts => `{${parts.join(',')}}`),
      range: [0, merged.length],
      merged,
      skipped,
      customSkipped,
      findings: findings.list(),
      lastKey: lastKey?.includes('\0') ? null : lastKey,
      latest,
    }),
  }
}

export const keptOf = ({ range: [from, to] }: Batch) => to - from

/** A batch in two; what is known of it as a whole goes with the second. */
export function halvesOf(batch: Batch): [Batch, Batch] {
  const [from, to] = batch.range
  const half = Math.ceil((to - from) / 2)
  const nothing = { read: half, skipped: {}, customSkipped: 0, findings: [], lastKey: null, latest: null }
  return [
    { ...batch, ...nothing, range: [from, from + half], merged: batch.merged.slice(0, half) },
    { ...batch, read: batch.read - half, range: [from + half, to], merged: batch.merged.slice(half) },
  ]
}

/** A batch of one row that PostgreSQL refuses: now it has none. */
export function refusedBatch(plan: TablePlan, batch: Batch, id: string, reason: string): Batch {
  const findings = findingsOf(plan.table, examplesMax)
  findings.merge(batch.findings)
  findings.add('', `${reason}: row left out`, id, '')
  return {
    ...batch,
    range: [0, 0],
    merged: [],
    skipped: { ...batch.skipped, [reason]: 1 },
    customSkipped: batch.customSkipped + (batch.merged[0] ? 1 : 0),
    findings: findings.list(),
  }
}

/**
 * Fills `values` with a row's values.
 *
 * @returns why the row cannot be kept, or undefined
 */
function valuesOf(plan: TablePlan, row: SourceRow, values: (string | null)[], findings: Findings) {
  for (let index = 0; index < plan.columns.length; index += 1) {
    const column = plan.columns[index]
    if (!column) continue
    const cell = row[index] ?? null
    const text = cell === null ? null : decoded(cell)
    const value = typeof text === 'string' ? column.convert(text) : text
    if (typeof value === 'string') {
      values[index] = value
      continue
    }
    const stand = standInFor(column, value?.problem)
    if (stand.finding)
      findings.add(column.name, stand.finding, shown(row[0]), column.isSecret ? '(not shown)' : shown(cell))
    if (stand.skip) return stand.skip
    values[index] = stand.value
  }
  if (values[0] !== '') return undefined
  findings.add(keyOf(plan.table), 'is empty: row left out', '', '')
  return `${keyOf(plan.table)} is empty`
}

/** What stands in for NULL and for a value that cannot be kept. A record that may be deleted stays deleted. */
function standInFor({ name, type, isRequired }: ColumnPlan, problem: string | undefined) {
  if (!isRequired) return { value: null, finding: problem && `${problem}: kept as null` }
  if (type === 'boolean' && problem) return { value: '1', finding: `${problem}: became true` }
  if (type === 'boolean') return { value: '0', finding: 'is NULL: became false' }
  return { value: null, finding: `${problem ?? 'is NULL'}: row left out`, skip: `${name} ${problem ?? 'is NULL'}` }
}

function repeats(seen: Set<string>, key: string | null | undefined) {
  if (key == null) return undefined
  if (seen.has(key)) return 'a row before it has the same id'
  seen.add(key)
  return undefined
}

const quotedElement = (value: string) => `"${/["\\]/.test(value) ? value.replace(/["\\]/g, String.raw`\$&`) : value}"`

const shown = (cell: Cell | undefined) => cell?.toString().slice(0, 400) ?? 'NULL'
