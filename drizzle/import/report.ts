import type { RefusedField } from '../custom-fields.ts'
import type { ColumnChange } from './columns.ts'
import type { Differences } from './differences.ts'
import { shortened, type Finding } from './findings.ts'
import type { RefusedModule, TakenModule } from './modules.ts'
import type { FilesCount } from './uploads.ts'
import type { Vanished } from './vanished.ts'

/** What became of the rows of one table. */
export type TableCount = {
  readonly table: string
  /** Rows that the source counts. */
  readonly source: number
  /** Rows that are here now. */
  readonly imported: number
  /** What that took; not for `_cstm` tables, whose rows become part of others. */
  readonly changes?: { readonly inserted: number; readonly updated: number; readonly unchanged: number }
  /** Rows left out, by reason. */
  readonly skipped: Readonly<Record<string, number>>
  /** Rows that were looked for here afterwards and found; only where rows have keys of their own. */
  readonly present?: number
  readonly vanished?: Vanished
}

export type ImportReport = {
  /** `host:port/database`. */
  readonly source: string
  readonly startedAt: string
  readonly finishedAt: string
  /** It took over where an interrupted run had stopped. */
  readonly isResumed: boolean
  readonly tables: readonly TableCount[]
  readonly findings: readonly Finding[]
  /** Modules of the source that only that installation has, and are modules here. */
  readonly modules: readonly TakenModule[]
  readonly refusedModules: readonly RefusedModule[]
  readonly columns: readonly ColumnChange[]
  readonly refusedFields: readonly RefusedField[]
  readonly differences: Differences
  readonly files?: FilesCount
  /** Why the counts do not add up; empty when they do. */
  readonly mistakes: readonly string[]
}

export const skippedOf = ({ skipped }: TableCount) => Object.values(skipped).reduce((sum, count) => sum + count, 0)

/** Where a table's counts contradict one another. */
export function mistakesOf(tables: readonly TableCount[]): string[] {
  return tables.flatMap(count => {
    const { imported } = count
    const skipped = skippedOf(count)
    const lost = count.source - imported - skipped
    return [
      ...(lost !== 0
        ? [`${count.table}: ${count.source} rows there, but ${imported} imported and ${skipped} skipped`]
        : []),
      ...(count.present !== undefined && count.present !== imported
        ? [`${count.table}: ${imported} rows imported, but ${count.present} of them are here`]
        : []),
    ]
  })
}

const examplesShown = 5
const linesMax = 40

/** The report as people read it, in plain lines. Text of the source is shortened and has no control characters. */
export function reportText(report: ImportReport): string {
  const { differences } = report
  const full = differences.unknownTables.filter(table => table.rows > 0)
  const empty = differences.unknownTables.length - full.length
  return [
    ...countLines(report.tables),
    ...section('Values that could not be kept as they are', report.findings.map(findingText)),
    ...section(
      'Records that are no longer at the source (they stay here)',
      report.tables.flatMap(({ table, vanished }) =>
        vanished && vanished.count > 0
          ? [`${table}: ${vanished.count}: ${listed(vanished.ids.map(shortened), vanished.count)}`]
          : [],
      ),
    ),
    ...section(
      'Modules of this installation',
      report.modules.map(({ module, table, links }) =>
        [`${module}: table ${table}`, ...(links.length > 0 ? [`links ${links.join(', ')}`] : [])].join(', '),
      ),
    ),
    ...section(
      'Modules and links that cannot be taken over',
      report.refusedModules.map(({ module, reason }) => `${shortened(module)}: ${reason}`),
    ),
    ...section('Columns for custom fields', report.columns.map(columnText)),
    ...section(
      'Custom fields that cannot be taken over',
      report.refusedFields.map(({ module, name, reason }) => `${shortened(module)}.${shortened(name)}: ${reason}`),
    ),
    ...section('Columns that Switchyard does not know (not imported)', differences.unknownColumns.map(nameOf)),
    ...section('Columns that the source lacks (left empty)', differences.missingColumns.map(nameOf)),
    ...section('Tables that the source lacks', differences.missingTables),
    ...section('Tables that Switchyard does not know (not imported)', [
      ...full.map(({ name, rows, isExact }) => `${shortened(name)}: ${isExact ? '' : 'about '}${rows} rows`),
      ...(empty > 0 ? [`and ${empty} empty ones`] : []),
    ]),
    ...filesLines(report),
    '',
    ...(report.mistakes.length > 0
      ? ['The counts do not add up:', ...report.mistakes.map(mistake => `  ${mistake}`)]
      : [
          `Everything is accounted for. Imported from ${report.source}${report.isResumed ? ', resuming an interrupted run' : ''}.`,
        ]),
  ].join('\n')
}

const headings = ['table', 'source', 'imported', 'new', 'changed', 'equal', 'skipped', 'why']

function countLines(tables: readonly TableCount[]): string[] {
  const used = tables.filter(count => count.source > 0 || count.imported > 0)
  const rows = used.map(count => [count.table, ...numbersOf(count).map(textOf), whyText(count)])
  const sums = headings
    .slice(1, -1)
    .map((_, index) => used.reduce((sum, count) => sum + (numbersOf(count)[index] ?? 0), 0))
  const all = [headings, ...rows, ['total', ...sums.map(textOf), '']]
  const widths = headings.map((_, index) => Math.max(...all.map(row => row[index]?.length ?? 0)))
  const isText = (index: number) => index === 0 || index === headings.length - 1
  return all.map(row =>
    row
      .map((cell, index) => (isText(index) ? cell.padEnd(widths[index] ?? 0) : cell.padStart(widths[index] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
}

const numbersOf = (count: TableCount) => [
  count.source,
  count.imported,
  count.changes?.inserted,
  count.changes?.updated,
  count.changes?.unchanged,
  skippedOf(count),
]

const textOf = (number: number | undefined) => (number === undefined ? '' : String(number))

const whyText = ({ skipped }: TableCount) =>
  Object.entries(skipped)
    .map(([reason, rows]) => `${reason} (${rows})`)
    .join(', ')

const section = (title: string, lines: readonly string[]) =>
  lines.length === 0
    ? []
    : ['', `${title}:`, ...lines.slice(0, linesMax).map(line => `  ${line}`), ...rest(lines.length - linesMax)]

const rest = (count: number) => (count > 0 ? [`  ... and ${count} more`] : [])

function findingText({ table, column, problem, count, examples }: Finding) {
  const shown = examples.map(({ id, value }) => (value === '' ? id : `${id} "${value}"`))
  return `${table}${column && `.${column}`} ${problem}: ${count} (${listed(shown, count)})`
}

function columnText({ table, column, change, type, wanted }: ColumnChange) {
  if (change === 'kept') return `${table}.${column}: stays ${type}, although the source says ${wanted}`
  return `${table}.${column}: ${change}, ${type}`
}

const nameOf = ({ table, column }: { table: string; column: string }) => `${table}.${shortened(column)}`

const listed = (items: readonly string[], count: number) =>
  [...items.slice(0, examplesShown), ...(count > Math.min(items.length, examplesShown) ? ['...'] : [])].join(', ')

function filesLines({ files }: ImportReport): string[] {
  if (!files) return []
  const counts = `Files: ${files.expected} expected, ${files.copied} copied, ${files.unchanged} here already, ${files.missingCount} missing`
  return [
    '',
    `${counts}; ${files.others} others in the folder`,
    ...files.missing
      .slice(0, linesMax)
      .map(({ table, id, filename, reason }) => `  ${table} ${shortened(id)} (${shortened(filename)}): ${reason}`),
    ...rest(files.missingCount - linesMax),
  ]
}
