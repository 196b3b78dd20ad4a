import type { Catalog } from '../../schema/catalog.ts'
import { isStored } from '../../schema/field.ts'
import { isMany } from '../../schema/link.ts'
import { fieldOf, type Module } from '../../schema/module.ts'
import type { Operation } from '../operation.ts'
import { escapeHtml } from '../text.ts'
import { isObject, textOf } from './arguments.ts'
import type { Row } from './computed.ts'
import { isReadable } from './fields.ts'
import { columnOf, type Column } from './value.ts'

/** How records that a search finds are read and answered: as rows of the database, without what it leaves empty. */
export type FoundPlan = { readonly columns: readonly Column[]; readonly operation: Operation }

export function foundPlan(catalog: Catalog, module: Module, names: readonly string[]): FoundPlan {
  const special = specialColumns[module.name]
  const columns = special
    ? special.map(([name, from]) => ({ ...notEmpty(columnOf(catalog, module, from, 'detail')), name }))
    : names.flatMap(name => foundColumn(catalog, module, name) ?? [])
  const selection = [...new Set(['id', ...columns.flatMap(column => column.from)])].join(' ')
  const { type, many } = module.graphql
  return {
    columns,
    operation: {
      name: 'LegacySearch',
      text: `query LegacySearch($filter: ${type}Filter!, $first: Int!, $offset: Int!) { list: ${many}(filter: $filter, first: $first, offset: $offset, sort: [{ field: id }]) { nodes { ${selection} } } }`,
    },
  }
}

/** These are searched by queries of their own. Name of the answer, name of the field. */
const specialColumns: Readonly<Record<string, readonly (readonly [name: string, field: string])[]>> = {
  Users: [
    ['id', 'id'],
    ['user_name', 'user_name'],
    ['first_name', 'first_name'],
    ['last_name', 'last_name'],
    ['email_address', 'email1'],
  ],
  ProjectTask: [
    ['id', 'project_task_id'],
    ['name', 'name'],
    ['project_id', 'project_id'],
    ['project_name', 'project_name'],
  ],
}

/** Columns and names of related records; other fields are not part of the query. */
function foundColumn(catalog: Catalog, module: Module, name: string): Column | undefined {
  const field = fieldOf(module, name)
  if (!field || !isReadable(catalog, module, name)) return undefined
  if (isPersonsName(module, name)) return personsName(name)
  if (field.kind === 'relate' && field.rname === 'user_name' && field.link !== undefined && !isStored(field)) {
    return userName(catalog, module, name, field.link)
  }
  return isStored(field) || field.kind === 'relate' ? notEmpty(columnOf(catalog, module, name, 'detail')) : undefined
}

const notEmpty = (column: Column): Column => {
  const [field] = column.from
  const isNull = (row: Row) => field !== undefined && (row[field] === null || row[field] === undefined)
  return { ...column, read: row => (isNull(row) ? undefined : column.read(row)) }
}

const isPersonsName = (module: Module, name: string) =>
  (name === 'name' || name === 'full_name') && fieldOf(module, 'first_name') !== undefined

/** Made by the query from two columns, so without a salutation. */
const personsName = (name: string): Column => ({
  name,
  from: ['first_name', 'last_name'],
  read: row => escapeHtml([row.first_name, row.last_name].map(textOf).join(' ').trim()),
})

/** Users are shown by their login here. */
function userName(catalog: Catalog, module: Module, name: string, linkName: string): Column | undefined {
  const link = catalog.links(module).get(linkName)
  if (!link || isMany(link)) return undefined
  const read = (row: Row) => {
    const user = row[name]
    return isObject(user) && user.user_name !== null ? escapeHtml(textOf(user.user_name)) : undefined
  }
  return { name, from: [`${name}: ${linkName} { user_name }`], read }
}
