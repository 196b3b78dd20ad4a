import { readAccess } from '../../drizzle/access.ts'
import type { Context } from '../../drizzle/context.ts'
import { fullAccess } from '../../schema/access.ts'
import { userIdOf } from '../operator.ts'

/**
 * The context of a command that is done with the rights of a user, as if they had come without scopes.
 *
 * @throws StartupError  there is no such user
 */
export async function userContext(ctx: Context, userName: string): Promise<Context> {
  const userId = await userIdOf(ctx, userName)
  const [user] = await ctx.sql<{ isAdmin: boolean }[]>`
    select coalesce(is_admin, false) as "isAdmin" from users where id = ${userId}`
  const isAdmin = user?.isAdmin ?? false
  const principal = { ...ctx.principal, kind: 'user' as const, userId, userName, isAdmin }
  return { ...ctx, principal, access: isAdmin ? fullAccess : await readAccess(ctx.sql, userId) }
}
