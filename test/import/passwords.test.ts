import { beforeAll, expect, it } from 'vitest'
import { md5Of } from '../../drizzle/password-hash.ts'
import { importSuitecrm } from '../../drizzle/import/import.ts'
import { testDatabase } from '../database.ts'
import { describeWithMysql } from '../mysql.ts'
import { passwordsOf } from '../passwords.ts'
import { suitecrm } from './suitecrm.ts'

const { pool } = await testDatabase()
const passwords = passwordsOf(pool)

// The tests of this file follow one installation through time.
describeWithMysql('passwords that are imported', () => {
  const source = suitecrm('demo')
  const run = async () => {
    const report = await importSuitecrm({ source: source.url, pool, filesDir: '/nowhere', passwords })
    return report.tables.find(({ table }) => table === 'users')?.changes
  }
  const hashes = async () => {
    const rows = await pool<{ user_name: string; user_hash: string }[]>`select user_name, user_hash from users`
    return new Map(rows.map(row => [row.user_name, row.user_hash]))
  }
  const [old, today] = ['will', 'admin']
  beforeAll(() => source.change(`update users set user_hash = ? where user_name = ?`, [md5Of('from 2004'), old]))

  it('are usable at once, and a bare MD5 is nowhere in the database', async () => {
    await run()

    const stored = await hashes()
    expect(await passwords.verify(md5Of('from 2004'), stored.get(old) ?? '')).toBe(true)
    expect(await passwords.verify(md5Of(today), stored.get(today) ?? '')).toBe(true)
    expect(stored.get(old)).toMatch(/^\$sw\$[0-9a-f]{8}\$argon2id\$/)
    expect(stored.get(today)).toMatch(/^\$2y\$/)
  })

  it('stay as they are stored here when nothing has changed there, also after a login', async () => {
    const [bcrypt = ''] = [(await hashes()).get(today)]
    const replaced = await passwords.hash(md5Of(today), bcrypt)
    await pool`update users set user_hash = ${replaced} where user_name = ${today}`
    const before = await hashes()

    const changes = await run()

    expect(changes).toMatchObject({ inserted: 0, updated: 0 })
    expect(await hashes()).toEqual(before)
  })

  it('are those of the source again when they were changed there', async () => {
    await source.change(`update users set user_hash = ? where user_name in (?, ?)`, [md5Of('new'), old, today])

    const changes = await run()

    const stored = await hashes()
    expect(changes).toMatchObject({ inserted: 0, updated: 2 })
    for (const name of [old, today]) expect(await passwords.verify(md5Of('new'), stored.get(name) ?? '')).toBe(true)
  })
})
