import type { Context } from '../../drizzle/context.ts'
import { grouped, loadOne } from './batch.ts'
import { levelOf, type FieldRight } from '../../schema/access.ts'
import { HouseError } from '../../schema/errors.ts'
import { requireSelfOrAdmin } from './permission.ts'

/** The ids of the roles that a user has, directly and through security groups. */
export async function rolesOf(ctx: Context, userId: string): Promise<{ id: string }[]> {
  requireSelfOrAdmin(ctx, userId)
  return (await loadOne(ctx, 'identity.roles', userId, ids => readRoles(ctx, ids))) ?? []
}

/** What a role sets, action by action; what it leaves to the default is not listed. */
export async function roleActionsOf(ctx: Context, roleId: string) {
  await requireHeld(ctx, roleId)
  const rows = await loadOne(ctx, 'identity.roleActions', roleId, ids => readRoleActions(ctx, ids))
  return (rows ?? []).map(({ module, action, level }) => ({ module, action, level: levelOf(level) }))
}

/** The fields that a role has a rule for. */
export async function roleFieldsOf(ctx: Context, roleId: string): Promise<RoleField[]> {
  await requireHeld(ctx, roleId)
  return (await loadOne(ctx, 'identity.roleFields', roleId, ids => readRoleFields(ctx, ids))) ?? []
}

/** @throws FORBIDDEN  the principal does not have the role, and is no administrator */
async function requireHeld(ctx: Context, roleId: string) {
  const { principal } = ctx
  const mine = principal.isAdmin || (await rolesOf(ctx, principal.userId)).some(role => role.id === roleId)
  if (!mine) throw new HouseError('FORBIDDEN', 'Only who has the role and administrators may see this')
}

async function readRoles(ctx: Context, userIds: readonly string[]) {
  const rows = await ctx.sql<{ userId: string; id: string }[]>`
    select u.user_id as "userId", r.id from acl_roles_users u join acl_roles r on r.id = u.role_id and not r.deleted
    where u.user_id = any (${userIds}::text[]) and not u.deleted
    union
    select u.user_id, r.id from securitygroups_users u
    join securitygroups_acl_roles g on g.securitygroup_id = u.securitygroup_id and not g.deleted
    join acl_roles r on r.id = g.role_id and not r.deleted
    where u.user_id = any (${userIds}::text[]) and not u.deleted
    order by 1, 2`
  return grouped(rows, 'userId')
}

type RoleAction = { roleId: string; module: string; action: string; level: number | null }

/** What roles set, by role: as it is now, in a transaction too. */
export async function readRoleActions(ctx: Context, roleIds: readonly string[]) {
  const rows = await ctx.sql<RoleAction[]>`
    select o.role_id as "roleId", a.category as module, a.name as action, max(o.access_override) as level
    from acl_roles_actions o join acl_actions a on a.id = o.action_id and not a.deleted
    where o.role_id = any (${roleIds}::text[]) and not o.deleted and o.access_override <> 0
    group by 1, 2, 3 order by 1, 2, 3`
  return grouped(rows, 'roleId')
}

type RoleField = { roleId: string; module: string; field: string; right: FieldRight }

/** The fields that roles have rules for, by role: as it is now, in a transaction too. */
export async function readRoleFields(ctx: Context, roleIds: readonly string[]) {
  const rows = await ctx.sql<RoleField[]>`
    select role_id as "roleId", module, field, access as right from acl_roles_fields
    where role_id = any (${roleIds}::text[]) order by 1, 2, 3`
  return grouped(rows, 'roleId')
}
