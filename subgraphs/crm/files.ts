import { randomBytes } from 'node:crypto'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import type { Context } from '../../drizzle/context.ts'
import { HouseError } from '../../schema/errors.ts'

/** A file that a client sent with a record. */
export type Upload = { readonly filename: string; readonly contents: Buffer }

/** A file on its way to its place. */
export type StagedFile = { readonly publish: () => Promise<void>; readonly discard: () => Promise<void> }

/** SuiteCRM's limit for uploads. */
export const uploadBytesMax = 30_000_000

/** Extensions that a web server might run or a browser trust. @see SuiteCRM include/utils.php upload_badext */
const refusedExtensions: ReadonlySet<string> = new Set(
  'php php3 php4 php5 php6 php7 php8 pl cgi py asp cfm js vbs html htm phtml phar'.split(' '),
)

/**
 * Checks an upload.
 *
 * @param contents  base64; other characters are passed over by older clients' decoders, and refused of clients that validate
 * @throws INVALID_FILE  no extension, or one that is not accepted
 * @throws TOO_LARGE
 */
export function acceptUpload(ctx: Context, filename: string, contents: string): Upload {
  const extension = extensionOf(filename)
  if (extension === '' || refusedExtensions.has(extension.toLowerCase())) {
    throw new HouseError('INVALID_FILE', 'The file has no extension, or one that is not accepted', {
      field: 'filename',
    })
  }
  if (contents.length > uploadBytesMax * 1.4) throw tooLarge()
  if (ctx.validation === 'strict' && !/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(contents)) {
    throw new HouseError('INVALID_FILE', 'The file is not base64', { field: 'filecontents' })
  }
  const bytes = Buffer.from(contents, 'base64')
  if (bytes.length > uploadBytesMax) throw tooLarge()
  return { filename, contents: bytes }
}

/** What follows the last dot of a name. */
export const extensionOf = (filename: string) => /\.([^.]*)$/.exec(filename)?.[1] ?? ''

/**
 * Writes a file beside the place of a record's file. Done before the record is stored, published after: a reader sees the
 * old file or the new one, never half of one.
 */
export async function stageFile(ctx: Context, id: string, contents: Buffer): Promise<StagedFile> {
  const place = placeOf(ctx, id)
  const draft = `${place}.${randomBytes(6).toString('hex')}.part`
  await mkdir(ctx.filesDir, { recursive: true, mode: 0o700 })
  const file = await open(draft, 'wx', 0o600)
  try {
    await file.writeFile(contents)
    await file.sync()
  } finally {
    await file.close()
  }
  return { publish: () => rename(draft, place), discard: () => rm(draft, { force: true }) }
}

/** Runs `work` with a file staged for a record; its place is taken only when all went well. */
export async function withStagedFile<T>(ctx: Context, id: string, upload: Upload | undefined, work: () => Promise<T>) {
  if (!upload) return work()
  const staged = await stageFile(ctx, id, upload.contents)
  try {
    const result = await work()
    await (ctx.isRehearsal ? staged.discard() : staged.publish())
    return result
  } catch (error) {
    await staged.discard()
    throw error
  }
}

/** The file of a note or a document's revision, if it has one. */
export async function readUpload(ctx: Context, id: string): Promise<Buffer | undefined> {
  try {
    return await readFile(placeOf(ctx, id))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** Ids come from clients and imported databases; only harmless ones name files. */
function placeOf(ctx: Context, id: string): string {
  if (!/^[A-Za-z0-9_-]{1,36}$/.test(id)) throw new HouseError('INVALID_FILE', 'No file can belong to this id', { id })
  return path.join(ctx.filesDir, id)
}

const tooLarge = () =>
  new HouseError('TOO_LARGE', `A file has at most ${uploadBytesMax} bytes`, { field: 'filecontents' })
