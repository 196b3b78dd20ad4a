import { fieldOf, type Module } from '../../schema/module.ts'

/** What a client is told of one column of a module's list. */
export type Column = Readonly<Record<string, unknown>>

const person = ['first_name', 'last_name', 'salutation']

// Columns of which more is told than follows from their fields: how a name made of parts is sorted, what a symbol is
// made from.
const told: Readonly<Record<string, Readonly<Record<string, Column>>>> = {
  Contacts: {
    name: {
      contextMenu: { objectType: 'sugarPerson', metaData: { module: 'Contacts', contact_id: '{$ID}' } },
      orderBy: 'name',
      related_fields: [...person, 'account_name', 'account_id'],
    },
  },
  Leads: { name: { orderBy: 'name', related_fields: person } },
  Prospects: { full_name: { related_fields: ['first_name', 'last_name'], orderBy: 'last_name' } },
  Users: { name: { related_fields: ['last_name', 'first_name'], orderBy: 'last_name' } },
  Calls: { set_complete: { related_fields: ['status'] } },
  Meetings: { set_complete: { related_fields: ['status'] } },
  Tasks: { set_complete: { related_fields: ['status'] } },
  Documents: { document_name: { bold: true } },
  DocumentRevisions: { filename: { bold: true } },
}

/** The column of a field: what a list shows it under, and where it leads. */
export function columnOf(module: Module, name: string, position: number): Column {
  const field = fieldOf(module, name)
  const related = field?.kind === 'relate' ? field : undefined
  return {
    fieldName: name.toUpperCase(),
    width: position === 0 ? '20%' : '10%',
    label: labelOf(module, name),
    link: position === 0 || (related !== undefined && related.module !== 'Users'),
    default: true,
    module: position === 0 ? '' : (related?.module ?? ''),
    id: position === 0 ? '' : (related?.idName?.toUpperCase() ?? ''),
    sortable: false,
    customCode: name === 'email1' ? '{$EMAIL1_LINK}' : '',
    ...(related?.idName !== undefined && position > 0 ? { related_fields: [related.idName] } : {}),
    ...(told[module.name]?.[name] ?? {}),
  }
}

/** A field's label, or its name made readable where it has none. */
export const labelOf = (module: Module, name: string): string =>
  fieldOf(module, name)?.label ?? name.charAt(0).toUpperCase() + name.slice(1).replaceAll('_', ' ')
