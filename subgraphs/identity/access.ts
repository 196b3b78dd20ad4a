import type { Context } from '../../drizzle/context.ts'

/** How far a right reaches. */
export type AccessLevel = 'ALL' | 'GROUP' | 'OWNER' | 'NONE' | 'ENABLED' | 'DISABLED' | 'DEFAULT'

/** What a user may do with the records of a module, for each of SuiteCRM's actions. */
export type ModuleAccess = {
  readonly module: string
  /** Is the module open at all? */
  readonly access: boolean
  readonly actions: readonly { readonly action: string; readonly level: AccessLevel }[]
}

/** SuiteCRM's actions in the order in which its APIs list them. `access` is the module as a whole. */
export const actions = ['access', 'delete', 'edit', 'export', 'import', 'list', 'massupdate', 'view'] as const

/** SuiteCRM's number for a level. @see SuiteCRM 7.15.0 modules/ACLActions/actiondefs.php; 80 is of its security groups */
export function levelOf(number: number | null): AccessLevel {
  if (number === null || number === 0) return 'DEFAULT'
  if (number >= 90) return 'ALL'
  if (number === -98) return 'DISABLED'
  if (number < 0) return 'NONE'
  if (number === 80) return 'GROUP'
  if (number === 75) return 'OWNER'
  return 'ENABLED'
}

const defaultOf = (action: string): AccessLevel => (action === 'access' ? 'ENABLED' : 'ALL')

type Row = { module: string; action: string; standard: number | null; override: number | null }

/**
 * What a user may do with each module.
 *
 * Administrators may do all. Others have what their roles say: their own roles if they have any, else those of their
 * security groups; of several the most generous counts, and where none says anything, the action's own default. That is
 * SuiteCRM with its default settings (additive, user roles first).
 *
 * @see SuiteCRM 7.15.0 modules/ACLActions/ACLAction.php getUserActions()
 */
export async function accessOf(ctx: Context, userId: string, isAdmin: boolean): Promise<ModuleAccess[]> {
  const rows = isAdmin ? [] : await readAccess(ctx, userId)
  const stated = new Map(rows.map(row => [`${row.module}.${row.action}`, row]))
  return ctx.catalog.modules.map(({ name }) => {
    const levels = actions.map(action => {
      const row = stated.get(`${name}.${action}`)
      const level = levelOf(row?.override || row?.standard || null)
      return { action, level: level === 'DEFAULT' ? defaultOf(action) : level }
    })
    const isClosed = levels.some(({ action, level }) => action === 'access' && ['DISABLED', 'NONE'].includes(level))
    return { module: name, access: !isClosed, actions: levels }
  })
}

const readAccess = (ctx: Context, userId: string) => ctx.sql<Row[]>`
  with own as (
    select role_id from acl_roles_users where user_id = ${userId} and not deleted
  ), groups as (
    select r.role_id from securitygroups_users u
    join securitygroups_acl_roles r on r.securitygroup_id = u.securitygroup_id and not r.deleted
    where u.user_id = ${userId} and not u.deleted and not exists (select from own)
  )
  select a.category as module, a.name as action, a.aclaccess as standard,
    (select max(nullif(o.access_override, 0)) from acl_roles_actions o
      where o.action_id = a.id and not o.deleted
        and o.role_id in (select role_id from own union all select role_id from groups)) as override
  from acl_actions a where not a.deleted and a.acltype = 'module'`
