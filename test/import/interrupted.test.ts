import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { importSuitecrm } from '../../drizzle/import/import.ts'
import { testDatabase } from '../database.ts'
import { describeWithMysql } from '../mysql.ts'
import { differencesBetween } from './compare.ts'
import { suitecrm } from './suitecrm.ts'

const { url, pool } = await testDatabase()

describeWithMysql('an import that was interrupted', () => {
  const source = suitecrm('demo')

  it('goes on in the middle of the table where it was killed', async () => {
    await source.change(`
      insert into accounts (id, name, deleted) select uuid(), concat('Company ', a.id), 0
        from relationships a cross join (select 1 from relationships limit 20) b;
      insert into accounts_cstm (id_c, jjwg_maps_address_c) select id, name from accounts where name like '%a%'`)
    expect(await importAndDie('accounts', 4_000)).toBe('SIGKILL')
    const before = await pool`select xmin::text, id from accounts order by id`
    expect(before.length).toBeGreaterThanOrEqual(4_000)

    const { report, advanced } = await importWatching('accounts')

    const after = await pool`select xmin::text, id from accounts order by id`
    expect(advanced[0]).toBe(before.length)
    expect(after.filter(row => before.some(old => old.id === row.id))).toEqual(before)
    expect(report).toMatchObject({ isResumed: true, mistakes: [] })
    expect((await differencesBetween(source, pool)).differences).toEqual([])
  })

  it('reads a table again that has changed at the source meanwhile, and not the others', async () => {
    expect(await importAndDie('users', 1)).toBe('SIGKILL')
    await source.change("update contacts set last_name = 'Newname', date_modified = '2031-02-03 04:05:06' limit 1")
    await source.change('delete from accounts order by id limit 3')

    const { report, advanced, parts } = await importWatching('accounts')

    expect(advanced[0]).toBe(0)
    expect(parts).not.toContain('leads')
    expect(report).toMatchObject({ isResumed: true, mistakes: [] })
    expect(report.tables.find(({ table }) => table === 'accounts')?.vanished?.count).toBe(3)
    expect(report.tables.find(({ table }) => table === 'contacts')?.changes).toMatchObject({ updated: 1 })
  })

  it('ends between two batches when it is told to, and then resumes', async () => {
    const stop = new AbortController()
    const progress = {
      begin: (part: string) => void (part === 'accounts' && stop.abort()),
      advance() {},
      end() {},
    }

    const stopped = importSuitecrm({ source: source.url, pool, filesDir: '/nowhere', signal: stop.signal, progress })
    await expect(stopped).rejects.toThrow('aborted')
    const { report } = await importWatching('accounts')

    expect(report).toMatchObject({ isResumed: true, mistakes: [] })
  })

  async function importAndDie(table: string, rows: number) {
    const file = fileURLToPath(new URL('dying.ts', import.meta.url))
    const child = spawn(process.execPath, ['--import', 'tsx', file, source.url, url, table, String(rows)], {
      stdio: 'inherit',
    })
    const [, signal] = (await once(child, 'exit')) as [number | null, string | null]
    return signal
  }

  async function importWatching(table: string) {
    const parts: string[] = []
    const advanced: number[] = []
    const progress = {
      begin: (name: string) => void parts.push(name),
      advance: (by: number) => void (parts.at(-1) === table && advanced.push(by)),
      end() {},
    }
    const report = await importSuitecrm({ source: source.url, pool, filesDir: '/nowhere', progress })
    return { report, advanced, parts }
  }
})
