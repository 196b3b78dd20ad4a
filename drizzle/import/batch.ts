import { findingsOf, type Finding, type Findings } from './findings.ts'
import { keyOf, latestColumn, type ColumnPlan, type TablePlan } from './plan.ts'
import type { SourceRow } from './source.ts'

/** Rows that are stored together, as PostgreSQL reads them. */
export type Batch = {
  readonly rows: readonly SourceRow[]
  /** For each column of the plan the values of the kept rows, as the text of a `text[]`. */
  readonly columns: readonly string[]
  readonly kept: number
  /** How many rows are left out, by reason. */
  readonly skipped: Readonly<Record<string, number>>
  /** How many of the rows have a row in the `_cstm` table; and how many of those are left out. */
  readonly custom: number
  readonly customSkipped: number
  readonly findings: readonly Finding[]
  /** Null when PostgreSQL cannot hold it; the table is then not resumed here. */
  readonly lastKey: string | null
  /** The newest `date_modified`. */
  readonly latest: string | null
}

const examplesMax = 100

/**
 * Turns rows into a batch.
 *
 * @param seen  keys met before, for tables whose key is not unique: the first row with a key is kept
 */
export function batchOf(plan: TablePlan, rows: readonly SourceRow[], seen?: Set<string>): Batch {
  const findings = findingsOf(plan.table, examplesMax)
  const elements: string[][] = plan.columns.map(() => [])
  const skipped: Record<string, number> = {}
  let kept = 0
  let custom = 0
  let customSkipped = 0
  const values: (string | null)[] = []

  for (const row of rows) {
    const isMerged = plan.custom !== undefined && row[plan.columns.length] !== null
    if (isMerged) custom += 1
    const reason = valuesOf(plan, row, values, findings) ?? (seen && repeats(seen, values[0]))
    if (reason !== undefined) {
      skipped[reason] = (skipped[reason] ?? 0) + 1
      if (isMerged) customSkipped += 1
      continue
    }
    kept += 1
    for (const [index, value] of values.entries()) elements[index]?.push(value === null ? 'NULL' : quotedElement(value))
  }
  const columns = elements.map(column => `{${column.join(',')}}`)
  const last = rows.at(-1)?.[0]?.toString()
  const lastKey = last === undefined || last.includes('\0') ? null : last
  return {
    rows,
    columns,
    kept,
    skipped,
    custom,
    customSkipped,
    findings: findings.list(),
    lastKey,
    latest: latestOf(plan, rows),
  }
}

function latestOf(plan: TablePlan, rows: readonly SourceRow[]) {
  const index = plan.columns.findIndex(column => column.name === latestColumn)
  if (index < 0) return null
  return rows.map(row => row[index]?.toString('latin1') ?? '').reduce((a, b) => (a > b ? a : b), '')
}

/** A batch that stores nothing of its one row, because PostgreSQL refuses it. */
export function refusedBatch(plan: TablePlan, batch: Batch, reason: string): Batch {
  const findings = findingsOf(plan.table, examplesMax)
  findings.merge(batch.findings)
  findings.add('', `${reason}: row left out`, shown(batch.rows[0]?.[0]), '')
  const columns = plan.columns.map(() => '{}')
  return {
    ...batch,
    columns,
    kept: 0,
    skipped: { [reason]: 1 },
    customSkipped: batch.custom,
    findings: findings.list(),
  }
}

/**
 * Fills `values` with a row's values.
 *
 * @returns why the row cannot be kept, or undefined
 */
function valuesOf(plan: TablePlan, row: SourceRow, values: (string | null)[], findings: Findings) {
  for (const [index, column] of plan.columns.entries()) {
    const bytes = row[index] ?? null
    const value = bytes === null ? null : column.convert(bytes)
    if (typeof value === 'string') {
      values[index] = value
      continue
    }
    const stand = standInFor(column, value?.problem)
    if (stand.finding)
      findings.add(column.name, stand.finding, shown(row[0]), column.isSecret ? '(not shown)' : shown(bytes))
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

const shown = (bytes: Buffer | null | undefined) => bytes?.subarray(0, 400).toString() ?? 'NULL'
