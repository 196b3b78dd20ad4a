import { begin } from '../transaction.ts'
import { isStored, type Field } from '../../schema/field.ts'
import type { Pool } from '../client.ts'
import { addColumn, columnTypeOf, type CustomField } from '../custom-fields.ts'
import { ident } from '../names.ts'
import { customTableOf, targetTables } from './plan.ts'
import type { Source, SourceColumn } from './source.ts'

/** What an import did to our tables for the custom fields of the source. */
export type ColumnChange = {
  readonly table: string
  readonly column: string
  readonly change: 'added' | 'widened' | 'kept'
  /** Its type now. */
  readonly type: string
  /** What the source's definition asks for. */
  readonly wanted: string
}

/** How long to wait for those who use a table before giving up. */
const lockTimeout = '20s'

/**
 * Makes a column for each custom field. A column that is there with another type becomes one that holds both; where
 * there is none, it stays as it is.
 */
export async function makeColumns(pool: Pool, source: Source, fields: readonly CustomField[]): Promise<ColumnChange[]> {
  const targets = await targetTables(pool)
  const changes: ColumnChange[] = []
  for (const { module, name, field } of fields) {
    const { table } = module
    if (!isStored(field)) continue
    const from = field.source === 'custom_fields' ? customTableOf(table) : table
    const wanted = typeFor(field, source.tables.get(from)?.columns.get(name))
    const actual = targets.get(table)?.get(name)?.type
    const type = actual === undefined ? wanted : (typeForBoth(actual, wanted) ?? actual)
    if (actual === undefined || type !== actual) {
      await begin(pool, async sql => {
        await sql.unsafe(`set local lock_timeout = '${lockTimeout}'`)
        if (actual === undefined) await addColumn(sql, table, name, field, type)
        else
          await sql.unsafe(
            `alter table ${ident(table)} alter ${ident(name)} type ${type} using ${ident(name)}::${type}`,
          )
      })
    }
    if (actual === undefined) changes.push({ table, column: name, change: 'added', type, wanted })
    else if (type !== actual) changes.push({ table, column: name, change: 'widened', type, wanted })
    else if (type !== wanted && !(scaledOf(type) && scaledOf(wanted)))
      changes.push({ table, column: name, change: 'kept', type, wanted })
  }
  return changes
}

/** The definition tells the type; the column that is really there tells how large its numbers are. */
function typeFor(field: Field, column: SourceColumn | undefined): string {
  const defined = columnTypeOf(field)
  if (!column || !defined.startsWith('numeric')) return defined
  const { type, precision = 0, scale } = column
  const isInexact = type === 'float' || type === 'double'
  if (isInexact && scale === undefined) return 'double precision'
  if ((!isInexact && type !== 'decimal') || scale === undefined) return defined
  // MySQL rounds to floats on the way out: float(10,8) shows 100.00000000.
  return typeForBoth(defined, `numeric(${precision + (isInexact ? 2 : 0)},${scale})`) ?? defined
}

/** A type that holds every value of both; undefined when there is none. */
function typeForBoth(a: string, b: string): string | undefined {
  if (a === b) return a
  if (a === 'text' || b === 'text') return 'text'
  const [left, right] = [scaledOf(a), scaledOf(b)]
  if (!left || !right) return undefined
  const scale = Math.max(left.scale, right.scale)
  return `numeric(${Math.max(left.whole, right.whole) + scale},${scale})`
}

function scaledOf(type: string) {
  if (type === 'integer') return { whole: 10, scale: 0 }
  const match = /^numeric\((\d+),(\d+)\)$/.exec(type)
  return match ? { whole: Number(match[1]) - Number(match[2]), scale: Number(match[2]) } : undefined
}
