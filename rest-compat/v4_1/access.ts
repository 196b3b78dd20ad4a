import type { Module } from '../../schema/module.ts'
import type { Operation } from '../operation.ts'
import { isObject, itemsOf, textOf } from './arguments.ts'
import { run, type Call } from './call.ts'

const access: Operation = {
  name: 'LegacyAccess',
  text: 'query LegacyAccess { access: myAccess { module actions { action level } } }',
}

/** May the user do this with records of the module? Administrators may everything. */
export type Access = (module: string, action: string) => boolean

/** What the user's roles allow. Modules without rules of their own are open. */
export async function accessOf(call: Call): Promise<Access> {
  if (call.context.principal.isAdmin) return () => true
  const data = await run(call, access, {})
  const refused = new Set(
    itemsOf(data.access)
      .filter(isObject)
      .flatMap(({ module, actions }) =>
        itemsOf(actions)
          .filter(isObject)
          .filter(({ level }) => level === 'NONE' || level === 'DISABLED')
          .map(({ action }) => `${textOf(module)} ${textOf(action)}`),
      ),
  )
  return (module, action) => !refused.has(`${module} access`) && !refused.has(`${module} ${action}`)
}

/** May the user see records of the module at all: in lists, one by one, or to change them? */
export async function canOpen(call: Call, module: Module): Promise<boolean> {
  const may = await accessOf(call)
  return ['list', 'view', 'edit'].some(action => may(module.name, action))
}
