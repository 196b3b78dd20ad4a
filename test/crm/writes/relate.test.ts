import { describe, expect, it } from 'vitest'
import { findLinked } from '../../../drizzle/select.ts'
import { testDatabase } from '../../database.ts'
import { moduleNamed, writer } from './writer.ts'

const db = await testDatabase()
const strict = writer(db.pool)
const lenient = writer(db.pool, { validation: 'lenient' })
const later = writer(db.pool, { now: '2030-03-05T00:00:00Z', userId: 'ann' })

const anAccount = () => strict.create('Accounts', { name: 'Acme' })
const aContact = (input = {}) => strict.create('Contacts', { last_name: 'Byron', ...input })
const aDeal = () =>
  strict.create('Opportunities', { name: 'Deal', amount: 1, date_closed: '2030-12-31', sales_stage: 'Prospecting' })

/** The ids that a link leads to. */
async function linked(module: string, id: string, name: string) {
  const link = strict.ctx.catalog.links(moduleNamed(module)).get(name)
  if (!link) throw new Error(`no link ${name}`)
  const pages = await findLinked(strict.ctx, link, [id], { fields: ['id'], limit: 100 })
  return pages.get(id)?.rows.map(row => row.id) ?? []
}

describe('over a table of its own', () => {
  it('a relation is there from both sides, once, however often it is made', async () => {
    const [account, contact] = [await anAccount(), await aContact()]

    await strict.relate('Accounts', account, 'contacts', [contact, contact])
    await later.relate('Contacts', contact, 'accounts', [account])

    expect(await linked('Accounts', account, 'contacts')).toEqual([contact])
    expect(await linked('Contacts', contact, 'accounts')).toEqual([account])
    const rows = await db.pool`select deleted, date_modified from accounts_contacts where contact_id = ${contact}`
    expect(rows).toEqual([{ deleted: false, date_modified: '2030-03-05 00:00:00' }])
  })

  it('made from both sides at once is made once', async () => {
    const [account, contact] = [await anAccount(), await aContact()]

    await Promise.all(
      Array.from({ length: 6 }, (_, i) =>
        i % 2
          ? strict.relate('Accounts', account, 'contacts', [contact])
          : strict.relate('Contacts', contact, 'accounts', [account]),
      ),
    )

    expect(await linked('Accounts', account, 'contacts')).toEqual([contact])
  })

  it('values of the pair are kept, changed when sent again, and defaults otherwise', async () => {
    const [deal, contact] = [await aDeal(), await aContact()]
    const call = await strict.create('Calls', { name: 'c', date_start: '2030-01-01 10:00:00', duration_hours: 1 })
    const role = async () =>
      (await db.pool`select contact_role from opportunities_contacts where contact_id = ${contact} and not deleted`)[0]
        ?.contact_role

    await strict.relate('Opportunities', deal, 'contacts', [contact], { contact_role: 'Primary Decision Maker' })
    await strict.relate('Opportunities', deal, 'contacts', [contact])
    expect(await role()).toBe('Primary Decision Maker')
    await strict.relate('Contacts', contact, 'opportunities', [deal], { contact_role: 'Influencer' })
    expect(await role()).toBe('Influencer')

    await strict.relate('Calls', call, 'contacts', [contact])
    expect(await db.pool`select required, accept_status from calls_contacts where call_id = ${call}`).toEqual([
      { required: '1', accept_status: 'none' },
    ])
    await strict.relate('Calls', call, 'contacts', [contact], { accept_status: 'accept' })
    expect(await db.pool`select required, accept_status from calls_contacts where call_id = ${call}`).toEqual([
      { required: '1', accept_status: 'accept' },
    ])
  })

  it('a client that validates is told of a value that the pair has not; others are not', async () => {
    const [account, contact] = [await anAccount(), await aContact()]
    const values = { contact_role: 'x', account_id: 'other', deleted: '1', 'id"; drop table accounts; --': 'x' }

    await expect(strict.relate('Accounts', account, 'contacts', [contact], values)).rejects.toMatchObject({
      code: 'INVALID',
      details: { field: 'contact_role' },
    })
    await lenient.relate('Accounts', account, 'contacts', [contact], values)
    expect(await linked('Accounts', account, 'contacts')).toEqual([contact])
  })

  it('can be ended, once, and made again', async () => {
    const [account, contact] = [await anAccount(), await aContact()]
    await strict.relate('Accounts', account, 'contacts', [contact])

    await strict.unrelate('Accounts', account, 'contacts', [contact])
    expect(await linked('Accounts', account, 'contacts')).toEqual([])
    await expect(strict.unrelate('Accounts', account, 'contacts', [contact])).rejects.toMatchObject({
      code: 'NOT_RELATED',
    })
    await strict.relate('Accounts', account, 'contacts', [contact])
    expect(await linked('Accounts', account, 'contacts')).toEqual([contact])
  })

  it('ends for all that are named or for none', async () => {
    const [account, one, two] = [await anAccount(), await aContact(), await aContact()]
    await strict.relate('Accounts', account, 'contacts', [one])

    await expect(strict.unrelate('Accounts', account, 'contacts', [one, two])).rejects.toMatchObject({
      code: 'NOT_RELATED',
      details: { module: 'Accounts', id: account, relatedId: two },
    })
    expect(await linked('Accounts', account, 'contacts')).toEqual([one])
  })

  it('a list of targets keeps contacts, leads and users with the same id apart', async () => {
    const list = await strict.create('ProspectLists', { name: 'l', list_type: 'default' })
    await strict.create('Contacts', { id: 'same', last_name: 'c' })
    await strict.create('Leads', { id: 'same', last_name: 'l' })

    await strict.relate('ProspectLists', list, 'contacts', ['same'])
    expect(await linked('ProspectLists', list, 'leads')).toEqual([])
    await strict.relate('Leads', 'same', 'prospect_lists', [list])
    await strict.unrelate('ProspectLists', list, 'contacts', ['same'])

    expect(await linked('ProspectLists', list, 'leads')).toEqual(['same'])
    expect(await linked('ProspectLists', list, 'contacts')).toEqual([])
  })
})

describe('over a column', () => {
  it('the record that holds the id is changed, whichever side asks', async () => {
    const [parent, child, other] = [await anAccount(), await anAccount(), await anAccount()]

    await later.relate('Accounts', parent, 'members', [child])
    expect(await strict.read('Accounts', child)).toMatchObject({
      parent_id: parent,
      modified_user_id: 'ann',
      date_modified: '2030-03-05 00:00:00',
      record_version: 2,
    })
    expect(await strict.read('Accounts', parent)).toMatchObject({ record_version: 1 })

    await strict.relate('Accounts', child, 'member_of', [other])
    expect(await strict.read('Accounts', child)).toMatchObject({ parent_id: other, record_version: 3 })
    await expect(strict.unrelate('Accounts', parent, 'members', [child])).rejects.toMatchObject({ code: 'NOT_RELATED' })
    await strict.unrelate('Accounts', child, 'member_of', [other])
    expect(await strict.read('Accounts', child)).toMatchObject({ parent_id: null })
  })

  it('a parent of any module comes with the name of its module', async () => {
    const [account, task] = [await anAccount(), await strict.create('Tasks', { name: 't', priority: 'High' })]

    await strict.relate('Accounts', account, 'tasks', [task])
    expect(await strict.read('Tasks', task)).toMatchObject({ parent_type: 'Accounts', parent_id: account })
    expect(await linked('Accounts', account, 'tasks')).toEqual([task])

    await strict.unrelate('Accounts', account, 'tasks', [task])
    expect(await strict.read('Tasks', task)).toMatchObject({ parent_id: null })
  })
})

describe('a relation is refused', () => {
  it.each([
    ['an unknown link', 'nope', 'BAD_REQUEST'],
    ['a field that is no link', 'name', 'BAD_REQUEST'],
    ['the name of no field of ours', '__proto__', 'BAD_REQUEST'],
    ['who made the record', 'created_by_link', 'BAD_REQUEST'],
  ])('over %s', async (_what, link, code) => {
    const [account, contact] = [await anAccount(), await aContact()]
    await expect(strict.relate('Accounts', account, link, [contact])).rejects.toMatchObject({ code, details: { link } })
  })

  it('with records that are not there', async () => {
    const [account, contact] = [await anAccount(), await aContact()]
    const gone = await aContact()
    await strict.remove('Contacts', gone)

    await expect(strict.relate('Accounts', 'nobody', 'contacts', [contact])).rejects.toMatchObject({
      code: 'NOT_FOUND',
      details: { module: 'Accounts', id: 'nobody' },
    })
    await expect(strict.relate('Accounts', account, 'contacts', [contact, gone])).rejects.toMatchObject({
      code: 'NOT_FOUND',
      details: { module: 'Contacts', id: gone },
    })
    expect(await linked('Accounts', account, 'contacts')).toEqual([])
  })

  it('when it would give rights', async () => {
    const user = await strict.create('Users', { user_name: 'u', last_name: 'u', status: 'Active' })
    const group = await strict.create('SecurityGroups', { name: 'g' })
    const plain = writer(db.pool, { userId: user, isAdmin: false })

    await expect(plain.relate('SecurityGroups', group, 'users', [user])).rejects.toMatchObject({ code: 'FORBIDDEN' })
    await plain.relate('SecurityGroups', group, 'accounts', [await anAccount()]).catch(() => undefined)
    const account = await anAccount()
    await plain.relate('Accounts', account, 'SecurityGroups', [group])
    expect(await linked('Accounts', account, 'SecurityGroups')).toEqual([group])
  })
})

describe('the account of a contact', () => {
  it('is set by its id, replaced, and taken away', async () => {
    const [first, second] = [await anAccount(), await anAccount()]
    const contact = await aContact({ account_id: first })
    expect(await strict.read('Contacts', contact, ['account_id', 'account_name'])).toMatchObject({
      account_id: first,
      account_name: 'Acme',
    })

    await later.update('Contacts', contact, { account_id: second })
    expect(await linked('Contacts', contact, 'accounts')).toEqual([second])
    await lenient.update('Contacts', contact, { title: 'x' })
    expect(await linked('Contacts', contact, 'accounts')).toEqual([second])
    await lenient.update('Contacts', contact, { account_id: '' })
    expect(await linked('Contacts', contact, 'accounts')).toEqual([])
  })

  it('that is not there leaves none, for clients of the old APIs', async () => {
    const contact = await lenient.create('Contacts', { last_name: 'x', account_id: 'nobody' })

    expect(await strict.read('Contacts', contact, ['account_id'])).toMatchObject({ account_id: null })
  })
})
