import type { Pool } from '../client.ts'
import { ident } from '../names.ts'
import { keyOf } from './plan.ts'
import type { Run } from './runs.ts'

/** Records that an earlier import brought from this source and that are no longer there. They stay here. */
export type Vanished = { readonly count: number; readonly ids: readonly string[] }

const idsMax = 100
/** The number of the batch that remembers them for the next run. */
const memory = -1

/** Finds them, and remembers them in this run, so that the next one reports them as well while they are here. */
export async function findVanished(pool: Pool, run: Run, table: string): Promise<Vanished> {
  await pool`delete from import_batches where run_id = ${run.id} and table_name = ${table} and number = ${memory}`
  const [vanished] = await pool.unsafe<Vanished[]>(
    `insert into import_batches (run_id, table_name, number, columns, complete, ids, counts, findings)
     select $1, $2, ${memory}, '', false, coalesce(array_agg(gone.id order by gone.id), '{}'), '{}', '[]' from (
       select unnest(b.ids) as id from import_batches b join import_runs r on r.id = b.run_id
         where r.source = $3 and b.run_id <> $1 and b.table_name = $2
       except select unnest(ids) from import_batches where run_id = $1 and table_name = $2
     ) as gone where exists (${rowHere(table, 'gone.id')})
     returning ids[1:${idsMax}] as ids, cardinality(ids) as count`,
    [run.id, table, run.source],
  )
  return vanished ?? { count: 0, ids: [] }
}

/** How many of the rows that this run says it has stored are here. */
export async function countPresent(pool: Pool, run: Run, table: string): Promise<number> {
  const [row] = await pool.unsafe<{ count: number }[]>(
    `select count(*)::integer as count from (select unnest(ids) as id from import_batches
       where run_id = $1 and table_name = $2 and number >= 0) as stored
     where exists (${rowHere(table, 'stored.id')})`,
    [run.id, table],
  )
  return row?.count ?? 0
}

const rowHere = (table: string, id: string) =>
  `select from ${ident(table)} as t where t.${ident(keyOf(table))}::text = ${id}`
