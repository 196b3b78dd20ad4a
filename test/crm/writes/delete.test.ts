import { expect, it } from 'vitest'
import { testDatabase } from '../../database.ts'
import { recentViews, trackView } from '../../../subgraphs/crm/view.ts'
import { moduleNamed, writer } from './writer.ts'

const db = await testDatabase()
const strict = writer(db.pool)
const later = writer(db.pool, { now: '2030-03-05T00:00:00Z', userId: 'ann' })

const anAccount = (input = {}) => strict.create('Accounts', { name: 'Acme', ...input })

it('a deleted record stays in its table, with who deleted it and when', async () => {
  const id = await anAccount()

  await later.remove('Accounts', id)

  expect(await strict.read('Accounts', id)).toBeUndefined()
  expect(await strict.read('Accounts', id, [], 'ONLY')).toMatchObject({
    name: 'Acme',
    deleted: true,
    modified_user_id: 'ann',
    date_modified: '2030-03-05 00:00:00',
    record_version: 2,
  })
  await expect(strict.remove('Accounts', id)).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

it('nothing points to a deleted record any more, and what it pointed to is untouched', async () => {
  const parent = await anAccount()
  const id = await anAccount({ parent_id: parent, email1: 'info@acme.example' })
  const child = await anAccount({ parent_id: id })
  const kase = await strict.create('Cases', { name: 'c', account_id: id })
  const task = await strict.create('Tasks', { name: 't', priority: 'High', parent_type: 'Accounts', parent_id: id })
  const same = await strict.create('Tasks', { name: 't', priority: 'High', parent_type: 'Leads', parent_id: id })
  const contact = await strict.create('Contacts', { last_name: 'x', account_id: id })
  const group = await strict.create('SecurityGroups', { name: 'g' })
  await strict.relate('Accounts', id, 'SecurityGroups', [group])

  await later.remove('Accounts', id)

  expect(await strict.read('Accounts', child)).toMatchObject({ parent_id: null, record_version: 2 })
  expect(await strict.read('Cases', kase)).toMatchObject({ account_id: null, modified_user_id: 'ann' })
  expect(await strict.read('Tasks', task)).toMatchObject({ parent_id: null, parent_type: 'Accounts' })
  expect(await strict.read('Tasks', same)).toMatchObject({ parent_id: id, record_version: 1 })
  expect(await strict.read('Contacts', contact, ['account_id'])).toMatchObject({ account_id: null, record_version: 1 })
  expect(await strict.read('Accounts', parent)).toMatchObject({ record_version: 1 })
  expect(await strict.read('Accounts', id, [], 'ONLY')).toMatchObject({ parent_id: parent })
  const pairs = await db.pool`
    select deleted from accounts_contacts where account_id = ${id}
    union all select deleted from email_addr_bean_rel where bean_id = ${id}
    union all select deleted from securitygroups_records where record_id = ${id}`
  expect(pairs.map(pair => pair.deleted)).toEqual([true, true, true])
})

it('is refused when the record has moved on', async () => {
  const id = await anAccount()
  await strict.update('Accounts', id, { name: 'New' })

  await expect(strict.remove('Accounts', id, 1)).rejects.toMatchObject({ code: 'CONFLICT' })
  expect(await strict.read('Accounts', id)).toMatchObject({ deleted: false })
})

it('the next meeting of a series leads it on', async () => {
  const meeting = (date: string, more = {}) =>
    strict.create('Meetings', { name: 'm', date_start: `${date} 10:00:00`, duration_hours: 1, ...more })
  const first = await meeting('2030-01-01')
  const third = await meeting('2030-01-03', { repeat_parent_id: first })
  const second = await meeting('2030-01-02', { repeat_parent_id: first })

  await strict.remove('Meetings', first)

  expect(await strict.read('Meetings', second)).toMatchObject({ repeat_parent_id: null })
  expect(await strict.read('Meetings', third)).toMatchObject({ repeat_parent_id: second })
})

it('the log of a campaign goes with it', async () => {
  const end = { status: 'Active', campaign_type: 'Email', end_date: '2030-12-31' }
  const campaign = await strict.create('Campaigns', { name: 'c', ...end })
  const entry = await strict.create('CampaignLog', { campaign_id: campaign, activity_type: 'targeted' })

  await strict.remove('Campaigns', campaign)

  expect(await strict.read('CampaignLog', entry, [], 'ONLY')).toMatchObject({ campaign_id: campaign, deleted: true })
})

it('recent records are each once, newest first, and no deleted ones', async () => {
  const [a, b, c] = [await anAccount({ name: 'A' }), await anAccount({ name: 'B' }), await anAccount({ name: 'C' })]
  const lead = await strict.create('Leads', { salutation: 'Ms.', first_name: 'Ada', last_name: 'Lovelace' })
  const look = (module: string, id: string) => trackView(strict.ctx, moduleNamed(module), id, 'detailview')
  for (const id of [a, b, c, a]) await look('Accounts', id)
  await look('Leads', lead)
  await trackView(later.ctx, moduleNamed('Accounts'), b)

  await strict.remove('Accounts', c)

  const accounts = await recentViews(strict.ctx, moduleNamed('Accounts'))
  expect(accounts.map(view => view.item_summary)).toEqual(['A', 'B'])
  expect((await recentViews(strict.ctx)).map(view => view.item_summary)).toEqual(['Ms. Ada Lovelace', 'A', 'B'])
  expect(accounts[0]).toMatchObject({ item_id: a, module_name: 'Accounts', date_modified: '2030-03-04 10:30:00' })
  await expect(look('Accounts', c)).rejects.toMatchObject({ code: 'NOT_FOUND' })
})
