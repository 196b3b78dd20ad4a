import type { Catalog } from '../../schema/catalog.ts'
import { HouseError } from '../../schema/errors.ts'
import { isLink } from '../../schema/field.ts'
import { isMany } from '../../schema/link.ts'

/**
 * What is to be known of a module at a glance.
 *
 * @throws NOT_FOUND  there is no such module
 */
export function moduleFacts(catalog: Catalog, name: string) {
  const module = catalog.byName.get(name)
  if (!module) throw new HouseError('NOT_FOUND', `There is no module ${JSON.stringify(name.slice(0, 60))}`, { name })
  const fields = Object.entries(module.fields).filter(([, field]) => !isLink(field) && !field.sensitive)
  return {
    name,
    label: module.label,
    table: module.table,
    ...module.graphql,
    fields: fields.map(([name, field]) => ({
      name,
      kind: field.kind,
      label: field.label ?? '',
      required: field.required === true || field.required === 'true' || Number(field.required) === 1,
      of: field.options ?? field.module ?? '',
    })),
    links: [...catalog.links(module).values()].map(link => ({
      name: link.name,
      label: module.fields[link.name]?.label ?? '',
      module: link.target.name,
      many: isMany(link),
    })),
  }
}
