import type { Catalog } from '../../schema/catalog.ts'
import { derivationOf } from '../../schema/derive.ts'
import { isLink, isStored, type Field } from '../../schema/field.ts'
import { fieldOf, type Module } from '../../schema/module.ts'
import { isFrom, type LegacyVersion } from './call.ts'

/** The names that stand first in every name_value_list. @see SoapHelperWebService.php get_name_value_list_for_fields() */
const leading = ['assigned_user_name', 'modified_by_name', 'created_by_name']

/**
 * The fields of a module that records answer in their name_value_list, in the order of the answer.
 *
 * @param wanted  the names that the client asks for; none means all. Names of no field are left out.
 */
export function answeredFields(module: Module, version: LegacyVersion, wanted: readonly string[]): readonly string[] {
  const names = wanted.length > 0 ? wanted : Object.keys(module.fields)
  const known = names.filter(name => isAnswered(module, version, name))
  return [...new Set([...leading.filter(name => known.includes(name)), ...known])]
}

/** Is it a field that an answer can hold? Links and computed fields are not. @see filter_fields() of the same files */
export function isAnswered(module: Module, version: LegacyVersion, name: string): boolean {
  const field = fieldOf(module, name)
  if (!field || isLink(field) || isUnset(module, name)) return false
  if (field.kind === 'relate' || name === 'email1' || name === 'email2') return true
  if (field.source === 'function') return false
  return field.source !== 'non-db' || isFrom(version, 'v3') || isTextOfEmail(module, name)
}

/** A name that records carry under another one: the definition of `set_accept_links` calls itself accept_status. */
export const answeredName = (name: string) => (name === 'set_accept_links' ? 'accept_status' : name)

/** Can the graph answer the field? */
export function isReadable(catalog: Catalog, module: Module, name: string): boolean {
  const field = fieldOf(module, name)
  if (!field || field.sensitive || isLink(field)) return false
  return isStored(field) || derivationOf(catalog, module, name) !== undefined
}

/** Is it a column of the table that goes with an e-mail? Read on its own, so it is not escaped, and not in lists. */
export const isEmailText = (catalog: Catalog, module: Module, name: string) =>
  derivationOf(catalog, module, name)?.kind === 'emailText'

/**
 * In lists, a name that is reached over a join is a run of blanks: SuiteCRM selects blanks in its place and fills them
 * in for its own list views only.
 *
 * @see data/SugarBean.php create_new_list_query(), the branch for many-to-many. Emails have a query of their own.
 */
export function isBlankInLists(catalog: Catalog, module: Module, field: Field): boolean {
  if (field.kind !== 'relate' || field.source !== 'non-db' || field.link === undefined) return false
  if (module.name === 'Emails') return false
  const link = catalog.links(module).get(field.link)
  return field.roleFields !== undefined || (link ? link.via.kind === 'join' : fieldOf(module, field.link) !== undefined)
}

/** How many blanks that are. */
export const blanks = ' '.repeat(254)

/** A name without a link of its own is filled in when one record is read, not in lists. Custom ones have no rname. */
export const isEmptyInLists = (field: Field) =>
  field.kind === 'relate' &&
  field.source === 'non-db' &&
  field.link === undefined &&
  field.rname !== undefined &&
  field.module !== 'Currencies'

// data/SugarBean.php populateFromRow() leaves this one out.
const isUnset = (module: Module, name: string) => module.name === 'Cases' && name === 'internal'

const textsOfEmail = new Set(
  'description description_html from_addr_name reply_to_addr to_addrs_names cc_addrs_names bcc_addrs_names raw_source'.split(
    ' ',
  ),
)

const isTextOfEmail = (module: Module, name: string) => module.name === 'Emails' && textsOfEmail.has(name)
