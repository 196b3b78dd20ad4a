import { isLink, type Field } from '../../schema/field.ts'
import { isMany } from '../../schema/link.ts'
import type { Catalog } from '../../schema/catalog.ts'
import { fieldOf, type Module } from '../../schema/module.ts'
import { views } from '../../schema/views.ts'
import { flagOf, textsOf } from './arguments.ts'
import type { Arguments, Call } from './call.ts'
import { canOpen } from './access.ts'
import { checkSum } from './check-sum.ts'

/** The columns that a module's list shows first. */
export const listColumns = (module: Module): readonly string[] =>
  (Object.hasOwn(views, module.name) ? views[module.name]?.list : undefined) ??
  ['name', 'assigned_user_name', 'date_entered'].filter(name => fieldOf(module, name))

/** And those it can show beside them. */
const moreColumns = (module: Module): readonly string[] =>
  (Object.hasOwn(views, module.name) ? views[module.name]?.more : undefined) ?? []

/** The views of modules: which fields they show, and how they are called. They are ours; the levels are SuiteCRM's. */
export async function getModuleLayout(call: Call, args: Arguments) {
  const { catalog } = call.context
  const layouts: Record<string, unknown> = {}
  for (const name of textsOf(args.modules)) {
    const module = catalog.byName.get(name)
    if (!module || !(await canOpen(call, module))) continue
    const byView = (write: (view: string) => unknown) =>
      Object.fromEntries(textsOf(args.views).map(view => [view, write(view)]))
    const layoutOf = (view: string) => viewOf(catalog, module, view.toLowerCase())
    const views = byView(view => (flagOf(args.md5) ? checkSum(layoutOf(view)) : layoutOf(view)))
    layouts[name] = Object.fromEntries(textsOf(args.types).map(type => [type, views]))
  }
  return layouts
}

export async function getModuleLayoutMd5(call: Call, args: Arguments) {
  return { md5: await getModuleLayout(call, { ...args, md5: true }) }
}

function viewOf(catalog: Catalog, module: Module, view: string): unknown {
  switch (view) {
    case 'list':
      return listView(module)
    case 'subpanel':
      return subpanels(catalog, module)
    case 'detail':
    case 'edit':
      return formView(module, view)
    default:
      return []
  }
}

const labelOf = (name: string, field: Field) => field.vname ?? name

function listView(module: Module) {
  const columns = listColumns(module)
  return Object.fromEntries(
    [...columns, ...moreColumns(module)].map((name, i) => [
      name.toUpperCase(),
      {
        width: i === 0 ? '20%' : '10%',
        label: module.fields[name]?.vname ?? name,
        ...(i === 0 ? { link: true } : {}),
        default: i < columns.length,
      },
    ]),
  )
}

/** Fields that people read: no links, ids and texts of a page. */
const isShown = (name: string, field: Field) =>
  !isLink(field) &&
  !field.sensitive &&
  field.source !== 'function' &&
  !['id', 'deleted'].includes(name) &&
  !['id', 'text', 'longtext', 'function', 'none'].includes(field.kind) &&
  field.db !== 'id' &&
  (field.source !== 'non-db' || field.kind === 'relate' || field.kind === 'parent' || name === 'email1')

function formView(module: Module, view: 'detail' | 'edit') {
  const fields = Object.entries(module.fields).filter(
    ([name, field]) => isShown(name, field) || field.kind === 'text' || field.kind === 'longtext',
  )
  const cells = fields.map(([name, field]) => ({ name, label: labelOf(name, field) }))
  const rows = cells.flatMap((cell, i) => (i % 2 === 0 ? [[cell, ...cells.slice(i + 1, i + 2)]] : []))
  return {
    templateMeta: {
      form: { buttons: view === 'edit' ? ['SAVE', 'CANCEL'] : ['EDIT', 'DUPLICATE', 'DELETE'] },
      maxColumns: '2',
      widths: [
        { label: '10', field: '30' },
        { label: '10', field: '30' },
      ],
    },
    panels: { default: rows },
  }
}

function subpanels(catalog: Catalog, module: Module) {
  const links = [...catalog.links(module).values()].filter(isMany)
  return Object.fromEntries(
    links.map((link, i) => [
      link.name,
      {
        order: i * 10,
        module: link.target.name,
        subpanel_name: 'default',
        get_subpanel_data: link.name,
        title_key: module.fields[link.name]?.vname ?? link.name,
      },
    ]),
  )
}
