import { randomUUID } from 'node:crypto'
import type { Context } from '../../drizzle/context.ts'
import { findRecord } from '../../drizzle/select.ts'
import { isFileModule } from '../../schema/input.ts'
import type { Module } from '../../schema/module.ts'
import type { Accepted } from './accept.ts'
import type { Draft } from './derivations.ts'
import { acceptUpload, extensionOf, type Upload } from './files.ts'
import { invalid, isEmpty } from './input.ts'
import { mimeTypeOf } from './mime-type.ts'
import { stampNew, stampsOf } from './stamp.ts'
import { store, type DraftRow } from './store.ts'

/** A file that comes with a record: which record's file it is, and the revision of a document that it becomes. */
export type Attachment = { readonly ownerId: string; readonly upload?: Upload; readonly revision?: DraftRow }

/**
 * What the file in an input means for the record: a note's file is its own, a document's belongs to a new revision of it. A
 * name without a file renames; on a new record of an older client it is an empty file, as SuiteCRM writes one.
 *
 * @throws INVALID_FILE, TOO_LARGE
 * @throws INVALID  strict validation: a file without a name, or a revision without a file
 * @see SuiteCRM Api/V8/Service/ModuleService.php addFileToNote(), addFileToDocument()
 */
export function attachmentOf(ctx: Context, module: Module, id: string, accepted: Accepted, isNew: boolean) {
  const { filename, filecontents, revision } = accepted.file
  const isDocument = module.name === 'Documents'
  if (!takesFiles(module)) return undefined
  if (isEmpty(filename)) {
    const lonely = !isEmpty(filecontents) ? 'filecontents' : isDocument && !isEmpty(revision) ? 'revision' : undefined
    if (lonely && ctx.validation === 'strict')
      throw invalid({ module: module.name, field: lonely }, 'it needs a filename')
    if (filename !== undefined && !isDocument) accepted.row.filename = null
    return undefined
  }
  const hasFile = !isEmpty(filecontents) || (isNew && isFileModule(module) && ctx.validation === 'lenient')
  const checked = acceptUpload(ctx, filename, filecontents ?? '')
  const upload = hasFile ? checked : undefined
  if (isDocument) return upload && { ownerId: randomUUID(), upload, revision: { revision: revision || null } }
  accepted.row.filename = filename
  accepted.given.add('filename')
  if (upload) accepted.row.file_mime_type = mimeTypeOf(upload.contents)
  if (upload && module.name === 'DocumentRevisions') accepted.row.file_ext = extensionOf(filename)
  return { ownerId: id, upload }
}

/** SuiteCRM's definition of a revision has no field for the bytes of its file, though it is nothing else. */
const takesFiles = (module: Module) => isFileModule(module) || module.name === 'DocumentRevisions'

/**
 * Stores the revision that a document's new file is; the document's draft then points to it.
 *
 * Over the old APIs SuiteCRM calls it revision 1 and does not look what kind of file it is.
 */
export async function storeRevision(ctx: Context, { before, row }: Draft, attachment: Attachment): Promise<void> {
  const revisions = ctx.catalog.byName.get('DocumentRevisions')
  const { ownerId, upload, revision } = attachment
  if (!revisions || !revision || !upload) return
  const strict = ctx.validation === 'strict'
  const draft: DraftRow = {
    id: ownerId,
    change_log: before ? null : 'Document Created',
    document_id: row.id ?? null,
    doc_type: row.doc_type ?? null,
    doc_id: row.doc_id ?? null,
    doc_url: row.doc_url ?? null,
    filename: upload.filename,
    file_ext: strict ? extensionOf(upload.filename) : null,
    file_mime_type: strict ? mimeTypeOf(upload.contents) : null,
    revision: before || strict ? (revision.revision ?? (await nextRevision(ctx, before))) : '1',
    deleted: false,
  }
  stampNew(ctx, revisions, draft)
  await store(ctx, { kind: 'created', module: revisions, after: draft })
  row.document_revision_id = ownerId
}

/** The number after that of the newest revision; the first one's is 1. */
async function nextRevision(ctx: Context, before: Draft['before']): Promise<string> {
  const revisions = ctx.catalog.byName.get('DocumentRevisions')
  const newest = before?.document_revision_id
  if (!revisions || isEmpty(newest)) return '1'
  const row = await findRecord(ctx, revisions, String(newest), ['revision'], { deleted: 'INCLUDE' })
  return String((Number.parseInt(String(row?.revision ?? '0'), 10) || 0) + 1)
}

/** A revision that was made by itself is its document's newest. @see SuiteCRM modules/DocumentRevisions/DocumentRevision.php save() */
export async function pointToRevision(ctx: Context, { module, row }: Draft): Promise<void> {
  const documents = ctx.catalog.byName.get('Documents')
  if (module.name !== 'DocumentRevisions' || !documents || isEmpty(row.document_id)) return
  const values = { ...stampsOf(ctx, documents), document_revision_id: row.id ?? null }
  await store(ctx, { kind: 'set', module: documents, ids: [String(row.document_id)], values })
}
