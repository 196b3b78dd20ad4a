import type { Catalog } from '../../schema/catalog.ts'
import { derivationOf } from '../../schema/derive.ts'
import { isLink, isStored } from '../../schema/field.ts'
import { scalarOf, type Scalar } from '../../schema/graphql-types.ts'
import { isInput } from '../../schema/input.ts'
import { isMany } from '../../schema/link.ts'
import type { Module } from '../../schema/module.ts'

/** What the graph offers for one module, by CRM field name. */
export type ModuleGraph = {
  /** Fields that can be selected, compared and sorted by. */
  readonly outputs: ReadonlyMap<string, Scalar>
  /** Fields that a create or update takes. */
  readonly inputs: ReadonlyMap<string, Scalar>
  /** Links that can be followed, and related through. */
  readonly links: ReadonlyMap<string, { readonly target: Module; readonly many: boolean }>
}

/** Reads from the catalog what can be asked of a module, so that no operation is written that the graph refuses. */
export function moduleGraph(catalog: Catalog, module: Module): ModuleGraph {
  const fields = Object.entries(module.fields).filter(([, field]) => !isLink(field) && !field.sensitive)
  const typed = (names: readonly (readonly [string, unknown])[]) =>
    new Map(names.map(([name]) => [name, scalarOf(catalog, module, name)] as const))
  return {
    outputs: typed(
      fields.filter(([name, field]) => isStored(field) || derivationOf(catalog, module, name) !== undefined),
    ),
    inputs: typed(fields.filter(([name]) => isInput(catalog, module, name))),
    links: new Map(
      [...catalog.links(module)].map(([name, link]) => [name, { target: link.target, many: isMany(link) }] as const),
    ),
  }
}
