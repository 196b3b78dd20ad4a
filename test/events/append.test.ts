import { describe, expect, it } from 'vitest'
import { transaction } from '../../drizzle/context.ts'
import { openEventLog } from '../../drizzle/event-log.ts'
import { createRecord } from '../../subgraphs/crm/create.ts'
import { moduleNamed, writer } from '../crm/writes/writer.ts'
import { testDatabase } from '../database.ts'
import { eventsOf } from './appended.ts'

const { pool: sql, url } = await testDatabase()
const ann = writer(sql, { userId: 'ann' })
const later = writer(sql, { userId: 'bob', now: '2030-03-05T00:00:00Z' })

const anAccount = (input = {}) => ann.create('Accounts', { name: 'Acme', ...input })
const aContact = (input = {}) => ann.create('Contacts', { last_name: 'Byron', ...input })

describe('a record', () => {
  it('that is made leaves an event with every field that holds something', async () => {
    const id = await anAccount({ employees: '12', annual_revenue: '' })

    const [event, ...others] = await eventsOf(sql, id)
    expect(others).toEqual([])
    expect(event).toMatchObject({
      type: 'Accounts.created',
      module: 'Accounts',
      sequence: 1,
      before: null,
      origin: { userId: 'ann', requestId: 'test' },
    })
    expect(event?.after).toEqual({
      name: 'Acme',
      employees: '12',
      jjwg_maps_lat_c: '0.00000000',
      jjwg_maps_lng_c: '0.00000000',
      created_by: 'ann',
      modified_user_id: 'ann',
      date_entered: '2030-03-04T10:30:00Z',
      date_modified: '2030-03-04T10:30:00Z',
    })
  })

  it('tells the number that the database gave it', async () => {
    const id = await ann.create('Cases', { name: 'Broken' })

    const [row] = await sql`select case_number from cases where id = ${id}`
    expect((await eventsOf(sql, id))[0]?.after).toMatchObject({ case_number: row?.case_number as number })
  })

  it('that is changed tells what was and what is, of the fields that differ', async () => {
    const id = await anAccount({ phone_office: '1', industry: 'Retail' })

    await later.update('Accounts', id, { phone_office: '2', industry: 'Retail', website: 'x.example' })

    expect((await eventsOf(sql, id)).at(-1)).toMatchObject({
      type: 'Accounts.updated',
      sequence: 2,
      before: { phone_office: '1', website: null, modified_user_id: 'ann', date_modified: '2030-03-04T10:30:00Z' },
      after: {
        phone_office: '2',
        website: 'x.example',
        modified_user_id: 'bob',
        date_modified: '2030-03-05T00:00:00Z',
      },
      origin: { userId: 'bob' },
    })
    expect(Object.keys((await eventsOf(sql, id)).at(-1)?.after ?? {})).not.toContain('industry')
  })

  it('that is saved as it was leaves none, though it says who saved it', async () => {
    const id = await anAccount()

    await later.update('Accounts', id, { name: 'Acme' })

    expect(await eventsOf(sql, id)).toHaveLength(1)
    expect(await ann.read('Accounts', id)).toMatchObject({ modified_user_id: 'bob', record_version: 2 })
  })

  it('writes exact numbers as they are stored', async () => {
    const id = await ann.create('AOS_Products', { name: 'Rope', price: '1' })
    await ann.update('AOS_Products', id, { price: '1.0' })
    await ann.update('AOS_Products', id, { price: '-12345678901234567.1234565' })

    const [made, changed, ...others] = await eventsOf(sql, id)
    expect(others).toEqual([])
    expect(made?.after).toMatchObject({ price: '1.000000' })
    expect(changed).toMatchObject({ before: { price: '1.000000' }, after: { price: '-12345678901234567.123457' } })
    const [row] = await sql`select price from aos_products where id = ${id}`
    expect(changed?.after?.price).toBe(row?.price)
  })

  it('that is deleted tells what it held and the groups it was in, and its events are numbered without a gap', async () => {
    const group = await ann.create('SecurityGroups', { name: 'North' })
    const id = await anAccount()
    await ann.relate('Accounts', id, 'SecurityGroups', [group])
    await ann.update('Accounts', id, { name: 'Acme 2' })
    await ann.update('Accounts', id, { name: 'Acme 2' })

    await ann.remove('Accounts', id)

    const events = await eventsOf(sql, id)
    expect(events.map(event => [event.type, event.sequence])).toEqual([
      ['Accounts.created', 1],
      ['Accounts.related', 2],
      ['Accounts.updated', 3],
      ['Accounts.deleted', 4],
    ])
    expect(events.at(-1)).toMatchObject({ before: { name: 'Acme 2' }, groups: [group] })
  })

  it('that loses what it pointed to has changed', async () => {
    const account = await anAccount()
    const id = await ann.create('Cases', { name: 'Broken', account_id: account })

    await later.remove('Accounts', account)

    expect((await eventsOf(sql, id)).at(-1)).toMatchObject({
      type: 'Cases.updated',
      before: { account_id: account },
      after: { account_id: null, modified_user_id: 'bob' },
    })
  })

  it('cuts what is too long to be read by many', async () => {
    const id = await anAccount({ description: 'x'.repeat(40_000) })

    expect(String((await eventsOf(sql, id))[0]?.after?.description)).toHaveLength(32_769)
  })

  it('never tells a secret', async () => {
    const id = await ann.create('Users', { user_name: 'eve', last_name: 'Eve', status: 'Active' })

    const { fields } = moduleNamed('Users')
    const secrets = Object.keys(fields).filter(name => fields[name]?.sensitive)
    expect(secrets).toContain('user_hash')
    expect(Object.keys((await eventsOf(sql, id))[0]?.after ?? {}).filter(name => secrets.includes(name))).toEqual([])
  })
})

describe('what belongs to a record elsewhere', () => {
  it('is told by the event of the record: its e-mail address', async () => {
    const id = await aContact({ email1: 'ann@x.example' })
    await ann.update('Contacts', id, { email1: 'ann@y.example' })
    await ann.update('Contacts', id, { email1: 'ann@y.example' })

    const [made, changed, ...others] = await eventsOf(sql, id)
    expect(others).toEqual([])
    expect(made?.after).toMatchObject({ email1: 'ann@x.example' })
    expect(changed).toMatchObject({ before: { email1: 'ann@x.example' }, after: { email1: 'ann@y.example' } })
  })

  it('is told by the event of the record: the text of an e-mail', async () => {
    const id = await ann.create('Emails', { name: 'Hi', description: 'Hello', to_addrs_names: 'bob@x.example' })
    await ann.update('Emails', id, { description: 'Good bye' })

    const [made, changed] = await eventsOf(sql, id)
    expect(made?.after).toMatchObject({ description: 'Hello', to_addrs_names: 'bob@x.example' })
    expect(changed).toMatchObject({ before: { description: 'Hello' }, after: { description: 'Good bye' } })
  })
})

describe('a link', () => {
  it('leaves an event at each end, whichever side it was made from, and none when it is there', async () => {
    const [account, contact] = [await anAccount(), await aContact()]

    await ann.relate('Contacts', contact, 'accounts', [account])
    await ann.relate('Accounts', account, 'contacts', [contact])
    await ann.unrelate('Accounts', account, 'contacts', [contact])

    const links = (events: Awaited<ReturnType<typeof eventsOf>>) =>
      events.slice(1).map(({ type, link }) => [type, link?.name, link?.module, link?.id])
    expect(links(await eventsOf(sql, account))).toEqual([
      ['Accounts.related', 'contacts', 'Contacts', contact],
      ['Accounts.unrelated', 'contacts', 'Contacts', contact],
    ])
    expect(links(await eventsOf(sql, contact))).toEqual([
      ['Contacts.related', 'accounts', 'Accounts', account],
      ['Contacts.unrelated', 'accounts', 'Accounts', account],
    ])
  })

  it('tells the values of the pair, and again when they change', async () => {
    const deal = { name: 'Deal', amount: 1, date_closed: '2030-12-31', sales_stage: 'Prospecting' }
    const [id, contact] = [await ann.create('Opportunities', deal), await aContact()]
    const relate = (role: string) => ann.relate('Opportunities', id, 'contacts', [contact], { contact_role: role })

    await relate('Primary Decision Maker')
    await relate('Primary Decision Maker')
    await relate('Business Evaluator')

    expect((await eventsOf(sql, id)).slice(1).map(({ link }) => link?.values)).toEqual([
      { contact_role: 'Primary Decision Maker' },
      { contact_role: 'Business Evaluator' },
    ])
  })

  it('that a column keeps is a change of the record with the column', async () => {
    const account = await anAccount()
    const id = await ann.create('Cases', { name: 'Broken' })

    await ann.relate('Accounts', account, 'cases', [id])
    await ann.relate('Accounts', account, 'cases', [id])

    const [, changed, ...others] = await eventsOf(sql, id)
    expect(others).toEqual([])
    expect(changed).toMatchObject({
      type: 'Cases.updated',
      before: { account_id: null },
      after: { account_id: account },
    })
  })
})

it('a change that rolls back leaves no event, nor does a rehearsal', async () => {
  const before = await countAll()

  await expect(
    transaction(ann.ctx, async ctx => {
      await createRecord(ctx, moduleNamed('Accounts'), { name: 'Lost' })
      throw new Error('no')
    }),
  ).rejects.toThrow('no')
  await expect(ann.create('Accounts', { id: '1', name: 'One' })).resolves.toBe('1')
  await expect(ann.create('Accounts', { id: '1', name: 'Two' })).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
  await createRecord({ ...ann.ctx, isRehearsal: true }, moduleNamed('Accounts'), { name: 'Would do' })

  expect(await countAll()).toBe(before + 1)
})

it('says once that events are committed, and not before', async () => {
  const told: number[] = []
  const log = await openEventLog({ url })
  const ctx = { ...ann.ctx, events: { ...log, tell: () => void told.push(1) } }

  await transaction(ctx, async ctx => {
    await createRecord(ctx, moduleNamed('Accounts'), { name: 'A' })
    await createRecord(ctx, moduleNamed('Accounts'), { name: 'B' })
    expect(told).toEqual([])
  })

  expect(told).toEqual([1])
  await log.close()
})

const countAll = async () => Number((await sql`select count(*)::int as n from event_log`)[0]?.n)
