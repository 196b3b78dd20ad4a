import { expect, it } from 'vitest'
import { ImportError, importSuitecrm } from '../../drizzle/import/import.ts'
import { mistakesOf } from '../../drizzle/import/report.ts'
import { testDatabase } from '../database.ts'
import { describeWithMysql, mysqlUrl } from '../mysql.ts'
import { differencesBetween } from './compare.ts'
import { suitecrm } from './suitecrm.ts'

const { pool } = await testDatabase()

describeWithMysql('an import that cannot succeed', () => {
  const source = suitecrm('clean')
  const run = (url = source.url, progress = {}) =>
    importSuitecrm({
      source: url,
      pool,
      filesDir: '/nowhere',
      progress: { begin() {}, advance() {}, end() {}, ...progress },
    })

  it('fails when its counts do not add up, keeps the report, and can be run again', async () => {
    const thief = {
      begin: (part: string) => void (part === 'users' && pool`delete from acl_actions where name = 'view'`.execute()),
    }

    const failure = await run(source.url, thief).catch((error: unknown) => error)

    expect(failure).toBeInstanceOf(ImportError)
    expect(String(failure)).toMatch(/acl_actions: \d+ rows imported, but \d+ of them are here/)
    const [kept] = await pool`select status, report->'mistakes' as mistakes from import_runs order by id desc limit 1`
    expect(kept).toMatchObject({ status: 'failed', mistakes: [expect.stringMatching('acl_actions')] })
    await expect(run()).resolves.toMatchObject({ isResumed: false, mistakes: [] })
  })

  it('adds up in both directions', () => {
    const count = { table: 'accounts', source: 10, imported: 7, skipped: { 'id is empty': 3 }, present: 7 }

    expect(mistakesOf([count])).toEqual([])
    expect(mistakesOf([{ ...count, imported: 6 }])).toHaveLength(2)
    expect(mistakesOf([{ ...count, imported: 8, present: 8 }])).toHaveLength(1)
    expect(mistakesOf([{ ...count, skipped: {} }])).toHaveLength(1)
  })

  it('leaves out the one row that PostgreSQL refuses, and keeps its neighbours', async () => {
    await source.change(`
      alter table aos_quotes modify name mediumtext;
      insert into aos_quotes (id, name, deleted) select id, 'Neighbour', 0 from relationships limit 100;
      update aos_quotes set name = (select group_concat(md5(id) separator '') from acl_actions) order by id limit 1`)

    const { tables, mistakes, findings } = await run()

    expect(mistakes).toEqual([])
    expect(tables.find(({ table }) => table === 'aos_quotes')).toMatchObject({
      source: 100,
      imported: 99,
      skipped: { 'PostgreSQL refuses it (54000)': 1 },
    })
    expect(findings).toMatchObject([
      { table: 'aos_quotes', column: '', problem: 'PostgreSQL refuses it (54000): row left out' },
    ])
    await source.change("delete from aos_quotes where name <> 'Neighbour'")
    expect((await differencesBetween(source, pool)).differences).toEqual([])
  })

  it.for([
    ['no address', 'somewhere', 'must be an address like mysql://'],
    ['no database', 'mysql://root@127.0.0.1:3306', 'must be an address like mysql://'],
    [
      'a port where nobody listens',
      'mysql://root:s3cret@127.0.0.1:1/suitecrm',
      'cannot be opened: connect ECONNREFUSED',
    ],
    [
      'a wrong password',
      changed({ password: 's3cret', username: 'nobody_here', pathname: '/x' }),
      'cannot be opened: Access denied',
    ],
    ['a database that does not exist', changed({ pathname: '/no_such_db' }), 'cannot be opened: Unknown database'],
    ['a database of something else', changed({ pathname: '/mysql' }), 'is no SuiteCRM database: it has no table users'],
  ])('says what is wrong with %s, without the password', async ([, url = '', message = '']) => {
    const failure = await run(url).catch((error: unknown) => String(error))

    expect(failure).toContain(message)
    expect(failure).not.toContain('s3cret')
  })
})

function changed(parts: Partial<URL>) {
  return Object.assign(new URL(mysqlUrl ?? 'mysql://nowhere'), parts).href
}
