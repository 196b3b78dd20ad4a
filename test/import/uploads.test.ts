import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeEach, expect, it } from 'vitest'
import { copyUploads } from '../../drizzle/import/uploads.ts'
import { testDatabase } from '../database.ts'

const { pool } = await testDatabase()
const folder = mkdtempSync(path.join(tmpdir(), 'uploads-'))
const [upload, files] = [path.join(folder, 'upload'), path.join(folder, 'files')]
const copy = () => copyUploads(pool, upload, files, { advance() {} })

beforeEach(async () => {
  await pool`delete from notes`
  await pool`delete from document_revisions`
  for (const name of [upload, files]) rmSync(name, { recursive: true, force: true })
  mkdirSync(upload)
})
afterAll(() => rmSync(folder, { recursive: true }))

it('copies the files of notes and revisions under their ids, byte by byte', async () => {
  await pool`insert into notes ${pool([aNote('n1'), aNote('n2', null), aNote('n3', '')])}`
  await pool`insert into document_revisions ${pool([{ id: 'r1', filename: 'plan.pdf' }])}`
  writeFileSync(path.join(upload, 'n1'), Buffer.from([0, 255, 13, 10]))
  writeFileSync(path.join(upload, 'r1'), 'PDF')
  writeFileSync(path.join(upload, 'c1_photo'), 'somebody')

  const counts = await copy()

  expect(counts).toEqual({ expected: 2, copied: 2, unchanged: 0, missing: [], missingCount: 0, others: 1 })
  expect(readdirSync(files).sort()).toEqual(['n1', 'r1'])
  expect(readFileSync(path.join(files, 'n1'))).toEqual(Buffer.from([0, 255, 13, 10]))
})

it('copies again only what has changed', async () => {
  await pool`insert into notes ${pool([aNote('n1'), aNote('n2')])}`
  for (const id of ['n1', 'n2']) writeFileSync(path.join(upload, id), id)
  await copy()
  writeFileSync(path.join(upload, 'n2'), 'longer than before')

  expect(await copy()).toMatchObject({ expected: 2, copied: 1, unchanged: 1 })
  expect(readFileSync(path.join(files, 'n2'), 'utf8')).toBe('longer than before')
})

it('names what is missing, and never leaves the folder', async () => {
  writeFileSync(path.join(folder, 'secret'), 'x')
  mkdirSync(path.join(upload, 'dir'))
  symlinkSync('nowhere', path.join(upload, 'dangling'))
  await pool`insert into notes ${pool(['lost', 'dir', '../secret', '..', 'a/b', 'dangling'].map(id => aNote(id)))}`
  await pool`insert into notes ${pool([{ ...aNote('gone'), deleted: true }])}`

  const { expected, copied, missing } = await copy()

  expect({ expected, copied }).toEqual({ expected: 6, copied: 0 })
  expect(Object.fromEntries(missing.map(({ id, reason }) => [id, reason]))).toEqual({
    lost: 'there is no such file',
    dir: 'it is no file',
    '../secret': 'its id is no file name',
    '..': 'its id is no file name',
    'a/b': 'its id is no file name',
    dangling: 'there is no such file',
  })
  expect(readdirSync(files)).toEqual([])
})

const aNote = (id: string, filename: string | null = `${id}.txt`) => ({ id, filename, deleted: false })
