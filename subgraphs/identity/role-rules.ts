import { randomUUID } from 'node:crypto'
import { tellAccessChanged } from '../../drizzle/access.ts'
import { audit } from '../../drizzle/audit.ts'
import { momentOf, transaction, type Context } from '../../drizzle/context.ts'
import {
  actions,
  canBeRuled,
  defaultLevel,
  guardOf,
  levelNumbers,
  levelOf,
  type AccessLevel,
  type Action,
  type FieldRight,
} from '../../schema/access.ts'
import { HouseError, notFound } from '../../schema/errors.ts'
import type { Module } from '../../schema/module.ts'
import { requireAdmin } from './permission.ts'
import { readRoleActions, readRoleFields } from './roles.ts'

export type ActionRule = { readonly module: string; readonly action: string; readonly level: AccessLevel }

/** Without a right, the field follows the record again. */
export type FieldRule = { readonly module: string; readonly field: string; readonly right?: FieldRight | null }

/** At most this many rules in one request. */
const rulesMax = 1_000

/**
 * Sets how far actions reach for who has a role; DEFAULT takes what it said before. Other actions stay as they are.
 *
 * @throws NOT_FOUND  no such role
 * @throws INVALID    there is no such module or action, roles do not guard the module, or the level is none of the action's
 * @throws FORBIDDEN  the principal is no administrator
 */
export async function setRoleActions(
  ctx: Context,
  roleId: string,
  rules: readonly ActionRule[],
): Promise<{ id: string }> {
  requireAdmin(ctx)
  checkCount(rules)
  const wanted = rules.map(rule => ({ module: guardedModule(ctx, rule.module).name, ...actionOf(rule) }))
  return transaction(ctx, async ctx => {
    await lockRole(ctx, roleId)
    const before = await actionsSaid(ctx, roleId)
    for (const { module, action, level } of wanted) {
      const actionId = await actionIdOf(ctx, module, action)
      const values = { access_override: levelNumbers[level], date_modified: momentOf(ctx.now()), deleted: false }
      const set =
        await ctx.sql`update acl_roles_actions set ${ctx.sql(values)} where role_id = ${roleId} and action_id = ${actionId}`
      if (set.count > 0) continue
      await ctx.sql`insert into acl_roles_actions ${ctx.sql({ id: randomUUID(), role_id: roleId, action_id: actionId, ...values })}`
    }
    await tellAccessChanged(ctx.sql)
    const told = differing(before, await actionsSaid(ctx, roleId), 'actions')
    audit(ctx, { action: 'role.actions_set', id: roleId, ...told })
    return { id: roleId }
  })
}

/**
 * Sets what may be done with single fields by who has a role. Other fields stay as they are.
 *
 * @throws NOT_FOUND  no such role
 * @throws INVALID    there is no such module or field, or no rule can be made for it
 * @throws FORBIDDEN  the principal is no administrator
 */
export async function setRoleFields(
  ctx: Context,
  roleId: string,
  rules: readonly FieldRule[],
): Promise<{ id: string }> {
  requireAdmin(ctx)
  checkCount(rules)
  for (const { module, field } of rules) checkField(guardedModule(ctx, module), field)
  return transaction(ctx, async ctx => {
    await lockRole(ctx, roleId)
    const before = await fieldsSaid(ctx, roleId)
    const stamps = { date_modified: momentOf(ctx.now()), modified_user_id: ctx.principal.userId }
    for (const { module, field, right } of rules) {
      await ctx.sql`delete from acl_roles_fields where role_id = ${roleId} and module = ${module} and field = ${field}`
      if (!right) continue
      await ctx.sql`insert into acl_roles_fields ${ctx.sql({ role_id: roleId, module, field, access: right, ...stamps })}`
    }
    await tellAccessChanged(ctx.sql)
    const told = differing(before, await fieldsSaid(ctx, roleId), 'fields')
    audit(ctx, { action: 'role.fields_set', id: roleId, ...told })
    return { id: roleId }
  })
}

type Said = ReadonlyMap<string, string>

async function actionsSaid(ctx: Context, roleId: string): Promise<Said> {
  const rules = (await readRoleActions(ctx, [roleId])).get(roleId) ?? []
  return new Map(rules.map(({ module, action, level }) => [`${module}.${action}`, levelOf(level)]))
}

async function fieldsSaid(ctx: Context, roleId: string): Promise<Said> {
  const rules = (await readRoleFields(ctx, [roleId])).get(roleId) ?? []
  return new Map(rules.map(({ module, field, right }) => [`${module}.${field}`, right]))
}

/** For the audit trail: the rules that changed, and null for what a role says nothing of. */
function differing(before: Said, after: Said, name: 'actions' | 'fields') {
  const changed = [...new Set([...before.keys(), ...after.keys()])].filter(rule => before.get(rule) !== after.get(rule))
  const state = (said: Said) => ({
    [name]: Object.fromEntries(changed.map(rule => [rule, said.get(rule) ?? null])),
  })
  return { before: state(before), after: state(after) }
}

function checkCount(rules: readonly unknown[]) {
  if (rules.length > rulesMax) throw new HouseError('INVALID', `At most ${rulesMax} rules at once`, { field: 'rules' })
}

function guardedModule(ctx: Context, name: string): Module {
  const module = ctx.catalog.byName.get(name)
  if (!module) throw new HouseError('INVALID', `There is no module ${name}`, { field: 'module', module: name })
  if (guardOf(name).kind === 'roles') return module
  throw new HouseError('INVALID', `Roles say nothing of ${name}: it follows other rules`, {
    field: 'module',
    module: name,
  })
}

const levelsOf: Readonly<Record<Action, readonly AccessLevel[]>> = {
  access: ['ENABLED', 'DISABLED', 'DEFAULT'],
  delete: ['ALL', 'GROUP', 'OWNER', 'NONE', 'DEFAULT'],
  edit: ['ALL', 'GROUP', 'OWNER', 'NONE', 'DEFAULT'],
  export: ['ALL', 'GROUP', 'OWNER', 'NONE', 'DEFAULT'],
  import: ['ALL', 'NONE', 'DEFAULT'],
  list: ['ALL', 'GROUP', 'OWNER', 'NONE', 'DEFAULT'],
  massupdate: ['ALL', 'NONE', 'DEFAULT'],
  view: ['ALL', 'GROUP', 'OWNER', 'NONE', 'DEFAULT'],
}

/** @see SuiteCRM 7.15.0 modules/ACLActions/actiondefs.php */
function actionOf({ action: name, level }: ActionRule) {
  const action = actions.find(each => each === name)
  if (!action) {
    throw new HouseError('INVALID', `There is no action ${name}; there are ${actions.join(', ')}`, { field: 'action' })
  }
  if (levelsOf[action].includes(level)) return { action, level }
  const allowed = levelsOf[action].join(', ')
  throw new HouseError('INVALID', `${action} cannot be ${level}; it can be ${allowed}`, { field: 'level' })
}

function checkField(module: Module, field: string) {
  if (canBeRuled(module, field)) return
  throw new HouseError('INVALID', `No rule can be made for ${field} of ${module.name}`, { field, module: module.name })
}

/** Two administrators who change a role at once do it one after the other. */
async function lockRole(ctx: Context, roleId: string) {
  const [role] = await ctx.sql`select from acl_roles where id = ${roleId} and not deleted for update`
  if (!role) throw notFound('ACLRoles', roleId)
}

/** SuiteCRM has a row for every action; a module that was added here may have none yet. */
async function actionIdOf({ sql, now }: Context, module: string, action: Action): Promise<string> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`acl_actions ${module} ${action}`}, 0))`
  const [known] = await sql<{ id: string }[]>`
    select id from acl_actions where category = ${module} and name = ${action} and acltype = 'module' and not deleted`
  if (known) return known.id
  const id = randomUUID()
  const moment = momentOf(now())
  const values = { name: action, category: module, acltype: 'module', aclaccess: levelNumbers[defaultLevel(action)] }
  await sql`insert into acl_actions ${sql({ id, ...values, date_entered: moment, date_modified: moment, deleted: false })}`
  return id
}
