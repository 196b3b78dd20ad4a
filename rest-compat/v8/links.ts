import { isLink } from '../../schema/field.ts'
import { fieldOf, type Module } from '../../schema/module.ts'

// SuiteCRM ships these definitions but never registers them (modules/TableDictionary.php leaves their files out), so
// their links cannot be loaded.
const unregistered: ReadonlySet<string> = new Set([
  'emails_email_templates',
  'projects_quotes',
  'aos_products_purchases',
])

/** Can SuiteCRM load the link field of that name? It may lead to a module that does not exist here. */
export function isLoadable(module: Module, name: string): boolean {
  const field = fieldOf(module, name)
  return (
    field !== undefined && isLink(field) && field.relationship !== undefined && !unregistered.has(field.relationship)
  )
}

/**
 * The `relationships` of a record: for each module the link that stands for it, sorted by module.
 *
 * Of several links to one module the first in field order stands. Links without a named module do not count.
 *
 * @see SuiteCRM Api/V8/JsonApi/Helper/RelationshipObjectHelper.php, Api/V8/Helper/VarDefHelper.php
 */
export function relationshipLinks(module: Module): readonly (readonly [module: string, link: string])[] {
  const links = new Map<string, string>()
  for (const [name, field] of Object.entries(module.fields))
    if (field.module !== undefined && isLoadable(module, name) && !links.has(field.module))
      links.set(field.module, name)
  return [...links].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
}

/** A relate field that makes SuiteCRM load a link while it reads a record, unless name or id are filled before. */
export type Filler = { readonly name: string; readonly idName: string; readonly idCounts: boolean }

// Non-stored ids that a module's own code fills before links are loaded.
// @see SuiteCRM modules/Opportunities/Opportunity.php fill_in_additional_detail_fields()
const filledIds: Readonly<Record<string, readonly string[]>> = { Opportunities: ['account_id'] }

/**
 * Which relate fields can load a link: V8 shows a loaded link as `{}`, another as empty text.
 *
 * @returns by link name; `always` for links that the module's code loads for every record (`Field.loaded` without a
 *   relate field)
 * @see SuiteCRM data/SugarBean.php fill_in_relationship_fields(), fill_in_link_field()
 */
export function linkFillers(module: Module): ReadonlyMap<string, Filler | 'always'> {
  const fillers = new Map<string, Filler | 'always'>()
  for (const [name, field] of Object.entries(module.fields)) {
    if (field.kind !== 'relate' || field.module === undefined || field.idName === undefined) continue
    const id = fieldOf(module, field.idName)
    const link = id?.kind === 'id' && field.link !== undefined ? field.link : field.idName
    if (link === field.idName || !isLoadable(module, link)) continue
    const idCounts = id?.source !== 'non-db' || (filledIds[module.name] ?? []).includes(field.idName)
    fillers.set(link, { name, idName: field.idName, idCounts })
  }
  for (const [name, field] of Object.entries(module.fields))
    if (field.loaded && !fillers.has(name)) fillers.set(name, 'always')
  return fillers
}
