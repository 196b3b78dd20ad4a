import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { readUpload } from '../../../subgraphs/crm/files.ts'
import { mimeTypeOf } from '../../../subgraphs/crm/mime-type.ts'
import { testDatabase } from '../../database.ts'
import { filesDir, writer } from './writer.ts'

const db = await testDatabase()
const strict = writer(db.pool)
const lenient = writer(db.pool, { validation: 'lenient' })

const base64 = (text: string) => Buffer.from(text).toString('base64')
const fileOf = (id: string) => readFileSync(path.join(filesDir, id), 'utf8')
const files = () => (existsSync(filesDir) ? readdirSync(filesDir).sort() : [])

describe('the file of a note', () => {
  it('is kept by the id of the note, with what it is', async () => {
    const id = await strict.create('Notes', { name: 'n', filename: 'a.txt', filecontents: base64('hello') })

    expect(await strict.read('Notes', id)).toMatchObject({ filename: 'a.txt', file_mime_type: 'text/plain' })
    expect(fileOf(id)).toBe('hello')
    expect((await readUpload(strict.ctx, id))?.toString()).toBe('hello')
  })

  it('is replaced as a whole, renamed, or forgotten', async () => {
    const id = await strict.create('Notes', { name: 'n', filename: 'a.txt', filecontents: base64('hello') })

    await lenient.update('Notes', id, { filename: 'b.json', filecontents: base64('{}') })
    expect(fileOf(id)).toBe('{}')
    expect(await strict.read('Notes', id)).toMatchObject({ filename: 'b.json', file_mime_type: 'application/json' })
    await strict.update('Notes', id, { filename: 'c.json' })
    expect(fileOf(id)).toBe('{}')
    await strict.update('Notes', id, { filename: null })
    expect(await strict.read('Notes', id)).toMatchObject({ filename: null })
  })

  it.each([
    ['a.php', 'INVALID_FILE'],
    ['a.PhP', 'INVALID_FILE'],
    ['a.txt.phar', 'INVALID_FILE'],
    ['noextension', 'INVALID_FILE'],
    ['ends.', 'INVALID_FILE'],
  ])('%s is refused, and neither record nor file is left', async (filename, code) => {
    const [before, count] = [files(), await db.pool`select id from notes`]

    await expect(lenient.create('Notes', { name: 'n', filename, filecontents: base64('x') })).rejects.toMatchObject({
      code,
    })

    expect(files()).toEqual(before)
    expect(await db.pool`select id from notes`).toHaveLength(count.length)
  })

  it('is not left behind when its record is not stored', async () => {
    const before = files()
    await strict.create('Notes', { id: 'taken', name: 'n' })

    const second = strict.create('Notes', { id: 'taken', name: 'n', filename: 'a.txt', filecontents: base64('x') })

    await expect(second).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
    expect(files()).toEqual(before)
  })

  it('has a limit, is base64, and has a name', async () => {
    const note = { name: 'n', filename: 'a.txt' }
    await expect(strict.create('Notes', { ...note, filecontents: 'A'.repeat(42_000_001) })).rejects.toMatchObject({
      code: 'TOO_LARGE',
    })
    await expect(strict.create('Notes', { ...note, filecontents: '<>' })).rejects.toMatchObject({
      code: 'INVALID_FILE',
    })
    await expect(strict.create('Notes', { name: 'n', filecontents: base64('x') })).rejects.toMatchObject({
      details: { field: 'filecontents' },
    })
  })
})

describe('the file of a document', () => {
  it('is a revision, and every new file is the next', async () => {
    const id = await strict.create('Documents', { document_name: 'd', filename: 'd.txt', filecontents: base64('one') })
    const first = (await strict.read('Documents', id))?.document_revision_id as string
    await strict.update('Documents', id, { filename: 'e.txt', filecontents: base64('two') })

    const document = await strict.read('Documents', id, ['filename', 'revision'])
    expect(document).toMatchObject({ filename: 'e.txt', revision: '2' })
    expect(fileOf(first)).toBe('one')
    expect(fileOf(document?.document_revision_id as string)).toBe('two')
    expect(await strict.read('DocumentRevisions', first)).toMatchObject({
      document_id: id,
      revision: '1',
      change_log: 'Document Created',
      file_ext: 'txt',
      file_mime_type: 'text/plain',
      created_by: '1',
    })
  })

  it('is not there for a document that came without, whatever its revision was called', async () => {
    const id = await lenient.create('Documents', { document_name: 'd', revision: '1' })

    expect(await strict.read('Documents', id, ['revision'])).toMatchObject({
      document_revision_id: null,
      revision: null,
    })
  })

  it('can come as a revision by itself, which is then the newest', async () => {
    const id = await lenient.create('Documents', { document_name: 'd' })
    const revision = await lenient.create('DocumentRevisions', {
      document_id: id,
      revision: '7',
      filename: 'r.txt',
      filecontents: base64('seven'),
    })

    expect(await strict.read('Documents', id, ['filename', 'revision'])).toMatchObject({
      document_revision_id: revision,
      filename: 'r.txt',
      revision: '7',
      record_version: 2,
    })
    expect(fileOf(revision)).toBe('seven')
  })
})

it('nobody reads a file outside the folder of files', async () => {
  await expect(readUpload(strict.ctx, '../etc/passwd')).rejects.toMatchObject({ code: 'INVALID_FILE' })
  expect(await readUpload(strict.ctx, 'unknown')).toBeUndefined()
})

it.each([
  ['', 'application/x-empty'],
  ['plain ä', 'text/plain'],
  ['{"a": 1}', 'application/json'],
  ['{not json', 'text/plain'],
  ['<!DOCTYPE html><p>', 'text/html'],
  ['<?xml version="1.0"?><a/>', 'text/xml'],
  ['%PDF-1.7', 'application/pdf'],
  ['\x89PNG\r\n\x1a\n', 'image/png'],
  ['GIF89a', 'image/gif'],
  ['PK\x03\x04....word/document.xml', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
  ['PK\x03\x04....a.txt', 'application/zip'],
  ['\x00\x01\x02', 'application/octet-stream'],
])('%j is %s', (contents, type) => {
  expect(mimeTypeOf(Buffer.from(contents, contents.includes('ä') ? 'utf8' : 'latin1'))).toBe(type)
})
