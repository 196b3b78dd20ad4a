import type { Context } from '../../drizzle/context.ts'
import { notFound } from '../../schema/errors.ts'
import { grouped, loadOne } from './batch.ts'
import { requireSelfOrAdmin } from './permission.ts'

type Preferences = Readonly<Record<string, unknown>>
type Row = { userId: string; category: string; contents: unknown }

/**
 * What a user has chosen, by category: `global` and whatever else SuiteCRM's pages keep.
 *
 * @throws FORBIDDEN  the principal is neither that user nor an administrator
 */
export async function preferencesOf(ctx: Context, userId: string, category?: string): Promise<Preferences> {
  requireSelfOrAdmin(ctx, userId)
  const rows = (await loadOne(ctx, 'identity.preferences', userId, ids => readPreferences(ctx, ids))) ?? []
  const wanted = category === undefined ? rows : rows.filter(row => row.category === category)
  return Object.fromEntries(wanted.map(row => [row.category, row.contents ?? {}]))
}

/** The same, for a caller that names the user. @throws NOT_FOUND  no such user */
export async function findPreferences(ctx: Context, userId: string, category?: string): Promise<Preferences> {
  requireSelfOrAdmin(ctx, userId)
  const [user] = await ctx.sql`select from users where id = ${userId} and not deleted`
  if (!user) throw notFound('Users', userId)
  return preferencesOf(ctx, userId, category)
}

async function readPreferences(ctx: Context, userIds: readonly string[]) {
  const rows = await ctx.sql<Row[]>`
    select distinct on (assigned_user_id, category) assigned_user_id as "userId", category, contents
    from user_preferences where assigned_user_id = any (${userIds}::text[]) and category is not null and not deleted
    order by assigned_user_id, category, date_modified desc nulls last, id`
  return grouped(rows, 'userId')
}
