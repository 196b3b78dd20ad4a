import type { Catalog } from './catalog.ts'
import { isLink } from './field.ts'
import { fieldOf, type Module } from './module.ts'

/**
 * Where the records at the other end of a link field are found.
 *
 * - `here`: our own column holds the other record's id
 * - `there`: the other table's column holds our id (and `role` restricts it: `parent_type = 'Accounts'`)
 * - `join`: a table in the middle holds both ids
 */
export type Link = {
  readonly name: string
  readonly module: Module
  readonly target: Module
  readonly relationship: string
  readonly via:
    | { readonly kind: 'here'; readonly column: string; readonly role?: Role }
    | { readonly kind: 'there'; readonly column: string; readonly role?: Role }
    | {
        readonly kind: 'join'
        readonly table: string
        readonly near: string
        readonly far: string
        readonly role?: Role
      }
}

type Role = { readonly column: string; readonly value: string }

/** Can the link lead to more than one record? */
export const isMany = (link: Link) => link.via.kind !== 'here'

/**
 * Resolves a link field of a module.
 *
 * @returns undefined when the field is no link, or leads to a module that does not exist here
 */
export function resolveLink(catalog: Catalog, module: Module, name: string): Link | undefined {
  const field = fieldOf(module, name)
  if (!field || !isLink(field) || !field.relationship) return undefined
  const relationship = catalog.relationships.get(field.relationship)
  if (!relationship) return undefined
  const [lhsModule, lhsColumn] = relationship.lhs
  const [rhsModule, rhsColumn] = relationship.rhs
  const isLhs = lhsModule === rhsModule ? field.side !== 'right' : lhsModule === module.name
  const target = catalog.byName.get(isLhs ? rhsModule : lhsModule)
  if (!target) return undefined
  const role = relationship.role && { column: relationship.role[0], value: relationship.role[1] }
  const base = { name, module, target, relationship: field.relationship }

  if (relationship.join) {
    const [table, lhsKey, rhsKey] = relationship.join
    return { ...base, via: { kind: 'join', table, near: isLhs ? lhsKey : rhsKey, far: isLhs ? rhsKey : lhsKey, role } }
  }
  if (isLhs && rhsColumn !== 'id') return { ...base, via: { kind: 'there', column: rhsColumn, role } }
  return { ...base, via: { kind: 'here', column: isLhs ? lhsColumn : rhsColumn, role } }
}

/** The link over the same pairs in a join table from their other end, if that module has one. */
export function otherEnd(catalog: Catalog, { module, target, relationship, via }: Link): Link | undefined {
  if (via.kind !== 'join') return undefined
  return [...catalog.links(target).values()].find(
    other =>
      other.relationship === relationship &&
      other.target === module &&
      other.via.kind === 'join' &&
      other.via.near === via.far,
  )
}
