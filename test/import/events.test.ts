import { beforeAll, expect, it } from 'vitest'
import { importSuitecrm } from '../../drizzle/import/import.ts'
import { testDatabase } from '../database.ts'
import { describeWithMysql } from '../mysql.ts'
import { eventsOf } from '../events/appended.ts'
import { suitecrm } from './suitecrm.ts'

const { pool } = await testDatabase()

describeWithMysql('an import that is to tell of what it brings', () => {
  const source = suitecrm('demo')
  const run = () => importSuitecrm({ source: source.url, pool, filesDir: '/nowhere', events: true })
  const countOf = async (text: string) => Number((await pool.unsafe(`select count(*)::int as n from ${text}`))[0]?.n)
  beforeAll(run)

  it('leaves one event for every record that is not deleted, with what it holds', async () => {
    for (const [table, module] of [
      ['accounts', 'Accounts'],
      ['contacts', 'Contacts'],
      ['users', 'Users'],
    ] as const) {
      const records = await countOf(`${table} where not deleted`)
      expect(records).toBeGreaterThan(0)
      expect(await countOf(`event_log where type = '${module}.created' and sequence = 1`)).toBe(records)
      expect(await countOf(`event_log where module = '${module}' and type <> '${module}.created'`)).toBe(0)
    }
    const [account] = await pool<{ id: string; name: string; entered: string }[]>`
      select id, name, to_char(date_entered, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as entered from accounts where not deleted limit 1`
    const [event] = await eventsOf(pool, account?.id ?? '')
    expect(event).toMatchObject({
      after: { name: account?.name, date_entered: account?.entered },
      origin: { userId: '1', door: 'cli' },
    })
    expect(Object.values(event?.after ?? {})).not.toContain('')
  })

  it('tells again only of what has changed there, and how', async () => {
    const before = await countOf('event_log')
    const [changed, gone] = await pool<{ id: string; name: string }[]>`
      select id, name from accounts where not deleted order by id limit 2`
    if (!changed || !gone) throw new Error('the dump has no accounts')
    await source.rows(
      `update accounts set name = 'Other', date_modified = '2031-01-01 00:00:00' where id = '${changed.id}'`,
    )
    await source.rows(`update accounts set deleted = 1 where id = '${gone.id}'`)
    await run()

    expect(await countOf('event_log')).toBe(before + 2)
    expect((await eventsOf(pool, changed.id)).at(-1)).toMatchObject({
      type: 'Accounts.updated',
      sequence: 2,
      before: { name: changed.name },
      after: { name: 'Other', date_modified: '2031-01-01T00:00:00Z' },
    })
    expect((await eventsOf(pool, gone.id)).at(-1)).toMatchObject({
      type: 'Accounts.deleted',
      sequence: 2,
      before: { name: gone.name },
      after: null,
    })
  })

  it('tells of none when it is not asked to', async () => {
    const before = await countOf('event_log')
    await source.rows("update accounts set name = 'Silent', date_modified = '2031-01-02 00:00:00' where deleted = 0")
    await importSuitecrm({ source: source.url, pool, filesDir: '/nowhere' })

    expect(await countOf("accounts where name = 'Silent'")).toBeGreaterThan(0)
    expect(await countOf('event_log')).toBe(before)
  })
})
