import { describe, expect, it } from 'vitest'
import { testDatabase } from '../../database.ts'
import { writer } from './writer.ts'

const db = await testDatabase()
const strict = writer(db.pool)
const lenient = writer(db.pool, { validation: 'lenient' })

describe('calls and meetings', () => {
  it.each([
    ['Calls', { duration_hours: 1, duration_minutes: 15 }, '2030-03-04 11:45:00'],
    ['Calls', {}, '2030-03-04 10:30:00'],
    ['Meetings', { duration_hours: 0, duration_minutes: 30, date_end: '2031-01-01 00:00:00' }, '2030-03-04 11:00:00'],
    ['Meetings', { duration_hours: 24 }, '2030-03-05 10:30:00'],
  ])('%s end when their duration is over: %j', async (module, duration, end) => {
    const id = await lenient.create(module, { name: 'n', date_start: '2030-03-04 10:30:00', ...duration })

    expect(await lenient.read(module, id)).toMatchObject({ date_end: end, status: 'Planned' })
  })

  it('end later when they are moved or take longer', async () => {
    const id = await strict.create('Meetings', { name: 'n', date_start: '2030-03-04T10:30:00Z', duration_hours: 1 })

    await strict.update('Meetings', id, { duration_minutes: 30 })
    expect(await strict.read('Meetings', id)).toMatchObject({ date_end: '2030-03-04 12:00:00' })
    await strict.update('Meetings', id, { date_start: '2030-03-05 08:00:00' })
    expect(await strict.read('Meetings', id)).toMatchObject({ date_end: '2030-03-05 09:30:00' })
  })

  it('have the duration that their end asks for, when only that is said', async () => {
    const id = await strict.create('Calls', {
      name: 'n',
      date_start: '2030-03-04 10:30:00',
      date_end: '2030-03-04 12:15:00',
    })

    expect(await strict.read('Calls', id)).toMatchObject({ duration_hours: 1, duration_minutes: 45 })
  })
})

describe('opportunities', () => {
  const deal = { name: 'Deal', amount: 100, date_closed: '2030-12-31', sales_stage: 'Negotiation/Review' }

  it('are as likely as their stage says, unless the client knows better', async () => {
    const [byStage, byClient] = [
      await strict.create('Opportunities', deal),
      await strict.create('Opportunities', { ...deal, probability: 5 }),
    ]

    expect(await strict.read('Opportunities', byStage)).toMatchObject({ probability: 80, currency_id: '-99' })
    expect(await strict.read('Opportunities', byClient)).toMatchObject({ probability: 5 })
    await strict.update('Opportunities', byStage, { sales_stage: 'Closed Won' })
    expect(await strict.read('Opportunities', byStage)).toMatchObject({ probability: 100 })
    await lenient.update('Opportunities', byStage, { sales_stage: 'Closed Lost' })
    expect(await strict.read('Opportunities', byStage)).toMatchObject({ probability: 100 })
  })

  it('are worth their amount in the default currency too', async () => {
    const euro = await strict.create('Currencies', {
      name: 'Euro',
      symbol: '€',
      conversion_rate: 0.8,
      status: 'Active',
    })
    const id = await strict.create('Opportunities', { ...deal, currency_id: euro })

    expect(await strict.read('Opportunities', id)).toMatchObject({ amount: 100, amount_usdollar: 125 })
    await lenient.update('Opportunities', id, { amount: '1,000.40' })
    expect(await strict.read('Opportunities', id)).toMatchObject({ amount: 1000.4, amount_usdollar: 1250.5 })
    await strict.update('Opportunities', id, { currency_id: '-99' })
    expect(await strict.read('Opportunities', id)).toMatchObject({ amount_usdollar: 1000.4 })
  })

  it('start in the currency that the user prefers', async () => {
    await db.pool`insert into user_preferences (id, category, assigned_user_id, contents) values ('p1', 'global', 'bob', ${{ currency: 'eur' } as never})`
    const id = await writer(db.pool, { userId: 'bob' }).create('Opportunities', deal)

    expect(await strict.read('Opportunities', id)).toMatchObject({ currency_id: 'eur', amount_usdollar: 100 })
  })
})

describe('cases', () => {
  it('are open or closed as their status says', async () => {
    const id = await strict.create('Cases', { name: 'c', status: 'Open_New' })
    expect(await strict.read('Cases', id)).toMatchObject({ state: 'Open' })

    await strict.update('Cases', id, { status: 'Closed_Rejected' })
    expect(await strict.read('Cases', id)).toMatchObject({ state: 'Closed' })
    await strict.update('Cases', id, { status: 'Open_Assigned', state: 'Closed' })
    expect(await strict.read('Cases', id)).toMatchObject({ state: 'Closed' })
  })

  it('keep their state for clients of the old APIs, as in SuiteCRM', async () => {
    const id = await lenient.create('Cases', { name: 'c', status: 'Closed_Closed' })

    expect(await lenient.read('Cases', id)).toMatchObject({ state: 'Open', status: 'Closed_Closed' })
  })
})

it.each([
  ['Tasks', 'Not Started'],
  ['Leads', 'New'],
  ['Calls', 'Planned'],
])('%s always have a status', async (module, status) => {
  const id = await lenient.create(module, { name: 'x', last_name: 'x', status: '' })
  expect(await lenient.read(module, id)).toMatchObject({ status })
})

it('quotes are numbered one after the other, and known in the default currency', async () => {
  const ids = await Promise.all(
    [1, 2, 3].map(() => strict.create('AOS_Quotes', { name: 'q', total_amt: '0.1', stage: 'Draft' })),
  )
  const quotes = await Promise.all(ids.map(id => strict.read('AOS_Quotes', id)))

  expect(new Set(quotes.map(quote => quote?.number))).toEqual(new Set([1, 2, 3]))
  expect(quotes[0]).toMatchObject({
    total_amt_usdollar: '0.100000',
    tax_amount_usdollar: '0.000000',
    expiration: '2030-04-04',
  })
})

it('a document is published on the day that it is for the user', async () => {
  const { ctx } = writer(db.pool, { now: '2030-03-04T23:30:00Z' })
  const inTokyo = {
    ...ctx,
    principal: { ...ctx.principal, dateStyle: { ...ctx.principal.dateStyle, timezone: 'Asia/Tokyo' } },
  }
  const { createRecord } = await import('../../../subgraphs/crm/create.ts')
  const { id } = await createRecord(inTokyo, ctx.catalog.byName.get('Documents') ?? never(), { document_name: 'd' })

  expect(await strict.read('Documents', id)).toMatchObject({ active_date: '2030-03-05', doc_type: 'Sugar' })
})

it('a campaign is repeated only if it is a newsletter', async () => {
  const campaign = { name: 'c', status: 'Active', end_date: '2030-12-31', frequency: 'Weekly' }
  const [letter, mail] = [
    await strict.create('Campaigns', { ...campaign, campaign_type: 'NewsLetter' }),
    await strict.create('Campaigns', { ...campaign, campaign_type: 'Email' }),
  ]

  expect(await strict.read('Campaigns', letter)).toMatchObject({ frequency: 'Weekly' })
  expect(await strict.read('Campaigns', mail)).toMatchObject({ frequency: null })
})

it('an e-mail belongs to who stored it, keeps its text beside it, and shows at its parent', async () => {
  const account = await strict.create('Accounts', { name: 'Acme' })
  const id = await lenient.create('Emails', {
    name: 'Hello',
    status: 'sent',
    description: 'one\ntwo',
    to_addrs_names: 'Ann <Ann@X.example>; nobody, bob@x.example',
    parent_type: 'Accounts',
    parent_id: account,
  })
  await lenient.update('Emails', id, { description_html: '<p>new</p>' })

  expect(await lenient.read('Emails', id, ['description', 'description_html', 'to_addrs_names'])).toMatchObject({
    assigned_user_id: '1',
    date_sent_received: '2030-03-04 10:30:00',
    description: 'one\ntwo',
    description_html: '<p>new</p>',
    to_addrs_names: 'Ann <ann@x.example>, bob@x.example',
  })
  const rows = await db.pool`select bean_id, bean_module from emails_beans where email_id = ${id} and not deleted`
  expect(rows).toMatchObject([{ bean_id: account, bean_module: 'Accounts' }])
})

const never = (): never => {
  throw new Error('no such module')
}
