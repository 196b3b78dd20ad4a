import type { Module } from '../../schema/module.ts'

type Node = Readonly<Record<string, unknown>>

/** An attribute that SuiteCRM's own module code makes from other fields. Answers JSON text. */
export type Computed = { readonly needs: readonly string[]; readonly write: (node: Node) => string }

const isUnset = (value: unknown) => value === null || value === undefined || value === '' || Number(value) === 0

const reminderTime = (name: string): Computed => ({
  needs: [name],
  write: node => (isUnset(node[name]) ? '-1' : `"${String(node[name])}"`),
})

const reminderChecked = (time: string): Computed => ({
  needs: [time],
  write: node => (isUnset(node[time]) || Number(node[time]) === -1 ? 'false' : 'true'),
})

/** @see SuiteCRM modules/Calls/Call.php, modules/Meetings/Meeting.php fill_in_additional_detail_fields() */
const reminders: Readonly<Record<string, Computed>> = {
  reminder_time: reminderTime('reminder_time'),
  reminder_checked: reminderChecked('reminder_time'),
  email_reminder_time: reminderTime('email_reminder_time'),
  email_reminder_checked: reminderChecked('email_reminder_time'),
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : '')

/** @see SuiteCRM modules/Documents/Document.php fill_in_additional_detail_fields(), `allowed_preview` of its configuration */
const documents: Readonly<Record<string, Computed>> = {
  show_preview: { needs: ['filename'], write: ({ filename }) => String(/\.(gif|png|jpe?g)$/.test(textOf(filename))) },
}

/** @see SuiteCRM include/SugarObjects/templates/file/File.php fill_in_additional_detail_fields() */
const notes: Readonly<Record<string, Computed>> = {
  show_preview: {
    needs: ['filename', 'file_mime_type'],
    write: ({ filename, file_mime_type }) =>
      isUnset(textOf(filename)) || [filename, file_mime_type].some(text => /.svg/i.test(textOf(text))) ? 'false' : '""',
  },
}

const byModule: Readonly<Record<string, Readonly<Record<string, Computed>>>> = {
  Calls: reminders,
  Meetings: reminders,
  Documents: documents,
  Notes: notes,
}

export const computedOf = (module: Module): Readonly<Record<string, Computed>> => byModule[module.name] ?? {}
