import type { Catalog } from '../../schema/catalog.ts'
import type { Module } from '../../schema/module.ts'
import type { LegacyVersion } from './call.ts'
import type { Row } from './computed.ts'
import { answeredFields, answeredName, isAnswered } from './fields.ts'
import { columnOf, type Column, type Mode } from './value.ts'

export type NameValue = { readonly name: string; readonly value: unknown }

/** An object by field name. PHP's empty array is a list. */
export type NameValueList = Readonly<Record<string, NameValue>> | readonly []

/** One record of an answer. */
export type Entry = {
  readonly id: unknown
  readonly module_name: string
  readonly name_value_list: NameValueList | readonly NameValue[]
}

/** What a record answers for the fields that a client wants. */
export function columnsOf(
  catalog: Catalog,
  module: Module,
  version: LegacyVersion,
  wanted: readonly string[],
  mode: Mode,
): readonly Column[] {
  return answeredFields(module, version, wanted).map(name => columnOf(catalog, module, name, mode))
}

export function nameValueList(columns: readonly Column[], row: Row): NameValueList {
  const list: Record<string, NameValue> = {}
  let size = 0
  for (const column of columns) {
    const value = column.read(row)
    if (value === undefined) continue
    const name = answeredName(column.name)
    list[name] = { name, value }
    size += 1
  }
  return size > 0 ? list : []
}

/** A record that does not exist, or no longer, or that the user may not know of. */
export const missingEntry = (module: Module, id: string): Entry => ({
  id,
  module_name: module.name,
  name_value_list: [
    { name: 'warning', value: 'Access to this object is denied since it has been deleted or does not exist' },
    { name: 'deleted', value: '1' },
  ],
})

/**
 * What a record that is reached over a link answers. Here every wanted name is answered, empty text where the record
 * has no such field, and v4.1 writes a date as a moment.
 *
 * @see SugarWebServiceUtilv4_1.php getRelationshipResults()
 */
export function linkColumns(
  catalog: Catalog,
  module: Module,
  version: LegacyVersion,
  wanted: readonly string[],
): readonly Column[] {
  return [...new Set(wanted)]
    .filter(name => !Object.hasOwn(module.fields, name) || isAnswered(module, version, name))
    .map(name => {
      const column = columnOf(catalog, module, name, 'link')
      if (version !== 'v4_1' || module.fields[name]?.kind !== 'date') return column
      return { ...column, read: row => asMoment(column.read(row)) }
    })
}

const asMoment = (value: unknown) => (typeof value === 'string' && value !== '' ? `${value} 00:00:00` : value)

/** One record of a link. */
export function linkRecord(columns: readonly Column[], row: Row): NameValueList {
  const list: Record<string, NameValue> = {}
  for (const { name, read } of columns) list[name] = { name, value: read(row) ?? '' }
  return columns.length > 0 ? list : []
}
