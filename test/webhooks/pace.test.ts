import { describe, expect, it } from 'vitest'
import { delivering } from './delivering.ts'
import { status } from './receiver.ts'

const house = await delivering()
const { receiver, anEndpoint, happen, deliveriesOf, attemptsOf, healthOf } = house
await house.start()
await house.start()

const countOf = async (id: string, state: string) =>
  (await deliveriesOf(id)).filter(each => each.state === state).length

/** The most requests that came within any second. */
function mostInASecond(times: readonly number[]) {
  const sorted = [...times].sort((a, b) => a - b)
  return Math.max(...sorted.map((from, i) => sorted.slice(i).filter(at => at - from < 1_000).length))
}

describe('a rate', () => {
  it('is kept in every second, over all processes, and costs no attempt', async () => {
    const id = await anEndpoint('limited', { rate_per_second: 25 })
    await happen(60)

    await expect.poll(() => countOf(id, 'DELIVERED')).toBe(60)
    expect(mostInASecond(receiver.to('/limited').map(({ at }) => at))).toBeLessThanOrEqual(25)
    expect((await attemptsOf(id)).map(({ number }) => number)).toEqual(Array(60).fill(1))
  })

  it('holds as it is set at that moment', async () => {
    const id = await anEndpoint('widened', { rate_per_second: 1 })
    await happen(100)
    await expect.poll(() => countOf(id, 'DELIVERED')).toBeGreaterThan(0)

    await house.sql`update webhook_endpoint set rate_per_second = null, revision = revision + 1 where id = ${id}`

    await expect.poll(() => countOf(id, 'DELIVERED')).toBe(100)
  })
})

it('no endpoint gets more requests at a time than it is set to, over all processes', async () => {
  const id = await anEndpoint('narrow', { concurrency: 3 })
  let now = 0
  let most = 0
  receiver.answer('/narrow', response => {
    most = Math.max(most, (now += 1))
    setTimeout(() => {
      now -= 1
      response.writeHead(204).end()
    }, 20)
  })
  await happen(60)

  await expect.poll(() => countOf(id, 'DELIVERED')).toBe(60)
  expect(most).toBe(3)
  expect(await healthOf(id)).toMatchObject({ in_flight: 0 })
})

it('an endpoint that does not answer keeps no other waiting', async () => {
  receiver.answer('/stuck', () => undefined)
  const stuck = await anEndpoint('stuck', { timeout_ms: 5_000 })
  const quick = await anEndpoint('quick')
  await happen(30)

  await expect.poll(() => countOf(quick, 'DELIVERED')).toBe(30)
  expect(await countOf(stuck, 'SENDING')).toBe(20)
  await house.sql`delete from webhook_endpoint where id in (${stuck}, ${quick})`
})

describe('the breaker', () => {
  const once = { schedule: '{}', event_types: ['Leads.*'], concurrency: 10 }
  const fail = (count: number) => happen(count, { type: 'Leads.updated' })

  it('stays closed for a few failures, opens at ten with half of them failed, and then lets one request try', async () => {
    receiver.answer('/fragile', status(500))
    const id = await anEndpoint('fragile', once)
    await fail(9)
    await expect.poll(() => countOf(id, 'DEAD')).toBe(9)
    expect(await healthOf(id)).toMatchObject({ breaker: 'CLOSED' })

    await fail(1)
    await expect.poll(() => healthOf(id)).toMatchObject({ breaker: 'OPEN', breaker_cycles: 1 })
    await fail(5)
    await expect.poll(() => countOf(id, 'DUE')).toBe(5)
    house.pass(31_000)
    await expect.poll(() => healthOf(id)).toMatchObject({ breaker: 'OPEN', breaker_cycles: 2, in_flight: 0 })
    expect(receiver.to('/fragile')).toHaveLength(11)
    house.pass(31_000)
    receiver.answer('/fragile', status(204))
    house.pass(31_000)

    await expect.poll(() => countOf(id, 'DELIVERED')).toBe(4)
    expect(await healthOf(id)).toMatchObject({ breaker: 'CLOSED', breaker_cycles: 0 })
    await house.sql`delete from webhook_endpoint where id = ${id}`
  })

  it('that opens ten times disables the endpoint, which is told once though two processes see it', async () => {
    receiver.answer('/broken', status(500))
    const id = await anEndpoint('broken', once)
    await fail(30)
    for (let cycle = 1; cycle <= 10; cycle++) {
      await expect.poll(async () => (await healthOf(id))['breaker_cycles']).toBe(cycle)
      house.pass(601_000)
    }

    const statusNow = async () =>
      (await house.sql`select status, status_reason from webhook_endpoint where id = ${id}`)[0]
    await expect.poll(statusNow).toMatchObject({ status: 'DISABLED', status_reason: 'breaker' })
    const disabled = (await house.notices()).filter(each => each.id === id && each.type.endsWith('disabled'))
    expect(disabled).toHaveLength(1)
  })
})
