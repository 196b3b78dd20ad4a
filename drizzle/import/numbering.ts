import type { Pool } from '../client.ts'
import { ident } from '../names.ts'
import type { TargetColumn } from './plan.ts'
import type { SourceTable } from './source.ts'

/**
 * Lets the next record get the number that SuiteCRM would have given it: past every number in the table, and past those
 * of records that SuiteCRM has removed since. Numbers never go back.
 */
export async function continueNumbers(pool: Pool, source: SourceTable, target: ReadonlyMap<string, TargetColumn>) {
  const table = ident(source.name)
  for (const column of target.values()) {
    if (!column.isIdentity) continue
    const [found] = await pool<
      { sequence: string }[]
    >`select pg_get_serial_sequence(${table}, ${column.name}) as sequence`
    if (!found) continue
    // PostgreSQL has quoted the name.
    await pool.unsafe(
      `select setval($1::text::regclass, greatest($2::bigint,
         (select coalesce(max(${ident(column.name)}), 0)::bigint + 1 from ${table}),
         (select last_value + is_called::integer from ${found.sequence})), false)`,
      [found.sequence, source.nextNumber ?? 1],
    )
  }
}
