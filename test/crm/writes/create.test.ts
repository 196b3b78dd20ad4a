import { describe, expect, it } from 'vitest'
import type { Connection, Pool } from '../../../drizzle/client.ts'
import { testDatabase } from '../../database.ts'
import { writer } from './writer.ts'

const db = await testDatabase()
const strict = writer(db.pool)
const lenient = writer(db.pool, { validation: 'lenient' })

describe('a new record', () => {
  it('holds what was sent, the defaults of its module, and who made it when', async () => {
    const id = await strict.create('Contacts', { last_name: 'Byron', do_not_call: true, birthdate: '1815-12-10' })

    expect(await strict.read('Contacts', id)).toMatchObject({
      id,
      last_name: 'Byron',
      do_not_call: true,
      birthdate: '1815-12-10',
      portal_user_type: 'Single',
      jjwg_maps_lat_c: '0.00000000',
      assigned_user_id: null,
      created_by: '1',
      modified_user_id: '1',
      date_entered: '2030-03-04 10:30:00',
      date_modified: '2030-03-04 10:30:00',
      deleted: false,
      record_version: 1,
    })
  })

  it('takes the id it is given, once, even after it was deleted', async () => {
    await strict.create('Accounts', { id: 'seed_account-1', name: 'First' })
    await strict.remove('Accounts', 'seed_account-1')

    await expect(strict.create('Accounts', { id: 'seed_account-1', name: 'Second' })).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
      details: { module: 'Accounts', id: 'seed_account-1' },
    })
    expect(await strict.read('Accounts', 'seed_account-1', [], 'ONLY')).toMatchObject({ name: 'First' })
  })

  it.each(["a'b", 'a b', '../../etc', 'x'.repeat(37), 7])('refuses the id %j', async id => {
    await expect(strict.create('Accounts', { id, name: 'Odd' })).rejects.toMatchObject({ details: { field: 'id' } })
  })

  it('is numbered by the database where its module counts, whatever was sent', async () => {
    const first = await lenient.create('Cases', { name: 'One', case_number: 900 })
    const second = await lenient.create('Cases', { name: 'Two' })

    const [a, b] = [await lenient.read('Cases', first), await lenient.read('Cases', second)]
    expect(Number(b?.case_number)).toBe(Number(a?.case_number) + 1)
    expect(a?.case_number).not.toBe(900)
  })

  it('can be one that is deleted already', async () => {
    const id = await lenient.create('Accounts', { name: 'Old', deleted: 1 })

    expect(await lenient.read('Accounts', id)).toBeUndefined()
    expect(await lenient.read('Accounts', id, [], 'ONLY')).toMatchObject({ name: 'Old', deleted: true })
  })

  it('costs one statement, five with a new address, and a change costs two', async () => {
    const texts: string[] = []
    const counted = writer(counting(db.pool, texts))
    const cost = async (work: () => Promise<unknown>) => {
      texts.length = 0
      await work()
      return texts.length
    }

    const id = await strict.create('Accounts', { name: 'Acme' })
    expect(await cost(() => counted.create('Accounts', { name: 'Acme', industry: 'Banking' }))).toBe(1)
    expect(await cost(() => counted.create('Accounts', { name: 'Acme', email1: 'cost@x.example' }))).toBe(5)
    expect(await cost(() => counted.update('Accounts', id, { industry: 'Media', employees: '3' }))).toBe(2)
  })

  it('never takes a secret from an input', async () => {
    const id = await lenient.create('Users', { user_name: 'mallory', last_name: 'M', status: 'Active', user_hash: 'x' })

    const [row] = await db.pool`select user_hash from users where id = ${id}`
    expect(row?.user_hash).toBeNull()
    await expect(strict.create('Users', { user_name: 'eve', last_name: 'E', user_hash: 'x' })).rejects.toMatchObject({
      details: { field: 'user_hash' },
    })
  })

  it('gets the security groups of who made it and of who it belongs to, and of nobody else', async () => {
    const group = (name: string, more = {}) => strict.create('SecurityGroups', { name, ...more })
    const user = (name: string) => strict.create('Users', { user_name: name, last_name: name, status: 'Active' })
    const [makers, owners, others, private_] = [
      await group('Makers'),
      await group('Owners'),
      await group('Others'),
      await group('Private', { noninheritable: true }),
    ]
    const [maker, owner, other] = [await user('maker'), await user('owner'), await user('other')]
    await strict.relate('SecurityGroups', makers, 'users', [maker])
    await strict.relate('SecurityGroups', owners, 'users', [owner, maker])
    await strict.relate('SecurityGroups', private_, 'users', [maker])
    await strict.relate('SecurityGroups', others, 'users', [other])

    const id = await writer(db.pool, { userId: maker }).create('Accounts', { name: 'Shared', assigned_user_id: owner })
    await strict.update('Accounts', id, { assigned_user_id: other })

    const rows =
      await db.pool`select securitygroup_id from securitygroups_records where record_id = ${id} and module = 'Accounts' and not deleted`
    expect(rows.map(row => String(row.securitygroup_id)).sort()).toEqual([makers, owners, others].sort())
  })
})

describe('a client that validates', () => {
  it.each([
    ['Accounts', {}, 'name'],
    ['Accounts', { name: '' }, 'name'],
    ['Accounts', { name: 'x', nope: 1 }, 'nope'],
    ['Accounts', { name: 'x', constructor: 1 }, 'constructor'],
    ['Accounts', { name: 'x', industry: 'Sorcery' }, 'industry'],
    ['Accounts', { name: 'x'.repeat(151) }, 'name'],
    ['Accounts', { name: 'a\0b' }, 'name'],
    ['Accounts', { name: 'x', date_entered: '2020-01-01T00:00:00Z' }, 'date_entered'],
    ['Accounts', { name: 'x', created_by: '2' }, 'created_by'],
    ['Accounts', { name: 'x', assigned_user_name: 'Ann' }, 'assigned_user_name'],
    ['Accounts', { name: 'x', email1: 'no address' }, 'email1'],
    ['Contacts', { last_name: 'x', birthdate: '2030-02-30' }, 'birthdate'],
    ['Contacts', { last_name: 'x', account_id: 'nobody' }, 'account_id'],
    ['Contacts', { last_name: 'x', lawful_basis: '^consent^,^magic^' }, 'lawful_basis'],
    ['Opportunities', { name: 'x', amount: Infinity, date_closed: '2030-01-01', sales_stage: 'Closed Won' }, 'amount'],
    ['Cases', { name: 'x', case_number: 3 }, 'case_number'],
    ['Calls', { name: 'x', date_start: '2030-01-01 25:00:00', duration_hours: 1 }, 'date_start'],
    ['Calls', { name: 'x', date_start: '2030-01-01 10:00:00', date_end: '2030-01-01 09:00:00' }, 'date_end'],
    ['AOS_Quotes', { name: 'x', total_amt: '1'.repeat(21) }, 'total_amt'],
    ['AOS_Quotes', { name: 'x', total_amt: '1; drop table accounts' }, 'total_amt'],
  ])('%s %j is refused at %s, and nothing is stored', async (module, input, field) => {
    const table = writer(db.pool).ctx.catalog.byName.get(module)?.table ?? ''
    const count = async () => (await db.pool`select count(*) from ${db.pool(table)}`)[0]?.count as string
    const before = await count()

    await expect(strict.create(module, input)).rejects.toMatchObject({ code: 'INVALID', details: { module, field } })

    expect(await count()).toBe(before)
  })

  it('may choose several options, none, and a parent that only links know of', async () => {
    const id = await strict.create('Contacts', { last_name: 'x', lawful_basis: '^consent^,^contract^', salutation: '' })
    const note = await strict.create('Notes', { name: 'n', parent_type: 'Calls', parent_id: 'c1' })

    expect(await strict.read('Contacts', id)).toMatchObject({ lawful_basis: '^consent^,^contract^', salutation: '' })
    expect(await strict.read('Notes', note)).toMatchObject({ parent_type: 'Calls', portal_flag: false })
  })
})

describe('a client of the old APIs', () => {
  it('stores what SuiteCRM stores: unknown options, nothing required, cut text, numbers by their prefix, no wrong dates', async () => {
    const account = await lenient.create('Accounts', { industry: 'Sorcery', account_type: 'x'.repeat(60), nope: 1 })
    const call = await lenient.create('Calls', {
      name: 'c',
      duration_hours: '2h',
      duration_minutes: 'soon',
      reminder_time: '99999999999',
      date_start: '2030-02-31 10:00:00',
      repeat_until: 'tomorrow',
      email_reminder_sent: 'on',
    })

    expect(await lenient.read('Accounts', account)).toMatchObject({
      name: '',
      industry: 'Sorcery',
      account_type: 'x'.repeat(50),
    })
    expect(await lenient.read('Calls', call)).toMatchObject({
      duration_hours: 2,
      duration_minutes: 0,
      reminder_time: 2_147_483_647,
      date_start: null,
      date_end: null,
      repeat_until: null,
      email_reminder_sent: true,
    })
  })

  it('reads back single-precision coordinates as SuiteCRM keeps them', async () => {
    const id = await lenient.create('Accounts', { name: 'Here', jjwg_maps_lat_c: '51.5074', jjwg_maps_lng_c: 1e9 })

    expect(await lenient.read('Accounts', id)).toMatchObject({
      jjwg_maps_lat_c: '51.50740051',
      jjwg_maps_lng_c: '999.99999999',
    })
  })

  it('may say who made a record and when', async () => {
    const stamps = { created_by: '7', modified_user_id: '8', date_entered: '2001-02-03 04:05:06' }
    const id = await lenient.create('Accounts', { name: 'Old', ...stamps, date_modified: '2002-02-03 04:05:06' })

    expect(await lenient.read('Accounts', id)).toMatchObject({ ...stamps, date_modified: '2002-02-03 04:05:06' })
  })
})

/** The pool, with the text of every statement noted that it or a transaction sends. */
function counting(pool: Pool, texts: string[]): Pool {
  const note = <Sql extends Connection>(sql: Sql): Sql =>
    new Proxy(sql, {
      get: (target, name) => {
        if (name === 'unsafe')
          return (...args: Parameters<typeof sql.unsafe>) => (texts.push(args[0]), target.unsafe(...args))
        if (name === 'begin') return (work: (sql: Connection) => unknown) => pool.begin(sql => work(note(sql)))
        return Reflect.get(target, name) as unknown
      },
    })
  return note(pool)
}
