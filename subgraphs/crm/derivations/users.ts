import type { Context } from '../../../drizzle/context.ts'
import { textKey } from '../../../drizzle/tables/records.ts'
import type { Draft } from '../derivations.ts'
import { invalid, isEmpty } from '../input.ts'

/**
 * An administrator is neither a group nor a portal user, and nobody has the name of another.
 *
 * @throws INVALID  the name is taken
 * @see SuiteCRM modules/Users/User.php save(), verify_data()
 */
export async function deriveUser(ctx: Context, { module, before, row }: Draft): Promise<void> {
  if (row.is_admin === true) {
    row.is_group = false
    row.portal_only = false
  }
  row.is_group ??= false
  row.portal_only ??= false
  if (isEmpty(row.user_name) || row.user_name === before?.user_name) return

  const name = String(row.user_name)
  await ctx.sql.unsafe('select pg_advisory_xact_lock(hashtextextended(lower($1), 0))', [`user ${name}`], {
    prepare: true,
  })
  const text = `select 1 from users where ${textKey('user_name')} = lower($1) and id <> $2 and not deleted limit 1`
  const taken = await ctx.sql.unsafe(text, [name, String(row.id ?? '')], { prepare: true })
  if (taken.length > 0) throw invalid({ module: module.name, field: 'user_name' }, 'another user has this name')
}
