import { describe, expect, it } from 'vitest'
import { delivering } from './delivering.ts'
import { inTurn, status } from './receiver.ts'

const house = await delivering()
const { receiver, anEndpoint, happen, deliveriesOf, attemptsOf } = house
await house.start()

const statesOf = async (id: string) => (await deliveriesOf(id)).map(({ state }) => state)

describe('an event', () => {
  it('gets to every endpoint that wants it, once and signed, and to no other', async () => {
    const all = await anEndpoint('all')
    const some = await anEndpoint('some', { event_types: ['Accounts.*'] })
    const none = await anEndpoint('none', { event_types: ['Contacts.created'] })

    await happen(20)

    await expect.poll(() => statesOf(all)).toEqual(Array(20).fill('DELIVERED'))
    await expect.poll(() => statesOf(some)).toEqual(Array(20).fill('DELIVERED'))
    expect(await deliveriesOf(none)).toEqual([])
    expect(receiver.to('/all')).toHaveLength(20)
    expect(new Set(receiver.to('/all').map(({ id }) => id)).size).toBe(20)
    expect(receiver.received.every(({ isVerified }) => isVerified)).toBe(true)
    expect(house.failures).toEqual([])
  })

  it('is tried again after the waits of the schedule, until it is there', async () => {
    const id = await anEndpoint('twice-failing', { schedule: [60, 600] })
    receiver.answer('/twice-failing', inTurn(status(500), status(502), status(200)))
    await happen()

    for (const n of [1, 2]) {
      await expect.poll(() => statesOf(id)).toEqual(['DUE'])
      await expect.poll(async () => (await deliveriesOf(id))[0]?.attempts).toBe(n)
      await expect.poll(async () => (await deliveriesOf(id))[0]?.state).toBe('DUE')
      house.pass(n === 1 ? 72_000 : 720_000)
    }
    await expect.poll(() => statesOf(id)).toEqual(['DELIVERED'])
    expect(await attemptsOf(id)).toMatchObject([
      { number: 1, outcome: 'http_5xx', status: 500 },
      { number: 2, outcome: 'http_5xx', status: 502 },
      { number: 3, outcome: 'delivered', status: 200 },
    ])
    const times = (await attemptsOf(id)).map(({ at }) => Date.parse(at))
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(60_000)
  })
})
