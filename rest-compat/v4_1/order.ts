import type { Catalog } from '../../schema/catalog.ts'
import { isLink } from '../../schema/field.ts'
import type { Sort } from '../../schema/filter.ts'
import { fieldOf, type Module } from '../../schema/module.ts'
import { isReadable } from './fields.ts'
import { refuse } from './sql.ts'

const element = /^\s*([\w.`]+)(?:\s+(\w+))?\s*$/

/**
 * The order that an `order_by` stands for: `name`, `date_entered DESC, name ASC`.
 *
 * As in SuiteCRM, a name that is no field of the module counts for nothing, and so does one with a table before it;
 * what is left is the order by id.
 *
 * @see data/SugarBean.php process_order_by()
 * @throws Untranslatable  anything but names and directions
 */
export function sortOfOrder(catalog: Catalog, module: Module, orderBy: string): Sort {
  const sort = orderBy.split(',').flatMap(text => {
    if (text.trim() === '') return []
    const [, name = '', direction = ''] = element.exec(text) ?? refuse('an order of this form')
    if (['limit', 'union', 'into', 'procedure', 'collate'].includes(direction.toLowerCase())) refuse(direction)
    const field = fieldOf(module, name)
    if (!field || isLink(field)) return []
    if (!isReadable(catalog, module, name)) return refuse(`an order by ${name}`)
    return [{ field: name, direction: direction.toLowerCase() === 'desc' ? ('desc' as const) : ('asc' as const) }]
  })
  return sort.length > 0 ? sort : [{ field: 'id', direction: 'asc' }]
}
