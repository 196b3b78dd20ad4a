import { accessBy, guardOf, type Access, type Action, type Rule } from '../schema/access.ts'
import type { Catalog } from '../schema/catalog.ts'
import type { Module } from '../schema/module.ts'
import type { Connection } from './client.ts'
import { ident } from './names.ts'
import { scopeOf, userMark } from './scope.ts'

type RecordAction = Exclude<Action, 'access'>

/** How a user stands to one record, whatever its roles let it do. */
export type Standing = {
  readonly isDeleted: boolean
  /** In the reach of a level OWNER. */
  readonly isOwner: boolean
  /** In the reach of a level GROUP, which owners are too. */
  readonly isInGroup: boolean
  /** In the reach of all the actions asked for, as the user's roles are. */
  readonly isReached: boolean
}

/** The module whose roles count for another: a part goes with its whole. */
export function ruledBy(module: string): string {
  const guard = guardOf(module)
  return guard.kind === 'part' ? guard.of : module
}

/**
 * How a user stands to a record, found with the same conditions that selects begin with.
 *
 * @returns undefined when there is no such record, not even a deleted one
 */
export async function standingTo(
  sql: Connection,
  catalog: Catalog,
  module: Module,
  id: string,
  user: { readonly id: string; readonly access: Access; readonly actions: readonly RecordAction[] },
): Promise<Standing | undefined> {
  const condition = (access: Access, action: RecordAction) =>
    `(${(scopeOf({ catalog, access }, module, action, 't') ?? 'true').replaceAll(userMark, '$2')})`
  const reached = user.actions.map(action => condition(user.access, action)).join(' and ')
  const [row] = await sql.unsafe<(Standing & { asked: string })[]>(
    `select $2::text as asked, coalesce(t.deleted, false) as "isDeleted",
      coalesce(${condition(everywhere(user.id, module, 75), 'view')}, false) as "isOwner",
      coalesce(${condition(everywhere(user.id, module, 80), 'view')}, false) as "isInGroup",
      coalesce(${reached || 'true'}, false) as "isReached"
    from ${ident(module.table)} t where t.id = $1`,
    [id.replaceAll('\0', ''), user.id],
  )
  return row
}

/** The access of somebody whose roles give one level to all actions of the module. */
function everywhere(userId: string, module: Module, level: number): Access {
  const actions: readonly RecordAction[] = ['view', 'list', 'edit', 'delete']
  return accessBy(
    userId,
    actions.map((action): Rule => ({ module: ruledBy(module.name), action, level })),
  )
}
