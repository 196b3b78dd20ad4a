import { begin } from '../transaction.ts'
import type { Pool } from '../client.ts'
import { findingsOf } from './findings.ts'
import { forget, recordBatch, recordEnd, type Counts, type Run } from './runs.ts'
import type { SourceRow } from './lots.ts'
import { quoted, type Source } from './source.ts'
import { decoded, textOf } from './values.ts'

const table = 'config'
const names = ['category', 'name', 'value'] as const
type Setting = [category: string | null, name: string | null, value: string | null]

/** Settings beyond this many are no settings. */
const rowsMax = 100_000

/**
 * Imports the installation's settings. SuiteCRM's table has no key: the settings of a category and name are replaced
 * together, all others stay. Values can be passwords, so none is ever shown.
 */
export async function importSettings(pool: Pool, run: Run, source: Source): Promise<void> {
  const findings = findingsOf(table, 100)
  const skipped: Record<string, number> = {}
  const settings: Setting[] = []
  let read = 0
  const columns = names.map(name => quoted(name)).join(', ')
  for await (const rows of source.read(`select ${columns} from ${quoted(table)} order by category, name`)) {
    for (const row of rows) {
      read += 1
      const setting = names.map((name, index) => {
        const cell = row[index] ?? null
        const text = cell === null ? null : decoded(cell)
        const value = typeof text === 'string' ? textOf(text) : text
        if (value === null || typeof value === 'string') return value
        findings.add(name, `${value.problem}: kept as null`, nameOf(row), '(not shown)')
        return null
      }) as Setting
      if (settings.length < rowsMax) settings.push(setting)
      else skipped['too many settings'] = (skipped['too many settings'] ?? 0) + 1
    }
  }

  await begin(pool, async sql => {
    const before = await sql<{ category: string | null; name: string | null; value: string | null }[]>`
      select category, name, value from config`
    const old = grouped(before.map(row => [row.category, row.name, row.value]))
    const counts = { inserted: 0, updated: 0, unchanged: 0 }
    for (const [key, group] of grouped(settings)) {
      const stored = old.get(key)
      const isEqual = stored !== undefined && isSame(stored, group)
      counts[isEqual ? 'unchanged' : stored ? 'updated' : 'inserted'] += group.length
      if (isEqual) continue
      const [category, name] = JSON.parse(key) as [string | null, string | null]
      await sql`delete from config where category is not distinct from ${category} and name is not distinct from ${name}`
      for (const value of group)
        await sql`insert into config (category, name, value) values (${category}, ${name}, ${value})`
    }
    const all: Counts = { read, ...counts, skipped, custom: 0, customSkipped: 0, latest: null }
    await forget(sql, run, table)
    await recordBatch(sql, run, {
      table,
      number: 0,
      signature: table,
      lastKey: null,
      isComplete: false,
      ids: '{}',
      counts: all,
      findings: findings.list(),
    })
    await recordEnd(sql, run, table, 1, table)
  })
}

/** The values of each category and name. */
function grouped(settings: readonly Setting[]) {
  const groups = new Map<string, (string | null)[]>()
  for (const [category, name, value] of settings) {
    const key = JSON.stringify([category, name])
    groups.set(key, [...(groups.get(key) ?? []), value])
  }
  return groups
}

/** The same values, in whatever order. */
const isSame = (a: readonly (string | null)[], b: readonly (string | null)[]) =>
  JSON.stringify(a.map(value => JSON.stringify(value)).toSorted()) ===
  JSON.stringify(b.map(value => JSON.stringify(value)).toSorted())

const nameOf = (row: SourceRow) =>
  row
    .slice(0, 2)
    .map(cell => cell?.toString() ?? '')
    .join('_')
