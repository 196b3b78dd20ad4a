import type { Catalog } from '../../schema/catalog.ts'
import { isLink } from '../../schema/field.ts'
import { isMany } from '../../schema/link.ts'
import { fieldOf, type Module } from '../../schema/module.ts'
import { isObject, itemsOf, type WantedLink } from './arguments.ts'
import type { LegacyVersion } from './call.ts'
import type { Row } from './computed.ts'
import { linkColumns, linkRecord, type NameValueList } from './record.ts'
import type { Column } from './value.ts'

/** The records at the other end of one link of one record. */
export type LinkedRecords = { readonly name: string; readonly records: readonly NameValueList[] }

/** How a link that a client asks for is read and answered. */
export type LinkPlan = {
  readonly name: string
  /** The name of its part in the operation; absent where there is nothing to read. */
  readonly alias?: string
  readonly field?: string
  /** Answered with no records, because the module has no such link. */
  readonly isUnknown: boolean
  readonly isMany: boolean
  readonly columns: readonly Column[]
}

/** At most this many records of a link are read at once; `readRest` reads on. */
export const linkPage = 1000

export function linkPlans(
  catalog: Catalog,
  module: Module,
  version: LegacyVersion,
  wanted: readonly WantedLink[],
): readonly LinkPlan[] {
  return wanted.map(({ name, fields }, i) => {
    const link = catalog.links(module).get(name)
    if (!link) {
      const field = fieldOf(module, name)
      return { name, isUnknown: !field || !isLink(field), isMany: false, columns: [] }
    }
    const columns = linkColumns(catalog, link.target, version, fields)
    return { name, alias: `l${i}`, field: name, isUnknown: false, isMany: isMany(link), columns }
  })
}

/** The part of a selection that reads a link. */
export function linkSelection(plan: LinkPlan): string {
  if (plan.alias === undefined || plan.field === undefined) return ''
  const fields = fieldsOf(plan.columns)
  return plan.isMany
    ? `${plan.alias}: ${plan.field}(first: ${linkPage}, sort: [{ field: id }]) { nodes { ${fields} } pageInfo { hasNextPage } }`
    : `${plan.alias}: ${plan.field} { ${fields} }`
}

/** What must be selected for columns; the id always is. */
export const fieldsOf = (columns: readonly Column[]) =>
  [...new Set(['id', ...columns.flatMap(({ from }) => from)])].join(' ')

/** The rows of a link in a record that the graph answered. */
export function linkRows(plan: LinkPlan, row: Row): readonly Row[] {
  const value = plan.alias === undefined ? undefined : row[plan.alias]
  if (!isObject(value)) return []
  if (!plan.isMany) return [value]
  return itemsOf(value.nodes).filter(isObject)
}

/** Does the link lead to more records than were read? */
export const hasMore = (plan: LinkPlan, row: Row): boolean => {
  const value = plan.alias === undefined ? undefined : row[plan.alias]
  return plan.isMany && isObject(value) && isObject(value.pageInfo) && value.pageInfo.hasNextPage === true
}

/** The links of one record as they are answered: those without records are left out, unknown ones are not. */
export function linkedRecords(plans: readonly LinkPlan[], row: Row): readonly LinkedRecords[] {
  return plans.flatMap(plan => {
    const rows = linkRows(plan, row)
    if (rows.length === 0 && !plan.isUnknown) return []
    return [{ name: plan.name, records: rows.map(linked => linkRecord(plan.columns, linked)) }]
  })
}

/** The newer form of the same: every record in a `link_value`. */
export const asLinkList = (links: readonly LinkedRecords[]) => ({
  link_list: links.map(({ name, records }) => ({
    name,
    records: records.map(record => ({ link_value: record })),
  })),
})
