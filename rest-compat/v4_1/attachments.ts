import type { Operation } from '../operation.ts'
import { escapeHtml } from '../text.ts'
import { isObject, textOf } from './arguments.ts'
import { run, type Arguments, type Call } from './call.ts'
import { Fault } from './fault.ts'
import { moduleOf } from './read.ts'

/** What SuiteCRM answers for a record that is not there. */
const noId = '-1'

const noteUpdate: Operation = {
  name: 'LegacyNoteFile',
  text: 'mutation LegacyNoteFile($id: ID!, $input: NoteInput!) { record: updateNote(id: $id, input: $input) { id } }',
}

/**
 * Gives a note a file, and the record it belongs to where one is named.
 *
 * @see modules/Notes/NoteSoap.php newSaveFile()
 */
export async function setNoteAttachment(call: Call, args: Arguments) {
  const note = isObject(args.note) ? args.note : {}
  const [relatedModule, relatedId] = [textOf(note.related_module_name), textOf(note.related_module_id)]
  const isRelated = relatedModule !== '' && relatedId !== ''
  if (isRelated) moduleOf(call, relatedModule)
  const related =
    relatedModule === 'Contacts' ? { contact_id: relatedId } : { parent_type: relatedModule, parent_id: relatedId }
  const input = { ...fileInput(note), ...(isRelated ? related : {}) }
  return { id: await changed(call, noteUpdate, textOf(note.id), input) }
}

/** A file in an input of the graph. What a web server might run becomes text, by its name. */
function fileInput(given: Readonly<Record<string, unknown>>) {
  const contents = textOf(given.file)
  if (contents === '') return {}
  const name = textOf(given.filename)
  return { filename: isRunnable(name) ? `${name}.txt` : name, filecontents: contents }
}

/** SuiteCRM's `upload_badext`. @see include/utils.php */
const isRunnable = (name: string) =>
  /\.(php[3-8]?|pl|cgi|py|asp|cfm|js|vbs|html?|phtml|phar)$/i.test(name) || !name.includes('.')

async function changed(call: Call, operation: Operation, id: string, input: object): Promise<string> {
  if (id === '') return noId
  try {
    const { record } = await run(call, operation, { id, input })
    return isObject(record) ? textOf(record.revisionId ?? record.id) : noId
  } catch (error) {
    if (error instanceof Fault && error.key === 'no_records') return noId
    throw error
  }
}

const noteFile: Operation = {
  name: 'LegacyNoteAttachment',
  text: 'query LegacyNoteAttachment($id: ID!) { record: note(id: $id) { id filename parent_id parent_type file { contents } } }',
}

/** The file of a note. A note that is not there has an empty one. */
export async function getNoteAttachment(call: Call, args: Arguments) {
  const id = textOf(args.id)
  const { record } = await run(call, noteFile, { id })
  const note = isObject(record) ? record : undefined
  return {
    note_attachment: {
      id: args.id,
      filename: escapeHtml(textOf(note?.filename)),
      file: contentsOf(note?.file),
      related_module_id: note ? textOf(note.parent_id) : null,
      related_module_name: note ? textOf(note.parent_type) : null,
    },
  }
}

const contentsOf = (file: unknown) => (isObject(file) ? textOf(file.contents) : '')

const documentUpdate: Operation = {
  name: 'LegacyDocumentFile',
  text: 'mutation LegacyDocumentFile($id: ID!, $input: DocumentInput!) { record: updateDocument(id: $id, input: $input) { id revisionId: document_revision_id } }',
}

/**
 * Adds a revision with a file to a document, and answers the revision's id.
 *
 * @see modules/Documents/DocumentSoap.php saveFile()
 */
export async function setDocumentRevision(call: Call, args: Arguments) {
  const given = isObject(args.document_revision) ? args.document_revision : {}
  const file = fileInput(given)
  if (Object.keys(file).length === 0) return { id: noId }
  return { id: await changed(call, documentUpdate, textOf(given.id), { ...file, revision: textOf(given.revision) }) }
}

const revisionFile: Operation = {
  name: 'LegacyDocumentRevision',
  text: 'query LegacyDocumentRevision($id: ID!) { record: documentRevision(id: $id) { id document_name revision filename file { contents } } }',
}

/**
 * A revision of a document with its file. SuiteCRM answers the document's name as a link in HTML; here it is the name.
 *
 * @throws Fault  there is no such revision, or it has no file
 */
export async function getDocumentRevision(call: Call, args: Arguments) {
  const { record } = await run(call, revisionFile, { id: textOf(args.id) })
  if (!isObject(record) || textOf(record.filename) === '') throw new Fault('no_records')
  return {
    document_revision: {
      id: textOf(record.id),
      document_name: textOf(record.document_name).replace(/[<>]/g, ''),
      revision: textOf(record.revision),
      filename: textOf(record.filename),
      file: contentsOf(record.file),
    },
  }
}
