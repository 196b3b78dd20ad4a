import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { begin } from '../../drizzle/transaction.ts'
import { forgetDeliveries } from '../../drizzle/webhook-days.ts'
import { activate } from '../../subgraphs/webhooks/activate.ts'
import { wantsType } from '../../subgraphs/webhooks/event-types.ts'
import { relayOnce } from '../../subgraphs/webhooks/relay.ts'
import { systemPrincipal } from '../../schema/principal.ts'
import { writer } from '../crm/writes/writer.ts'
import { delivering } from './delivering.ts'

// Nobody delivers here: what is DUE stays so.
const house = await delivering()
const { sql, anEndpoint, happen, deliveriesOf, healthOf } = house
const ann = writer(sql)

/** Until everything that has happened is relayed. */
async function relayAll() {
  const [last] = await sql<{ id: string }[]>`select max(id) as id from event_log`
  await expect
    .poll(async () => {
      while ((await relayOnce(house.yard)).isMore);
      const [cursor] = await sql<{ isThere: boolean }[]>`
        select not exists (select from event_log e where (e.position, e.id) > (c.position, c.id) and e.id <= ${last?.id ?? 0}) as "isThere" from webhook_cursor c`
      return cursor?.isThere
    })
    .toBe(true)
}

const recordsOf = async (id: string) => (await deliveriesOf(id)).map(({ recordId }) => recordId)

it('types are matched exactly, by module, by what happened, and all; what the house tells about endpoints by name only', () => {
  const wanted = (...patterns: string[]) =>
    ['Accounts.updated', 'Accounts.deleted', 'Contacts.deleted', 'webhooks.endpoint.disabled'].filter(
      wantsType(patterns),
    )

  expect(wanted('Accounts.updated')).toEqual(['Accounts.updated'])
  expect(wanted('Accounts.*')).toEqual(['Accounts.updated', 'Accounts.deleted'])
  expect(wanted('*.deleted')).toEqual(['Accounts.deleted', 'Contacts.deleted'])
  expect(wanted('*')).toHaveLength(3)
  expect(wanted('webhooks.*')).toEqual(['webhooks.endpoint.disabled'])
})

describe('the relay', () => {
  it('makes one delivery of each pair, however many try at once and again', async () => {
    const ids = [await anEndpoint('a'), await anEndpoint('b')]
    const records = await happen(700)

    await Promise.all(Array.from({ length: 6 }, relayAll))
    await sql`update webhook_cursor set position = 0, id = 0`
    await relayAll()

    for (const id of ids) {
      const told = await recordsOf(id)
      expect(told).toHaveLength(700)
      expect(new Set(told)).toEqual(new Set(records))
    }
    await sql`delete from webhook_endpoint`
  })

  it('tells an endpoint nothing of what happened before it was made', async () => {
    await happen(3)
    const id = await anEndpoint('late')
    const records = await happen(2)

    await relayAll()

    expect(await recordsOf(id)).toEqual(records)
  })

  it('goes by the settings of the moment', async () => {
    const id = await anEndpoint('edited', { event_types: ['Contacts.created'] })
    await happen()
    await relayAll()
    await sql`update webhook_endpoint set event_types = '{Accounts.updated}' where id = ${id}`
    const records = await happen()
    await relayAll()

    expect(await recordsOf(id)).toEqual(records)
  })

  it("leaves out what the owner's own API client did, and counts it", async () => {
    const id = await anEndpoint('not-own', {
      skip_own: true,
      principal: JSON.stringify({ ...systemPrincipal, clientId: 'mine' }) as never,
    })
    const act = async (clientId: string) => {
      const recordId = randomUUID()
      const origin = JSON.stringify({ userId: '1', clientId, requestId: '' })
      await sql`insert into event_log (at, type, module, record_id, sequence, origin)
        values (localtimestamp, 'Accounts.updated', 'Accounts', ${recordId}, 1, ${origin})`
      return recordId
    }
    await act('mine')
    const other = await act('other')
    await relayAll()

    expect(await recordsOf(id)).toEqual([other])
    expect(await healthOf(id)).toMatchObject({ own_changes: '1' })
  })
})

describe('a filter', () => {
  const big = { and: [{ amount: { gt: 1000 } }, { sales_stage: { in: ['Prospecting', 'Qualification'] } }] }
  const wanting = (filter: object) =>
    anEndpoint('filtered', { event_types: ['Opportunities.*'], filter: JSON.stringify(filter) })
  const sale = (amount: number, sales_stage = 'Prospecting') =>
    ann.create('Opportunities', { name: 'A sale', amount, sales_stage, date_closed: '2030-01-01' })

  it('is asked of the record as each event left it, though it has changed since', async () => {
    const id = await wanting(big)
    const record = await sale(500)
    await ann.update('Opportunities', record, { amount: 2000 })
    await ann.update('Opportunities', record, { name: 'A big sale' })
    await ann.update('Opportunities', record, { amount: 700 })
    await ann.update('Opportunities', record, { sales_stage: 'Closed Won', amount: 5000 })
    await relayAll()

    const told = await sql<{ sequence: string }[]>`
      select sequence from event_log where id in (select event_id from webhook_delivery where endpoint_id = ${id}) order by sequence`
    expect(told.map(({ sequence }) => sequence)).toEqual(['2', '3'])
  })

  it('takes nothing for true that is empty, and is asked of deleted records as they were', async () => {
    const id = await wanting({ description: { neq: 'secret' } })
    const empty = await sale(1)
    await ann.remove('Opportunities', empty)
    const filled = await ann.create('Opportunities', {
      name: 'x',
      amount: 1,
      sales_stage: 'Prospecting',
      date_closed: '2030-01-01',
      description: 'open',
    })
    await ann.remove('Opportunities', filled)
    await relayAll()

    expect(await recordsOf(id)).toEqual([filled, filled])
  })

  it('that cannot be asked lets nothing through, and is counted with its fault', async () => {
    const id = await wanting({ nonsense: { eq: 'x' } })
    await sale(1)
    await relayAll()

    expect(await deliveriesOf(id)).toEqual([])
    expect(await healthOf(id)).toMatchObject({
      filter_errors: '1',
      filter_error: 'Opportunities has no field nonsense to filter by',
    })
  })
})

describe('an endpoint that is paused', () => {
  const paused = async (id: string) => sql`update webhook_endpoint set status = 'PAUSED' where id = ${id}`
  const resumed = (id: string, recovery: 'ALL' | 'LATEST' | 'NONE') => begin(sql, tx => activate(tx, id, recovery))

  async function afterPause(recovery: 'ALL' | 'LATEST' | 'NONE') {
    const id = await anEndpoint(`paused-${recovery}`)
    const [before = ''] = await happen()
    await relayAll()
    await paused(id)
    const during = await happen(600)
    const [twice = ''] = during
    await happen(1, { recordId: twice })
    await happen(1, { recordId: before })
    await relayAll()
    const rows = await recordsOf(id)
    await resumed(id, recovery)
    const after = await happen(1)
    await relayAll()
    return {
      id,
      before,
      during,
      twice,
      after,
      rows,
      told: (await deliveriesOf(id)).filter(({ state }) => state === 'DUE').map(({ recordId }) => recordId),
    }
  }

  it('stores nothing meanwhile, and gets all of it in order when it goes on', async () => {
    const { rows, before, during, twice, after, told } = await afterPause('ALL')
    expect(rows).toEqual([before])
    expect(told).toEqual([before, ...during, twice, before, ...after])
  })

  it('or the last event of each record', async () => {
    const { before, during, twice, after, told } = await afterPause('LATEST')
    expect(told).toEqual([...during.slice(1), twice, before, ...after])
  })

  it('or none of it', async () => {
    const { after, told } = await afterPause('NONE')
    expect(told).toEqual(after)
  })
})

it('of an endpoint that is no more nothing stays', async () => {
  const id = await anEndpoint('removed')
  await happen(3)
  await relayAll()
  await sql`delete from webhook_endpoint where id = ${id}`
  await happen(3)
  await relayAll()
  expect(await deliveriesOf(id)).toHaveLength(3)

  await forgetDeliveries(sql, new Date())

  expect(await deliveriesOf(id)).toEqual([])
  expect(await healthOf(id)).toEqual({})
})
