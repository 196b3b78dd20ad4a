import type { Module } from '../../schema/module.ts'
import { views as moduleViews, type Views as ModuleViews } from '../../schema/views.ts'
import { fieldOf } from '../../schema/module.ts'
import { documentAnswer, type Answer } from './answer.ts'
import type { Call } from './call.ts'
import { columnOf, labelOf } from './columns.ts'
import { prettyJson } from './json.ts'
import { resolveOptions } from './options.ts'
import * as parameters from './parameters.ts'
import { refused } from './run.ts'
import { isTab } from './tabs.ts'

/** GET /listview/columns/{moduleName}: a bare list. */
export async function getListViewColumns(call: Call): Promise<Answer> {
  const { module, views } = await viewedModule(call)
  return documentAnswer(200, prettyJson(views.list.map((name, i) => columnOf(module, name, i))))
}

/** GET /search-defs/module/{moduleName} */
export async function getModuleSearchDefs(call: Call): Promise<Answer> {
  const { module, views } = await viewedModule(call)
  const searchable = [...new Set([...views.basicSearch, ...views.advancedSearch])]
  const attributes = {
    module: module.name,
    templateMeta: { maxColumns: '3', maxColumnsBasic: '4', widths: { label: '10', field: '30' } },
    basic: views.basicSearch.map(name => searchField(module, name)),
    advanced: views.advancedSearch.map(name => searchField(module, name)),
    fields: Object.fromEntries(
      searchable.map(name => [name, { query_type: 'default', vname: labelOf(module, name) }] as const),
    ),
  }
  return documentAnswer(200, prettyJson({ data: { type: 'SearchDefs', attributes } }))
}

const flags: ReadonlySet<string> = new Set(['current_user_only', 'favorites_only', 'open_only', 'active_only'])

function searchField(module: Module, name: string) {
  const chosen = { name, label: labelOf(module, name), default: true, width: '10%' }
  if (flags.has(name)) return { ...chosen, type: 'bool' }
  // Users are chosen from a list that a function of SuiteCRM makes.
  if (isUserChoice(module, name))
    return { ...chosen, type: 'enum', function: { name: 'get_user_array', params: [false] } }
  return chosen
}

function isUserChoice(module: Module, name: string) {
  const field = fieldOf(module, name)
  return name === 'assigned_user_id' || field?.kind === 'assigned_user_name'
}

async function viewedModule(call: Call): Promise<{ readonly module: Module; readonly views: ModuleViews }> {
  const { catalog } = call.views
  const { moduleName } = await resolveOptions({ moduleName: parameters.moduleName }, call.sent)
  const module = catalog.byName.get(moduleName)
  const views = Object.hasOwn(moduleViews, moduleName) ? moduleViews[moduleName] : undefined
  if (!module || !(views || isTab(catalog, moduleName)))
    throw refused(`List view definition is not found for module '${moduleName}'`)
  return { module, views: views ?? plain(module) }
}

/** The views of a module that was added here: its name, who has it, and when it was made. */
function plain(module: Module): ModuleViews {
  const has = (name: string) => fieldOf(module, name) !== undefined
  const list = ['name', 'assigned_user_name', 'date_entered'].filter(has)
  return { list, more: [], basicSearch: ['name'].filter(has), advancedSearch: ['name', 'assigned_user_id'].filter(has) }
}
