import { guardOf, reachOf, type Access, type Action } from '../schema/access.ts'
import type { Catalog } from '../schema/catalog.ts'
import { isStored } from '../schema/field.ts'
import { fieldOf, type Module } from '../schema/module.ts'
import { ident, literal } from './names.ts'
import { ownerKey } from './tables/records.ts'

/** What a statement is made for: what exists, and what of it the principal may see. A Context is one. */
export type Sight = { readonly catalog: Catalog; readonly access: Access }

/** Stands in SQL for the id of the principal; the statement puts a parameter in its place. */
export const userMark = '$user$'

/**
 * The condition that an action reaches the record of `alias`, or undefined where it reaches all.
 *
 * Who a record belongs to is said by `assigned_user_id` and, where that is empty, by `created_by`; a record is in a group
 * when the two were related. Owners count as members of the group.
 *
 * @see SuiteCRM 7.15.0 data/SugarBean.php isOwner(), modules/SecurityGroups/SecurityGroup.php getGroupWhere()
 */
export function scopeOf(sight: Sight, module: Module, action: Exclude<Action, 'access'>, alias: string) {
  const { access } = sight
  if (access.isFull) return undefined
  const guard = guardOf(module.name)
  if (guard.kind === 'part') return partOf(sight, guard, action, alias)
  if (guard.kind === 'shared') return shared(sight, alias)
  const own = guard.kind === 'held' ? held(alias) : ownerOf(module, alias)
  switch (reachOf(access, module.name, action)) {
    case 'all':
      return undefined
    case 'group':
      return `(${own} or ${inGroup(module, alias)})`
    case 'owner':
      return own
    case 'none':
      // Whatever roles say, users see themselves.
      return module.name === 'Users' && (action === 'view' || action === 'list') ? own : 'false'
  }
}

/** The same as a condition to append. */
export function andScope(sight: Sight, module: Module, action: Exclude<Action, 'access'>, alias: string): string {
  const scope = scopeOf(sight, module, action, alias)
  return scope === undefined ? '' : ` and ${scope}`
}

/** Is there nothing of a module that the action could reach? */
export const isClosed = (sight: Sight, module: Module, action: Exclude<Action, 'access'>): boolean =>
  !sight.access.isFull && scopeOf(sight, module, action, 't') === 'false'

function ownerOf(module: Module, alias: string): string {
  if (module.name === 'Users') return `${alias}.id = ${userMark}`
  const key = ownerKey(
    name => isColumn(module, name),
    column => `${alias}.${column}`,
  )
  return key ? `${key} = ${userMark}` : 'false'
}

const isColumn = (module: Module, name: string) => {
  const field = fieldOf(module, name)
  return field !== undefined && isStored(field)
}

const membership = `securitygroups_users su where su.user_id = ${userMark} and not su.deleted`

/** A security group itself is in reach of its members; other records are, when they are related to a group of theirs. */
function inGroup(module: Module, alias: string): string {
  if (module.name === 'SecurityGroups') return `${alias}.id in (select su.securitygroup_id from ${membership})`
  return `exists (select from securitygroups_records sr join securitygroups sg on sg.id = sr.securitygroup_id and not sg.deleted where sr.record_id = ${alias}.id and sr.module = ${literal(module.name)} and not sr.deleted and sr.securitygroup_id in (select su.securitygroup_id from ${membership}))`
}

/** The roles that a user has, directly or in a group. */
const held = (alias: string) =>
  `${alias}.id in (select ru.role_id from acl_roles_users ru where ru.user_id = ${userMark} and not ru.deleted union all select gr.role_id from securitygroups_acl_roles gr where not gr.deleted and gr.securitygroup_id in (select su.securitygroup_id from ${membership}))`

function partOf(
  sight: Sight,
  { of, column }: { readonly of: string; readonly column: string },
  action: Exclude<Action, 'access'>,
  alias: string,
): string | undefined {
  const whole = sight.catalog.byName.get(of)
  const scope = whole && scopeOf(sight, whole, action, `${alias}w`)
  if (!whole || scope === undefined || scope === 'false') return scope
  return `exists (select from ${ident(whole.table)} ${alias}w where ${alias}w.id = ${alias}.${ident(column)} and ${scope})`
}

/** An e-mail address is seen by who may see a record that has it. One that no record has keeps no secret. */
function shared(sight: Sight, alias: string): string | undefined {
  const guarded = sight.catalog.modules.flatMap(module => {
    const scope = guardOf(module.name).kind === 'roles' ? scopeOf(sight, module, 'view', `${alias}w`) : undefined
    return scope === undefined ? [] : [{ module, scope }]
  })
  if (guarded.length === 0) return undefined
  const pairs = `from email_addr_bean_rel er where er.email_address_id = ${alias}.id and not er.deleted`
  const names = guarded.map(({ module }) => literal(module.name)).join(', ')
  const ways = guarded
    .filter(({ scope }) => scope !== 'false')
    .map(
      ({ module, scope }) =>
        ` or er.bean_module = ${literal(module.name)} and exists (select from ${ident(module.table)} ${alias}w where ${alias}w.id = er.bean_id and ${scope})`,
    )
  return `(not exists (select ${pairs}) or exists (select ${pairs} and (er.bean_module not in (${names})${ways.join('')})))`
}
