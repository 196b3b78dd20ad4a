import { constants } from 'node:fs'
import { copyFile, mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import path from 'node:path'
import type { Pool } from '../client.ts'
import { StartupError } from '../startup-error.ts'

/** What became of SuiteCRM's `upload` folder. */
export type FilesCount = {
  /** Notes with a file name, and revisions of documents; deleted ones not counted. */
  readonly expected: number
  readonly copied: number
  /** Here already, as large and as old. */
  readonly unchanged: number
  readonly missing: readonly MissingFile[]
  readonly missingCount: number
  /** Files of the folder that belong to neither: images of records, mail, leftovers. */
  readonly others: number
}

export type MissingFile = {
  readonly table: string
  readonly id: string
  readonly filename: string
  readonly reason: string
}

type Step = { advance(by: number): void }
type Owner = { readonly table: string; readonly id: string; readonly filename: string | null }

const missingMax = 1_000

/** SuiteCRM names files by record; an id that is no plain name must not lead out of the folder. */
const plainName = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}$/

/** The notes and revisions that have a file. */
export const countFiles = async (pool: Pool) => {
  const [row] = await pool<{ count: number }[]>`select count(*)::integer as count from (${owners(pool)}) as o`
  return row?.count ?? 0
}

/** @throws StartupError  there is no such folder */
export async function assertFolder(folder: string) {
  const found = await stat(folder).catch(() => undefined)
  if (!found?.isDirectory())
    throw new StartupError(`${folder} is no folder. It must be the "upload" folder of SuiteCRM.`)
}

/**
 * Copies the files of notes and of document revisions, which SuiteCRM keeps under the record's id. A file appears under
 * its name only when it is complete.
 */
export async function copyUploads(pool: Pool, from: string, to: string, step: Step): Promise<FilesCount> {
  await mkdir(to, { recursive: true, mode: 0o700 })
  const counts = { expected: 0, copied: 0, unchanged: 0, missingCount: 0 }
  const missing: MissingFile[] = []
  const names = new Set<string>()
  for await (const rows of pool<Owner[]>`${owners(pool)}`.cursor(500)) {
    for (const { table, id, filename } of rows) {
      counts.expected += 1
      names.add(id)
      const outcome = plainName.test(id)
        ? await copyOne(path.join(from, id), path.join(to, id))
        : 'its id is no file name'
      if (outcome === 'copied' || outcome === 'unchanged') counts[outcome] += 1
      else {
        counts.missingCount += 1
        if (missing.length < missingMax) missing.push({ table, id, filename: filename ?? '', reason: outcome })
      }
    }
    step.advance(rows.length)
  }
  const entries = await readdir(from, { withFileTypes: true })
  return { ...counts, missing, others: entries.filter(entry => entry.isFile() && !names.has(entry.name)).length }
}

const owners = (pool: Pool) => pool`
  select 'notes' as table, id, filename from notes where not deleted and filename <> ''
  union all select 'document_revisions', id, filename from document_revisions where not deleted`

async function copyOne(from: string, to: string): Promise<string> {
  try {
    const source = await stat(from)
    if (!source.isFile()) return 'it is no file'
    const known = await stat(to).catch(() => undefined)
    if (known?.size === source.size && Math.abs(known.mtimeMs - source.mtimeMs) < 1_000) return 'unchanged'
    const part = `${to}.part`
    await copyFile(from, part, constants.COPYFILE_FICLONE)
    await utimes(part, source.atime, source.mtime)
    await rename(part, to)
    return 'copied'
  } catch (error) {
    await rm(`${to}.part`, { force: true })
    if (!(error instanceof Error && 'code' in error)) throw error
    if (error.code === 'ENOENT') return 'there is no such file'
    if (error.code === 'EACCES' || error.code === 'EPERM') return 'it may not be read'
    throw error
  }
}
