import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { testDatabase } from '../database.ts'
import { run } from '../house/switchyard.ts'

const db = await testDatabase()
const folder = mkdtempSync(path.join(tmpdir(), 'jobs-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const environment = { DATABASE_URL: db.url, DATA_DIR: folder, LOG_LEVEL: 'silent' }
const switchyard = (...parameters: string[]) => run(parameters, { environment })

const fileOf = (name: string, text: string) => {
  const file = path.join(folder, name)
  writeFileSync(file, text)
  return file
}

it('bulk upsert writes the rows of a file and tells what became of them', async () => {
  const file = fileOf('accounts.csv', 'externalId,name,description\r\n1,Acme,"a, b"\r\n2,,\r\n3,Bolts,\r\n')
  const results = path.join(folder, 'results.ndjson')
  const how = ['--module', 'Accounts', '--match', 'externalId', '--system', 'shop', '--results', results]

  const first = await switchyard('bulk', 'upsert', file, ...how)
  const again = await switchyard('bulk', 'upsert', file, ...how)

  expect([first.code, first.out]).toEqual([1, '2 created, 0 updated, 0 unchanged, 1 failed\n'])
  expect([again.code, again.out]).toEqual([1, '0 created, 0 updated, 2 unchanged, 1 failed\n'])
  const rows = readFileSync(results, 'utf8').trimEnd().split('\n')
  expect(rows.map(row => JSON.parse(row) as object)).toMatchObject([
    { row: 1, outcome: 'UNCHANGED' },
    { row: 2, outcome: 'FAILED', pointer: '/name' },
    { row: 3, outcome: 'UNCHANGED' },
  ])
}, 60_000)

it('bulk upsert says in words what is wrong with a file', async () => {
  const broken = await switchyard('bulk', 'upsert', fileOf('a.ndjson', '{"name":"x"}\n{'), '--module', 'Accounts')
  const nameless = await switchyard('bulk', 'upsert', fileOf('rows', ''), '--module', 'Accounts')

  expect([broken.code, broken.err]).toEqual([1, expect.stringContaining('Line 2 is not JSON')])
  expect([nameless.code, nameless.err]).toEqual([1, expect.stringContaining('--format')])
}, 60_000)

it('export writes records into a file for its owner alone, or to the terminal', async () => {
  const output = path.join(folder, 'out.csv')

  const toFile = await switchyard(
    'export',
    'Accounts',
    '--format',
    'csv',
    '--fields',
    'name',
    '--sort=-name',
    '--output',
    output,
  )
  const toTerminal = await switchyard('export', 'Accounts', '--fields', 'name', '--filter', '{"name":{"eq":"acme"}}')
  const wrong = await switchyard('export', 'Accounts', '--filter', '{')

  expect(toFile.code).toBe(0)
  expect(
    readFileSync(output, 'utf8')
      .split('\r\n')
      .map(line => line.split(',')[1]),
  ).toEqual(['name', 'Bolts', 'Acme', undefined])
  expect(statSync(output).mode & 0o777).toBe(0o600)
  expect(JSON.parse(toTerminal.out)).toMatchObject({ name: 'Acme' })
  expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('--filter takes JSON')])
}, 60_000)
