import { describe, expect, it } from 'vitest'
import { begin } from '../../drizzle/transaction.ts'
import { claimDue, leaseSpareMs } from '../../subgraphs/webhooks/claim.ts'
import { replay } from '../../subgraphs/webhooks/decide.ts'
import { relayOnce } from '../../subgraphs/webhooks/relay.ts'
import { settle } from '../../subgraphs/webhooks/settle.ts'
import { delivering } from './delivering.ts'

const house = await delivering()
const { sql, receiver, anEndpoint, happen, deliveriesOf, attemptsOf, healthOf } = house
const leaseMs = 15_000 + leaseSpareMs

/** A process that has taken the endpoint's delivery and was killed then: before or after it sent, nobody knows. */
async function taken(name: string, module: string, columns: object = {}) {
  const id = await anEndpoint(name, { ...columns, event_types: [`${module}.*`] })
  await happen(1, { type: `${module}.updated` })
  await expect.poll(async () => (await relayOnce(house.yard), (await deliveriesOf(id)).length)).toBe(1)
  const claimed = await claimDue(sql, 1_000, house.yard.aheadMs())
  expect(claimed.filter(({ endpointId }) => endpointId === id)).toHaveLength(1)
  return { id, claimed: claimed.find(({ endpointId }) => endpointId === id) }
}

describe('an attempt', () => {
  it('is stored before anything is sent, and nobody else takes it while its lease lasts', async () => {
    const { id } = await taken('intent', 'Accounts')

    expect(await attemptsOf(id)).toMatchObject([{ number: 1, outcome: null }])
    expect(await deliveriesOf(id)).toMatchObject([{ state: 'SENDING', attempts: 1 }])
    expect(await claimDue(sql, 1_000, house.yard.aheadMs() + leaseMs - 1_000)).toEqual([])
  })

  it('that is settled twice counts once', async () => {
    const { id, claimed } = await taken('settled-twice', 'Contacts')
    if (!claimed) throw new Error('nothing was claimed')
    const step = { state: 'DUE', reason: null, waitMs: 60_000, holdMs: 0 } as const
    const end = { ...claimed, outcome: 'http_5xx', status: 500, step } as const

    await settle(sql, [end], 0)
    await settle(sql, [{ ...end, outcome: 'delivered', step: { ...step, state: 'DELIVERED' } }], 0)

    expect(await deliveriesOf(id)).toMatchObject([{ state: 'DUE', lastOutcome: 'http_5xx' }])
    expect(await attemptsOf(id)).toMatchObject([{ outcome: 'http_5xx' }])
    expect(await healthOf(id)).toMatchObject({ in_flight: 0, failed: '1', failing_attempts: 1, delivered: '0' })
    await sql`delete from webhook_endpoint where id = ${id}`
  })
})

describe('a delivery whose process was killed', () => {
  it('is sent again and says that nobody knows, or waits for a person, as its endpoint is set', async () => {
    const again = await taken('again', 'Leads')
    const held = await taken('held', 'Tasks', { on_unknown: 'HOLD' })
    const lane = await taken('lane', 'Bugs', { on_unknown: 'HOLD', is_ordered: true })
    // These are asked about first, and sent only when the receiver does not have them.
    const had = await taken('had', 'Opportunities', { on_unknown: 'PROBE' })
    const lacking = await taken('lacking', 'Meetings', { on_unknown: 'PROBE' })
    receiver.answer('/lacking', (response, { method }) => void response.writeHead(method === 'GET' ? 404 : 204).end())
    await house.start()
    house.pass(leaseMs + 1_000)

    for (const { id } of [had, lacking])
      await expect.poll(async () => (await deliveriesOf(id))[0]?.state).toBe('DELIVERED')
    expect(receiver.to('/had').map(({ method }) => method)).toEqual(['GET'])
    expect(receiver.to('/lacking').map(({ method }) => method)).toEqual(['GET', 'POST'])

    await expect.poll(async () => (await deliveriesOf(again.id))[0]?.state).toBe('DELIVERED')
    expect(await attemptsOf(again.id)).toMatchObject([
      { number: 1, outcome: 'unknown_outcome', ms: null },
      { number: 2, outcome: 'delivered' },
    ])
    expect(receiver.to('/again').map(({ headers }) => [headers['x-attempt'], headers['x-unknown']])).toEqual([
      ['2', 'true'],
    ])
    for (const { id } of [held, lane])
      await expect
        .poll(() => deliveriesOf(id))
        .toMatchObject([{ state: 'HELD', reason: 'unknown_outcome', attempts: 1 }])
    expect(receiver.to('/held')).toEqual([])
    expect(await healthOf(held.id)).toMatchObject({ in_flight: 0 })
  })

  it('is not lost when the database ends every connection', async () => {
    const id = await anEndpoint('cut-off', { event_types: ['Calls.*'] })
    await happen(200, { type: 'Calls.updated' })
    for (let n = 0; n < 5; n++) {
      // One that has only begun to be a connection takes the driver with it.
      await sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'switchyard webhooks' and datname = current_database()
        and backend_start < now() - interval '0.3 seconds'`
      await happen(20, { type: 'Calls.updated' })
    }

    const isDone = async () => {
      house.pass(1_000)
      return (await deliveriesOf(id)).filter(({ state }) => state === 'DELIVERED').length
    }
    await expect.poll(isDone, { timeout: 20_000 }).toBe(300)
    expect(new Set(receiver.to('/cut-off').map(each => each.id)).size).toBe(300)
    const unexplained = (
      await sql`
      select from webhook_attempt where endpoint_id = ${id} and outcome is null`
    ).length
    expect(unexplained).toBe(0)
    const extra = receiver.to('/cut-off').length - 300
    const [unknown] = await sql<{ count: number }[]>`
      select count(*)::int from webhook_attempt where endpoint_id = ${id} and outcome = 'unknown_outcome'`
    expect(extra).toBeLessThanOrEqual(unknown?.count ?? 0)
  })
})

it('what a person repeats has a delivery of its own, with the same event and the next generation', async () => {
  const id = await anEndpoint('repeated', { event_types: ['Notes.*'] })
  await happen(1, { type: 'Notes.updated' })
  await expect.poll(async () => (await deliveriesOf(id))[0]?.state).toBe('DELIVERED')
  const [original] = await deliveriesOf(id)

  await begin(sql, tx => replay(tx, [original?.id ?? ''], 'ann', house.yard.aheadMs()))

  await expect.poll(async () => (await deliveriesOf(id)).map(({ state }) => state)).toEqual(['DELIVERED', 'DELIVERED'])
  expect((await deliveriesOf(id)).map(({ generation, attempts }) => [generation, attempts])).toEqual([
    [0, 1],
    [1, 1],
  ])
  expect(new Set(receiver.to('/repeated').map(each => each.id)).size).toBe(1)
})
