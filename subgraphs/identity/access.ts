import { readAccess } from '../../drizzle/access.ts'
import type { Context } from '../../drizzle/context.ts'
import {
  actions,
  fullAccess,
  hiddenFields,
  isOpen,
  levelFor,
  readOnlyFields,
  type AccessLevel,
} from '../../schema/access.ts'

/** What a user may do with the records of a module, for each of SuiteCRM's actions. */
export type ModuleAccess = {
  readonly module: string
  /** Is the module open at all? */
  readonly access: boolean
  readonly actions: readonly { readonly action: string; readonly level: AccessLevel }[]
  readonly hiddenFields: readonly string[]
  readonly readOnlyFields: readonly string[]
}

/** What the principal may do with each module, as it stands now rather than as this process remembers it. */
export async function accessOf({ catalog, sql, principal }: Context): Promise<ModuleAccess[]> {
  const access = principal.isAdmin ? fullAccess : await readAccess(sql, principal.userId)
  return catalog.modules.map(module => ({
    module: module.name,
    access: isOpen(access, module.name),
    actions: actions.map(action => ({ action, level: levelFor(access, module.name, action) })),
    hiddenFields: hiddenFields(access, module),
    readOnlyFields: readOnlyFields(access, module),
  }))
}
