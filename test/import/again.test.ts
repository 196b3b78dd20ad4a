import { expect, it } from 'vitest'
import { importSuitecrm } from '../../drizzle/import/import.ts'
import type { ImportReport } from '../../drizzle/import/report.ts'
import { testDatabase } from '../database.ts'
import { describeWithMysql } from '../mysql.ts'
import { differencesBetween } from './compare.ts'
import { suitecrm } from './suitecrm.ts'

const { pool } = await testDatabase()

// The tests of this file follow one installation through time.
describeWithMysql('an import that is run again', () => {
  const source = suitecrm('demo')
  const run = () => importSuitecrm({ source: source.url, pool, filesDir: '/nowhere' })

  it('changes nothing when nothing has changed', async () => {
    await run()
    const before = await pool`select xmin::text, id, record_version from contacts order by id`

    const report = await run()

    expect(report.tables.every(({ changes }) => !changes || changes.inserted + changes.updated === 0)).toBe(true)
    expect(await pool`select xmin::text, id, record_version from contacts order by id`).toEqual(before)
  })

  it('takes over what was changed, added and marked as deleted, and counts the versions of nothing else', async () => {
    await source.change(`
      update contacts set last_name = 'Newname', date_modified = '2031-01-01 00:00:00' where id in (select * from (select min(id) from contacts) as first);
      update accounts set deleted = 1 order by id limit 2;
      insert into accounts (id, name, deleted) values ('added', 'Added', 0);
      insert into accounts_cstm (id_c, jjwg_maps_lat_c) select id, 12.34567891 from accounts order by id limit 1;
      update config set value = 'Renamed' where category = 'system' and name = 'name';
      insert into config values ('system', 'twice', 'a'), ('system', 'twice', 'b'), (null, null, null);`)

    const report = await run()

    expect(changesOf(report, 'contacts')).toEqual({ inserted: 0, updated: 1, unchanged: 199 })
    expect(changesOf(report, 'accounts')).toEqual({ inserted: 1, updated: 2, unchanged: 48 })
    expect(changesOf(report, 'config')).toMatchObject({ inserted: 3, updated: 1 })
    expect((await differencesBetween(source, pool)).differences.filter(text => !text.startsWith('config'))).toEqual([])
    expect(await versions('contacts')).toEqual([
      { record_version: 1, rows: 199 },
      { record_version: 2, rows: 1 },
    ])
    expect(await pool`select value from config where name = 'twice' order by value`).toEqual([
      { value: 'a' },
      { value: 'b' },
    ])
  })

  it('makes equal again what was changed here', async () => {
    await pool`update contacts set first_name = 'Changed here' where id = (select min(id) from contacts)`

    const report = await run()

    expect(changesOf(report, 'contacts')).toMatchObject({ updated: 1 })
    expect((await differencesBetween(source, pool)).differences.filter(text => !text.startsWith('config'))).toEqual([])
  })

  it('reports records that have vanished, every time, and keeps them; records made here are not meant', async () => {
    await pool`insert into tasks (id, name) values ('made-here', 'Made here')`
    await source.change("delete from accounts where id = 'added'")
    const vanished = ({ tables }: ImportReport) =>
      tables.filter(table => table.vanished?.count).map(table => [table.table, table.vanished])

    const reports = [await run(), await run()]

    expect(reports.map(vanished)).toEqual(Array(2).fill([['accounts', { count: 1, ids: ['added'] }]]))
    expect(await pool`select id from accounts where id = 'added'`).toHaveLength(1)
  })

  it('never lets numbers go back', async () => {
    await pool`insert into bugs (id) values ('numbered-here')`
    const [here] = await pool<{ bug_number: number }[]>`select bug_number from bugs where id = 'numbered-here'`
    await source.change('alter table cases auto_increment = 900')

    await run()

    const [bug] = await pool<{ bug_number: number }[]>`insert into bugs (id) values ('next') returning bug_number`
    const [next] = await pool<{ case_number: number }[]>`insert into cases (id) values ('next') returning case_number`
    expect(bug?.bug_number).toBeGreaterThan(here?.bug_number ?? Infinity)
    expect(next?.case_number).toBe(900)
  })

  it('runs one at a time', async () => {
    const running = [0, 0]
    const follow = (index: number) => ({
      begin: () => void (running[index] = 1),
      advance() {},
      end: () => void (running[index] = 0),
    })
    const both = [0, 1].map(index =>
      importSuitecrm({
        source: source.url,
        pool,
        filesDir: '/nowhere',
        progress: { ...follow(index), advance: check },
      }),
    )
    function check() {
      if (running[0] && running[1]) throw new Error('two at once')
    }

    await expect(Promise.all(both)).resolves.toHaveLength(2)
  })
})

const changesOf = (report: ImportReport, table: string) => report.tables.find(count => count.table === table)?.changes

const versions = (table: string) =>
  pool`select record_version, count(*)::integer as rows from ${pool(table)} group by 1 order by 1`
