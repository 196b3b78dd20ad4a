import type { Context } from '../../drizzle/context.ts'
import { HouseError } from '../../schema/errors.ts'
import { grouped, loadOne } from './batch.ts'
import { requireSelfOrAdmin } from './permission.ts'

type Membership = { userId: string; groupId: string; isPrimary: boolean; isInheritable: boolean }

/** The security groups that a user is in. */
export async function groupsOf(ctx: Context, userId: string): Promise<{ id: string }[]> {
  requireSelfOrAdmin(ctx, userId)
  const memberships = await loadOne(ctx, 'identity.groupsOfUser', userId, ids => readMemberships(ctx, 'userId', ids))
  return (memberships ?? []).map(({ groupId }) => ({ id: groupId }))
}

/** Who is in a security group. */
export async function membersOf(ctx: Context, groupId: string) {
  const { principal } = ctx
  const mine = principal.isAdmin || (await groupsOf(ctx, principal.userId)).some(group => group.id === groupId)
  if (!mine) throw new HouseError('FORBIDDEN', 'Only members and administrators may see this')
  const members = await loadOne(ctx, 'identity.membersOfGroup', groupId, ids => readMemberships(ctx, 'groupId', ids))
  return (members ?? []).map(({ userId, isPrimary, isInheritable }) => ({
    user: { id: userId },
    isPrimary,
    isInheritable,
  }))
}

async function readMemberships(ctx: Context, by: 'userId' | 'groupId', ids: readonly string[]) {
  const column = by === 'userId' ? 'user_id' : 'securitygroup_id'
  const rows = await ctx.sql<Membership[]>`
    select distinct m.user_id as "userId", m.securitygroup_id as "groupId",
      coalesce(m.primary_group, false) as "isPrimary", not coalesce(m.noninheritable, false) as "isInheritable"
    from securitygroups_users m
    join securitygroups g on g.id = m.securitygroup_id and not g.deleted
    join users u on u.id = m.user_id and not u.deleted
    where ${ctx.sql(`m.${column}`)} = any (${ids}::text[]) and not m.deleted order by 1, 2`
  return grouped(rows, by)
}
