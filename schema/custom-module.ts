import type { Field, Fields } from './field.ts'
import { defineModule, type Module } from './module.ts'
import type { Relationship } from './relationships.ts'
import { assignable, basic, securable } from './templates.ts'

/**
 * A link from a module of an installation to another module. With `many` a table in the middle holds both ids; else a
 * column of the own table holds the other record's. The other module gets a link back, called as the own table is.
 */
export type CustomLink = {
  readonly name: string
  readonly module: string
  readonly many: boolean
  readonly label: string
  /** Of a link to many that came with an import: SuiteCRM's table in the middle, and its two columns. */
  readonly pairs?: Pairs
}

/** A table in the middle: the column with the id of the own record, and that of the other. */
type Pairs = { readonly table: string; readonly near: string; readonly far: string }

/** A module that an installation has beside SuiteCRM's. */
export type CustomModule = {
  readonly name: string
  readonly label: string
  readonly type: string
  readonly one: string
  readonly many: string
  readonly table: string
  readonly links: readonly CustomLink[]
}

/** The column that holds the id of the other record, where a link leads to one. */
export const linkColumn = ({ name }: CustomLink) => `${name}_id`

/** The table in the middle of a link to many, and its two columns. */
export const linkTable = ({ table }: CustomModule, { name, pairs }: CustomLink): Pairs =>
  pairs ?? { table: `${table}_${name}_c`, near: `${table}_ida`, far: `${name}_idb` }

/** What every module of an installation has, and its links. Its other fields are custom fields like any module's. */
export const moduleOf = (own: CustomModule): Module =>
  defineModule({
    name: own.name,
    label: own.label,
    beanClass: own.name,
    table: own.table,
    graphql: { type: own.type, one: own.one, many: own.many },
    fields: {
      ...basic(own.table),
      ...assignable(own.table),
      ...securable(own.table),
      ...Object.assign({}, ...own.links.map(link => linkFields(own, link))),
    },
  })

function linkFields(own: CustomModule, link: CustomLink): Fields {
  const { name, module, label } = link
  const leads = { kind: 'link', relationship: relationshipName(own, link), source: 'non-db', label, module } as const
  if (link.many) return { [name]: { ...leads, side: 'left' } }
  return {
    [linkColumn(link)]: { kind: 'id', label: `${label} ID` },
    [`${name}_name`]: {
      kind: 'relate',
      source: 'non-db',
      label,
      module,
      link: name,
      idName: linkColumn(link),
      rname: 'name',
    },
    [name]: { ...leads, linkType: 'one', side: 'right' },
  }
}

/**
 * The field that leads from the other module back to this one. A module that links to another twice gets two. In SuiteCRM
 * both ends have one name.
 */
export function backLink(own: CustomModule, link: CustomLink): readonly [name: string, field: Field] {
  const twice = own.links.filter(({ module }) => module === link.module).length > 1 || link.module === own.name
  const isSuitecrms = link.pairs !== undefined && link.module !== own.name
  const name = isSuitecrms ? link.name : twice ? `${own.table}_${link.name}` : own.table
  const side = link.many ? 'right' : 'left'
  const field = { kind: 'link', relationship: relationshipName(own, link), source: 'non-db', label: own.label } as const
  return [name, { ...field, module: own.name, side }]
}

const relationshipName = ({ table }: CustomModule, { name, pairs }: CustomLink) => (pairs ? name : `${table}_${name}`)

/** How the module is joined to others, by name of the relationship. */
export function relationshipsOf(own: CustomModule): readonly (readonly [name: string, Relationship])[] {
  const { name, table } = own
  return [
    [`${table}_assigned_user`, { lhs: ['Users', 'id'], rhs: [name, 'assigned_user_id'] }],
    [`${table}_created_by`, { lhs: ['Users', 'id'], rhs: [name, 'created_by'] }],
    [`${table}_modified_user`, { lhs: ['Users', 'id'], rhs: [name, 'modified_user_id'] }],
    [
      `securitygroups_${table}`,
      {
        lhs: ['SecurityGroups', 'id'],
        rhs: [name, 'id'],
        join: ['securitygroups_records', 'securitygroup_id', 'record_id'],
        role: ['module', name],
      },
    ],
    ...own.links.map(link => [relationshipName(own, link), relationshipOf(own, link)] as const),
  ]
}

function relationshipOf(own: CustomModule, link: CustomLink): Relationship {
  if (!link.many) return { lhs: [link.module, 'id'], rhs: [own.name, linkColumn(link)] }
  const { table, near, far } = linkTable(own, link)
  return { lhs: [own.name, 'id'], rhs: [link.module, 'id'], join: [table, near, far] }
}
