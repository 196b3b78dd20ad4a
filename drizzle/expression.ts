import { fullAccess } from '../schema/access.ts'
import type { Catalog } from '../schema/catalog.ts'
import { defaultCurrency, derivationOf, type Derivation } from '../schema/derive.ts'
import { isStored } from '../schema/field.ts'
import type { Link } from '../schema/link.ts'
import { fieldOf, type Module } from '../schema/module.ts'
import { isConcealed, visibleNames } from './concealed.ts'
import { ident, literal } from './names.ts'
import { andScope, scopeOf, type Sight } from './scope.ts'
import { versionColumn } from './tables/records.ts'

/**
 * The SQL of a field's value for the row that `alias` stands for, or undefined when the graph has no such field.
 * Columns are themselves, derived fields are scalar subqueries, so they fit conditions and sort orders too.
 *
 * What the principal may not see is null: hidden fields, and what would be shown of records that are out of its reach.
 * SuiteCRM shows the names of those; here they could be of records that nothing else gives away.
 */
export function expressionOf(sight: Sight, module: Module, name: string, alias: string): string | undefined {
  if (name === versionColumn) return `${alias}.${ident(name)}`
  const field = fieldOf(module, name)
  if (!field || field.sensitive) return undefined
  const isColumn = isStored(field)
  const derivation = isColumn ? undefined : derivationOf(sight.catalog, module, name)
  if (!isColumn && !derivation) return undefined
  if (isConcealed(sight, module, name)) return 'null'
  return derivation ? derived(sight, module, derivation, alias) : `${alias}.${ident(name)}`
}

/** Can the graph answer the field? */
export const isReadable = (catalog: Catalog, module: Module, name: string) =>
  expressionOf({ catalog, access: fullAccess }, module, name, 't') !== undefined

/** The name that a record is shown by. */
function displayOf(sight: Sight, module: Module, alias: string): string {
  const fields = visibleNames(sight, module)
  return fields.length === 1 ? `${alias}.${ident(fields[0] ?? 'id')}` : words(fields, alias)
}

/** The rows of a join table that belong to a link, as conditions on alias `j`. */
export function joinConditions(link: Link & { readonly via: { readonly kind: 'join' } }): string {
  const { role } = link.via
  if (!role) return 'not j.deleted'
  const value = isFlag(role.value) ? String(role.value === '1') : literal(role.value)
  return `not j.deleted and j.${ident(role.column)} = ${value}`
}

const isFlag = (value: string) => value === '0' || value === '1'

const words = (fields: readonly string[], alias: string) =>
  fields.length === 0
    ? 'null'
    : `concat_ws(' ', ${fields.map(name => `nullif(${alias}.${ident(name)}, '')`).join(', ')})`

function derived(sight: Sight, module: Module, derivation: Derivation, alias: string): string | undefined {
  const { catalog } = sight
  const inner = `${alias}_`
  const visible = (fields: readonly string[], of: Module) => fields.filter(name => !isConcealed(sight, of, name))
  const shown = (other: Module, show: string) => {
    if (show === 'display') return displayOf(sight, other, inner)
    if (show === 'plain') return words(visible(['first_name', 'last_name'], other), inner)
    return expressionOf(sight, other, show, inner)
  }
  switch (derivation.kind) {
    case 'words':
      return words(visible(derivation.of, module), alias)
    case 'same':
      return expressionOf(sight, module, derivation.field, alias)
    case 'related': {
      const other = derivation.module
      const value = shown(other, derivation.show)
      if (value === undefined) return undefined
      // A user who has left is still named where they worked.
      const live = other.name === 'Users' ? '' : ` and not ${inner}.deleted`
      return `(select ${value} from ${ident(other.table)} ${inner} where ${inner}.id = ${alias}.${ident(derivation.key)}${live}${andScope(sight, other, 'view', inner)})`
    }
    case 'linked': {
      const link = catalog.links(module).get(derivation.link)
      if (link?.via.kind !== 'join') return undefined
      const value = shown(link.target, derivation.show)
      if (value === undefined) return undefined
      const { table, near, far } = link.via
      return `(select ${value} from ${ident(table)} j join ${ident(link.target.table)} ${inner} on ${inner}.id = j.${ident(far)} and not ${inner}.deleted where j.${ident(near)} = ${alias}.id and ${joinConditions({ ...link, via: link.via })}${andScope(sight, link.target, 'view', inner)} order by j.date_modified desc, j.id limit 1)`
    }
    case 'parent':
      return parent(sight, derivation, alias, inner)
    case 'email':
      return `(select ea.${ident(derivation.show)} ${primaryAddress(module, `${alias}.id`)})`
    case 'relatedEmail':
      return relatedEmail(sight, derivation, alias, inner)
    case 'emailText':
      return `(select x.${ident(derivation.column)} from emails_text x where x.email_id = ${alias}.id)`
    case 'currency': {
      const key = `${alias}.${ident(derivation.key)}`
      return `case when coalesce(${key}, '') in ('', ${literal(defaultCurrency.id)}) then ${literal(defaultCurrency[derivation.show])} else (select c.${ident(derivation.show)} from currencies c where c.id = ${key} and not c.deleted) end`
    }
    case 'count': {
      const link = catalog.links(module).get(derivation.link)
      if (link?.via.kind !== 'join') return undefined
      const { table, near, far } = link.via
      const scope = scopeOf(sight, link.target, 'view', inner)
      const counted =
        scope === undefined
          ? ''
          : ` join ${ident(link.target.table)} ${inner} on ${inner}.id = j.${ident(far)} and ${scope}`
      return `(select count(*)::integer from ${ident(table)} j${counted} where j.${ident(near)} = ${alias}.id and not j.deleted)`
    }
    case 'sum': {
      const link = catalog.links(module).get(derivation.link)
      if (link?.via.kind !== 'there') return undefined
      return `(select sum(s.${ident(derivation.field)})::integer from ${ident(link.target.table)} s where s.${ident(link.via.column)} = ${alias}.id and not s.deleted${andScope(sight, link.target, 'view', 's')})`
    }
  }
}

type Of<Kind extends Derivation['kind']> = Derivation & { readonly kind: Kind }

function parent(sight: Sight, derivation: Of<'parent'>, alias: string, inner: string): string {
  const branches = derivation.modules.map(
    other =>
      `when ${literal(other.name)} then (select ${displayOf(sight, other, inner)} from ${ident(other.table)} ${inner} where ${inner}.id = ${alias}.${ident(derivation.key)} and not ${inner}.deleted${andScope(sight, other, 'view', inner)})`,
  )
  return `case ${alias}.${ident(derivation.type)} ${branches.join(' ')} end`
}

function relatedEmail(sight: Sight, { module, key }: Of<'relatedEmail'>, alias: string, inner: string): string {
  const id = `${alias}.${ident(key)}`
  const address = `(select ea.email_address ${primaryAddress(module, id)})`
  const scope = scopeOf(sight, module, 'view', inner)
  if (scope === undefined) return address
  return `case when exists (select from ${ident(module.table)} ${inner} where ${inner}.id = ${id} and ${scope}) then ${address} end`
}

const primaryAddress = (module: Module, id: string) =>
  `from email_addr_bean_rel eabr join email_addresses ea on ea.id = eabr.email_address_id and not ea.deleted where eabr.bean_id = ${id} and eabr.bean_module = ${literal(module.name)} and eabr.primary_address and not eabr.deleted order by eabr.date_modified desc, eabr.id limit 1`
