import type { Module } from '../../schema/module.ts'
import { htmlEntities } from '../php.ts'
import type { Row } from './computed.ts'

/**
 * What a record holds in SuiteCRM before anything is given to it: the defaults of its fields, and what the properties
 * of its class start with.
 *
 * @see data/SugarBean.php populateDefaultValues(), and the properties of Person, File, Document and Email
 */
export function freshRecord(module: Module): Row {
  const record: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(module.fields)) {
    if (name === 'deleted') record[name] = 0
    else if (field.default !== undefined && field.default !== null && !isDate(field.kind)) {
      record[name] = htmlEntities(phpText(field.default))
    }
  }
  return { ...record, ...properties[module.name] }
}

const isDate = (kind: string) => kind.startsWith('date')

const phpText = (value: string | number | boolean) => (value === true ? '1' : value === false ? '' : String(value))

const properties: Readonly<Record<string, Row>> = {
  Contacts: { name: '' },
  Prospects: { name: '' },
  Users: { name: '' },
  Emails: { type: 'archived' },
  Notes: { show_preview: true },
  Documents: { show_preview: false },
}
