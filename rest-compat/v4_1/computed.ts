import type { Module } from '../../schema/module.ts'

/** What a record holds, as the graph answered it. */
export type Row = Readonly<Record<string, unknown>>

/** A value that SuiteCRM's classes compute while they read a record: from which fields, and how. */
export type Computed = {
  readonly from: readonly string[]
  /** undefined: the record does not have the field. */
  readonly value: (row: Row) => unknown
}

/**
 * Fields that SuiteCRM's classes fill in by code of their own, by `Module.field`.
 *
 * Text computed here is not escaped again.
 */
const table: Readonly<Record<string, Computed>> = {
  // modules/Calls/Call.php, modules/Meetings/Meeting.php fill_in_additional_detail_fields()
  'Calls.reminder_time': reminder('reminder_time'),
  'Calls.email_reminder_time': reminder('email_reminder_time'),
  'Calls.reminder_checked': isReminded('reminder_time'),
  'Calls.email_reminder_checked': isReminded('email_reminder_time'),
  'Meetings.reminder_time': reminder('reminder_time'),
  'Meetings.email_reminder_time': reminder('email_reminder_time'),
  'Meetings.reminder_checked': isReminded('reminder_time'),
  'Meetings.email_reminder_checked': isReminded('email_reminder_time'),
  // include/SugarObjects/templates/file/File.php and modules/Documents/Document.php fill_in_additional_detail_fields()
  'Notes.show_preview': {
    from: ['filename', 'file_mime_type'],
    value: ({ filename, file_mime_type }) =>
      !filename || [filename, file_mime_type].some(text => /.svg/i.test(String(text ?? ''))) ? false : '',
  },
  'Documents.show_preview': {
    from: ['filename'],
    value: ({ filename }) => /\.(gif|png|jpe?g)$/i.test(String(filename ?? '')),
  },
}

/** The computation of a field, if it has one. */
export const computedOf = (module: Module, name: string): Computed | undefined => {
  const key = `${module.name}.${name}`
  return Object.hasOwn(table, key) ? table[key] : undefined
}

/** A contact without an account has neither of these. @see modules/Contacts/Contact.php fill_in_additional_detail_fields() */
export const isAbsentWhenNull = (module: Module, name: string) =>
  module.name === 'Contacts' && (name === 'account_name' || name === 'account_id')

/** In lists, these show a name beside an address that is not read yet. @see fill_in_additional_list_fields() of both */
export const isNameWithAddress = (module: Module, name: string) =>
  name === 'email_and_name1' && (module.name === 'Contacts' || module.name === 'Prospects')

/** `-1` stands for no reminder. */
function reminder(field: string): Computed {
  return {
    from: [field],
    value: row => (isNone(row[field]) ? -1 : String(row[field])),
  }
}

function isReminded(field: string): Computed {
  return { from: [field], value: row => !isNone(row[field]) && String(row[field]) !== '-1' }
}

const isNone = (value: unknown) => value === null || value === undefined || value === '' || value === '0' || value === 0
