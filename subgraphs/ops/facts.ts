import { readAccess } from '../../drizzle/access.ts'
import type { Context } from '../../drizzle/context.ts'
import { ruledBy, standingTo, type Standing } from '../../drizzle/reach.ts'
import {
  actions,
  fieldRightOf,
  fullAccess,
  guardOf,
  isOpen,
  levelFor,
  levelOf,
  reachOf,
  type AccessLevel,
  type Action,
  type FieldRight,
  type Guard,
  type Reach,
} from '../../schema/access.ts'
import type { Module } from '../../schema/module.ts'
import type { DenialRow } from './denials.ts'

export type RecordAction = Exclude<Action, 'access'>

/** One action that had to be allowed, and what the user's roles say of it. */
export type Demand = {
  readonly action: RecordAction
  readonly level: AccessLevel
  readonly reach: Reach
  /** The roles that say so; none where it is the default. */
  readonly by: readonly string[]
}

/** Everything that decides about a record, as it is today. */
export type Facts = {
  readonly user: string
  readonly isAdmin: boolean
  readonly module: string
  readonly action: RecordAction
  /** The module whose roles count. */
  readonly ruledBy: string
  readonly guard: Guard['kind']
  readonly roles: readonly string[]
  readonly isOpen: boolean
  readonly demands: readonly Demand[]
  readonly recordId?: string
  /** Absent when there is no such record. */
  readonly standing?: Standing
  /** The names of the record's security groups. */
  readonly groups: readonly string[]
  readonly field?: { readonly name: string; readonly right: FieldRight }
}

/** Reads what decides today about what was denied. */
export async function factsOf(ctx: Context, row: DenialRow, module: Module): Promise<Facts> {
  const action = actions.find(each => each === row.action)
  const asked: RecordAction = action === undefined || action === 'access' ? 'view' : action
  const ruler = ruledBy(module.name)
  const [access, roles, groups] = await Promise.all([
    row.isAdmin ? fullAccess : readAccess(ctx.sql, row.userId),
    readRoles(ctx, row.userId, ruler),
    row.recordId === null ? [] : readGroups(ctx, module.name, row.recordId),
  ])
  const guard = guardOf(module.name).kind
  const wanted = demanded(asked, row.recordId !== null)
  const user = { id: row.userId, access, actions: wanted }
  const standing =
    row.recordId === null ? undefined : await standingTo(ctx.sql, ctx.catalog, module, row.recordId, user)
  return {
    user: row.userName ?? row.userId,
    isAdmin: row.isAdmin,
    module: module.name,
    action: asked,
    ruledBy: ruler,
    guard,
    roles: [...new Set(roles.map(role => role.name))],
    isOpen: isOpen(access, ruler),
    demands: wanted.map(each => {
      const level = levelFor(access, ruler, each)
      const by = roles.filter(role => role.action === each && levelOf(role.level) === level).map(role => role.name)
      // What the level itself reaches; that the module is closed, or a list goes no further than a view, is told apart.
      const reach = guard === 'roles' || guard === 'part' ? reachByLevel[level] : reachOf(access, module.name, each)
      return { action: each, level, reach, by }
    }),
    ...(row.recordId === null ? {} : { recordId: row.recordId }),
    ...(standing && { standing }),
    groups,
    ...(row.field === null ? {} : { field: { name: row.field, right: fieldRightOf(access, module.name, row.field) } }),
  }
}

const reachByLevel = {
  ALL: 'all',
  GROUP: 'group',
  OWNER: 'owner',
  ENABLED: 'none',
  DEFAULT: 'all',
  NONE: 'none',
  DISABLED: 'none',
} as const satisfies Record<AccessLevel, Reach>

/** A record is changed only by who may see it, and a list shows whole records. */
const demanded = (action: RecordAction, hasRecord: boolean): readonly RecordAction[] =>
  action === 'view' || (action === 'edit' && !hasRecord) ? [action] : [action, 'view']

type RoleRow = { name: string; action: string | null; level: number | null }

/** The roles that count for a user, as drizzle/access.ts counts them, and what each says of a module. */
const readRoles = (ctx: Context, userId: string, module: string) => ctx.sql<RoleRow[]>`
  with own as (
    select role_id from acl_roles_users where user_id = ${userId} and not deleted
  ), held as (
    select role_id from own
    union
    select r.role_id from securitygroups_users u
    join securitygroups_acl_roles r on r.securitygroup_id = u.securitygroup_id and not r.deleted
    where u.user_id = ${userId} and not u.deleted and not exists (select from own)
  )
  select r.name, a.name as action, o.access_override as level
  from held h join acl_roles r on r.id = h.role_id and not r.deleted
  left join (acl_roles_actions o join acl_actions a on a.id = o.action_id and a.category = ${module} and not a.deleted)
    on o.role_id = r.id and not o.deleted and o.access_override <> 0
  order by r.name, r.id`

async function readGroups(ctx: Context, module: string, id: string): Promise<readonly string[]> {
  const rows = await ctx.sql<{ name: string }[]>`
    select g.name from securitygroups g where not g.deleted and (
      ${module} = 'SecurityGroups' and g.id = ${id}
      or g.id in (select r.securitygroup_id from securitygroups_records r
        where r.record_id = ${id} and r.module = ${module} and not r.deleted)
    ) order by g.name`
  return rows.map(row => row.name)
}
