import { verify } from '@node-rs/bcrypt'
import { createHash } from 'node:crypto'
import { beforeAll, expect, it } from 'vitest'
import { importSuitecrm } from '../../drizzle/import/import.ts'
import { reportText, type ImportReport } from '../../drizzle/import/report.ts'
import { testDatabase } from '../database.ts'
import { describeWithMysql } from '../mysql.ts'
import { differencesBetween } from './compare.ts'
import { suitecrm } from './suitecrm.ts'

const databases = { clean: await testDatabase(), demo: await testDatabase() }

describeWithMysql.for(['clean', 'demo'] as const)('the %s dump of SuiteCRM 7.15', dump => {
  const source = suitecrm(dump)
  const { pool } = databases[dump]
  let report: ImportReport
  beforeAll(async () => {
    report = await importSuitecrm({ source: source.url, pool, filesDir: '/nowhere' })
  })

  it('arrives with every row and every column', async () => {
    const { rows, differences } = await differencesBetween(source, pool)

    expect(differences).toEqual([])
    expect(rows).toBeGreaterThan(dump === 'demo' ? 5_000 : 500)
  })

  it('is counted row by row, with nothing left out and nothing to remark on', () => {
    const numbers = report.tables.map(({ source: there, imported, skipped }) => [there, imported, skipped])

    expect(numbers).toEqual(report.tables.map(({ source: there }) => [there, there, {}]))
    expect(report).toMatchObject({ mistakes: [], findings: [], refusedFields: [], columns: [], isResumed: false })
  })

  it('names every table that stays behind', async () => {
    const tables = await source.rows(
      'select table_name as name from information_schema.tables where table_schema = database()',
    )
    const named = [
      ...report.tables.map(({ table }) => table),
      ...report.differences.unknownTables.map(({ name }) => name),
    ]

    expect(named.toSorted()).toEqual(tables.map(({ name }) => String(name)).toSorted())
    expect(report.differences).toMatchObject({ unknownColumns: [], missingColumns: [], missingTables: [] })
  })

  it('lets users and API clients in as before', async () => {
    const users = await pool<{ user_name: string; user_hash: string }[]>`select user_name, user_hash from users`
    const clients = await pool<{ secret: string }[]>`select secret from oauth2clients`

    const passwords = users.map(user => verify(digest('md5', user.user_name), user.user_hash))
    expect(await Promise.all(passwords)).toEqual(users.map(() => true))
    expect(clients.map(client => client.secret)).toEqual(Array(3).fill(digest('sha256', 'secret')))
  })

  it('goes on numbering where SuiteCRM stopped', async () => {
    const [counter] = await source.rows(
      "select auto_increment as next from information_schema.tables where table_schema = database() and table_name = 'cases'",
    )

    const [created] = await pool<
      { case_number: number }[]
    >`insert into cases (id) values ('next') returning case_number`

    expect(created?.case_number).toBe(Number(counter?.next))
    await pool`delete from cases where id = 'next'`
  })

  it('prints a table of counts', () => {
    const total = report.tables.reduce((sum, { source: there }) => sum + there, 0)

    expect(reportText(report)).toMatch(new RegExp(`^total +${total} +${total} `, 'm'))
    expect(reportText(report)).toMatch(/^users +(1|7) +\1 +\1 +0 +0 +0$/m)
  })
})

const digest = (algorithm: string, text: string) => createHash(algorithm).update(text).digest('hex')
