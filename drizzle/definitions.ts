import { HouseError } from '../schema/errors.ts'
import type { Connection } from './client.ts'
import { momentOf, transaction, type Context } from './context.ts'
import { loadCatalog } from './custom-fields.ts'

/** Tells all processes that the definitions have another version, which is the notice. */
export const definitionsChannel = 'definitions'

/** What came of a change, and the version of the definitions since. */
export type Changed<T> = { readonly version: number; readonly result: T }

/**
 * Changes definitions: one change after another, each on what the one before has left, all of it or nothing.
 *
 * @param work  is given the catalog as it is stored now, whatever this process serves
 * @throws FORBIDDEN  the principal is no administrator
 */
export async function changeDefinitions<T>(ctx: Context, work: (ctx: Context) => Promise<T>): Promise<Changed<T>> {
  if (!ctx.principal.isAdmin) throw new HouseError('FORBIDDEN', 'Only administrators may do this')
  return transaction(ctx, async ctx => {
    const version = await nextVersion(ctx.sql, ctx.now())
    const result = await work({ ...ctx, catalog: await loadCatalog(ctx.sql) })
    return { version, result }
  })
}

/** Keeps others from changing definitions until the transaction ends. */
export async function holdDefinitions(sql: Connection, now: Date): Promise<void> {
  await sql`insert into metadata_version (version, changed_at) values (0, ${momentOf(now)})
    on conflict (id) do update set version = metadata_version.version`
}

/** Counts a change; whoever comes next waits until it is committed. */
export async function nextVersion(sql: Connection, now: Date): Promise<number> {
  const [row] = await sql<{ version: number }[]>`
    insert into metadata_version (version, changed_at) values (1, ${momentOf(now)})
    on conflict (id) do update set version = metadata_version.version + 1, changed_at = excluded.changed_at
    returning version`
  if (!row) throw new Error('The definitions have no version')
  await sql`select pg_notify(${definitionsChannel}, ${String(row.version)})`
  return row.version
}
