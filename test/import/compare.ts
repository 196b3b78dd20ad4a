import { unserialize } from 'php-serialize'
import { isDeepStrictEqual } from 'node:util'
import type { Pool } from '../../drizzle/client.ts'
import type { Suitecrm } from './suitecrm.ts'

type Column = { readonly table: string; readonly name: string; readonly type: string }
type Cell = string | null | undefined

/** Every difference between a source and what was imported from it: `table id column: there -> here`. */
export async function differencesBetween(
  source: Suitecrm,
  pool: Pool,
): Promise<{ rows: number; differences: string[] }> {
  const there = new Set((await source.rows('show tables')).map(row => Object.values(row)[0]))
  const columns = await pool<Column[]>`
    select c.relname as table, a.attname as name, format_type(a.atttypid, a.atttypmod) as type
    from pg_class c join pg_attribute a on a.attrelid = c.oid
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped`
  const tables = [...new Set(columns.map(column => column.table))].filter(table => there.has(table))
  const differences: string[] = []
  let rows = 0
  for (const table of tables) {
    const own = columns.filter(column => column.table === table && column.name !== 'record_version')
    const expected = await sourceRows(source, table, there)
    const actual = await pool.unsafe<Record<string, string | null>[]>(
      `select ${own.map(({ name }) => `"${name}"::text as "${name}"`).join(', ')} from "${table}"`,
    )
    const byKey = new Map(actual.map(row => [keyOf(table, row), row]))
    rows += expected.length
    if (expected.length !== actual.length) differences.push(`${table}: ${expected.length} rows -> ${actual.length}`)
    for (const row of expected) {
      const key = keyOf(table, row)
      const found = byKey.get(key)
      if (!found) differences.push(`${table} ${key}: lost`)
      else
        for (const { name, type } of own)
          if (!isEqual(type, name, row[name], found[name]))
            differences.push(`${table} ${key} ${name}: ${String(row[name])} -> ${String(found[name])}`)
    }
  }
  return { rows, differences }
}

/** A table's rows, those of its `_cstm` table merged in. */
async function sourceRows(source: Suitecrm, table: string, there: ReadonlySet<Cell>) {
  const rows = await source.rows(`select * from \`${table}\``)
  if (!there.has(`${table}_cstm`)) return rows
  const custom = new Map((await source.rows(`select * from \`${table}_cstm\``)).map(row => [row.id_c, row]))
  return rows.map(row => ({ ...custom.get(row.id ?? ''), ...row }))
}

const keyOf = (table: string, row: Record<string, Cell>) =>
  String(table === 'config' ? [row.category, row.name] : table === 'emails_text' ? row.email_id : row.id)

function isEqual(type: string, name: string, there: Cell, here: Cell) {
  if (there == null) return name === 'deleted' ? here === 'false' : here === null
  if (here == null) return false
  if (type === 'boolean') return (there === '1' ? 'true' : there === '0' ? 'false' : undefined) === here
  if (type === 'double precision') return Number(there) === Number(here)
  if (type.startsWith('numeric')) return digits(there) === digits(here)
  if (type.startsWith('json')) return isDeepStrictEqual(unserialize(Buffer.from(there, 'base64')), JSON.parse(here))
  return there === here
}

const digits = (number: string) => number.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '')
