import { describe, expect, it } from 'vitest'
import { begin } from '../../drizzle/transaction.ts'
import { resend } from '../../subgraphs/webhooks/decide.ts'
import { tellOwners } from '../../subgraphs/webhooks/tell-owners.ts'
import { delivering } from './delivering.ts'
import { status } from './receiver.ts'

const house = await delivering()
const { receiver, anEndpoint, happen, deliveriesOf, healthOf } = house
await house.start()
await house.start()

const told = async (id: string) =>
  (await house.notices()).filter(each => each.id === id).map(({ type }) => type.replace('webhooks.endpoint.', ''))
const hour = 3_600_000

describe('an endpoint that fails', () => {
  it('for five days is warned of and disabled, each told once though two processes look', async () => {
    receiver.answer('/failing', status(500))
    const id = await anEndpoint('failing', { schedule: '{9999999}', event_types: ['Leads.*'] })
    const other = await anEndpoint('well', { event_types: ['Leads.*'] })
    for (let step = 1; step <= 21; step++) {
      await happen(2, { type: 'Leads.updated' })
      await expect.poll(async () => (await healthOf(id))['failing_attempts']).toBe(2 * step)
      await Promise.all([tellOwners(house.yard), tellOwners(house.yard)])
      if (step < 21) house.pass(6 * hour)
    }

    const events = (await house.notices()).filter(each => each.id === id)
    expect(await told(id)).toEqual(['failing', 'warned', 'warned', 'warned', 'disabled'])
    expect(events.map(({ after }) => after['percent']).filter(Boolean)).toEqual([50, 70, 90])
    expect(events.at(-1)?.after).toMatchObject({ reason: 'failing', ownerId: '1' })
    expect(await told(other)).toEqual([])
    expect(await healthOf(other)).toMatchObject({ failing_attempts: 0, delivered: '42' })
  })

  it('for long but seldom is not disabled', async () => {
    receiver.answer('/seldom', status(500))
    const id = await anEndpoint('seldom', { schedule: '{9999999}', event_types: ['Tasks.*'] })
    await happen(4, { type: 'Tasks.updated' })
    await expect.poll(async () => (await healthOf(id))['failing_attempts']).toBe(4)

    house.pass(10 * 24 * hour)
    await tellOwners(house.yard)

    expect(await told(id)).toEqual(['failing'])
  })

  it('until it is given up, and then gets it after all: failing, exhausted and recovered are told, in this order', async () => {
    receiver.answer('/given-up', status(500))
    const id = await anEndpoint('given-up', { schedule: '{5,5,5}', event_types: ['Calls.*'] })
    await happen(1, { type: 'Calls.updated' })
    for (let attempt = 1; attempt <= 4; attempt++) {
      await expect
        .poll(async () => (await deliveriesOf(id))[0])
        .toMatchObject({ attempts: attempt, state: attempt < 4 ? 'DUE' : 'DEAD' })
      house.pass(7_000)
    }
    await expect.poll(() => told(id)).toEqual(['failing', 'exhausted'])

    receiver.answer('/given-up', status(204))
    const [delivery] = await deliveriesOf(id)
    await begin(house.sql, tx => resend(tx, [delivery?.id ?? ''], house.yard.aheadMs()))
    await expect.poll(async () => (await deliveriesOf(id))[0]?.state).toBe('DELIVERED')

    await expect.poll(() => told(id)).toEqual(['failing', 'exhausted', 'recovered'])
  })

  it('many times within minutes is told of in one piece, with the count', async () => {
    receiver.answer('/many', status(500))
    const id = await anEndpoint('many', { schedule: '{}', event_types: ['Notes.*'], concurrency: 50 })
    await happen(40, { type: 'Notes.updated' })
    await expect
      .poll(async () => (await deliveriesOf(id)).filter(({ state }) => state === 'DEAD').length)
      .toBeGreaterThanOrEqual(10)
    for (let n = 0; n < 40 && (await deliveriesOf(id)).some(({ state }) => state !== 'DEAD'); n++) {
      house.pass(31_000)
      await expect.poll(async () => (await healthOf(id))['in_flight']).toBe(0)
    }
    house.pass(901_000)
    await tellOwners(house.yard)

    const exhausted = (await house.notices()).filter(each => each.id === id && each.type.endsWith('exhausted'))
    expect(exhausted.length).toBeLessThanOrEqual(3)
    expect(exhausted.map(({ after }) => Number(after['deliveries'])).reduce((sum, each) => sum + each, 0)).toBe(
      (await deliveriesOf(id)).filter(({ state }) => state === 'DEAD').length,
    )
  })
})

it('those who ask for it are told how others fare, and never how they fare themselves', async () => {
  receiver.answer('/ill', status(500))
  receiver.answer('/watching', status(500))
  const about = { event_types: ['Bugs.*', 'webhooks.*'], schedule: '{}' }
  const [ill, watching] = [await anEndpoint('ill', about), await anEndpoint('watching', about)]
  await happen(3, { type: 'Bugs.updated' })

  await expect.poll(() => told(ill)).toContain('exhausted')
  await expect.poll(async () => (await deliveriesOf(watching)).some(({ recordId }) => recordId === ill)).toBe(true)
  expect((await deliveriesOf(ill)).some(({ recordId }) => recordId === ill)).toBe(false)
  expect((await deliveriesOf(watching)).some(({ recordId }) => recordId === watching)).toBe(false)
})
