import type { Connection } from './client.ts'

/** The transaction that readers of events wait for, because it could still put an event before those that are there. */
export type Horizon = {
  readonly ageSeconds: number
  /** Undefined for a prepared transaction, which belongs to no process. */
  readonly pid: number | undefined
  readonly application: string
  /** `active`, `idle in transaction`, `prepared`. */
  readonly state: string
}

/**
 * The oldest transaction of the whole cluster that has written and is still open; undefined when there is none. Those of
 * other databases hold the readers too. PostgreSQL shows those of other users only to members of pg_read_all_stats.
 */
export async function horizonOf(sql: Connection): Promise<Horizon | undefined> {
  const [oldest] = await sql<(Omit<Horizon, 'pid'> & { pid: number | null })[]>`
    select extract(epoch from clock_timestamp() - began)::float8 as "ageSeconds", pid, application, state from (
      select xact_start as began, pid, application_name as application, state
      from pg_stat_activity where backend_xid is not null and xact_start is not null
      union all
      select prepared, null, gid, 'prepared' from pg_prepared_xacts
    ) open order by began limit 1`
  return oldest && { ...oldest, pid: oldest.pid ?? undefined }
}
