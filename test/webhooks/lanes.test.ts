import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { begin } from '../../drizzle/transaction.ts'
import { discard, resend } from '../../subgraphs/webhooks/decide.ts'
import { delivering } from './delivering.ts'

const house = await delivering()
const { receiver, anEndpoint, happen, deliveriesOf } = house
await house.start()
await house.start()

const ordered = { is_ordered: true, schedule: '{60}' }
const ofRecord = async (id: string, recordId: string) =>
  (await deliveriesOf(id)).filter(each => each.recordId === recordId)
const statesOf = async (id: string, recordId: string) => (await ofRecord(id, recordId)).map(({ state }) => state)

/** Answers 500 for a record while it is told to. */
function refusing(path: string, recordId: string) {
  let isRefused = true
  receiver.answer(
    path,
    (response, { text }) => void response.writeHead(isRefused && text.includes(recordId) ? 500 : 204).end(),
  )
  return () => void (isRefused = false)
}

describe('an ordered endpoint', () => {
  it('gets the events of a record in their order, whatever fails between', async () => {
    const id = await anEndpoint('in-order', { is_ordered: true, schedule: '{1,1,1,1,1,1,1,1}', concurrency: 10 })
    let count = 0
    receiver.answer('/in-order', response => void response.writeHead(++count % 7 === 0 ? 500 : 204).end())
    const records = Array.from({ length: 5 }, () => randomUUID())
    for (let round = 0; round < 8; round++) for (const recordId of records) await happen(1, { recordId })

    await expect
      .poll(
        async () => {
          house.pass(1_300)
          return (await deliveriesOf(id)).every(({ state }) => state === 'DELIVERED')
        },
        { timeout: 20_000 },
      )
      .toBe(true)
    for (const record of records) {
      const numbers = receiver
        .to('/in-order')
        .map(({ text }) => (JSON.parse(text) as { data: { id: string; sequence: number } }).data)
        .filter(data => data.id === record)
        .map(({ sequence }) => sequence)
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
      expect(new Set(numbers).size).toBe(8)
    }
  })

  it('parks a record that cannot be delivered; others go on, and it does when a person says so', async () => {
    const [bad, good] = [randomUUID(), randomUUID()]
    const id = await anEndpoint('parking', ordered)
    const heal = refusing('/parking', bad)
    for (const recordId of [bad, good, bad, good, bad]) await happen(1, { recordId })

    await expect.poll(() => statesOf(id, good)).toEqual(['DELIVERED', 'DELIVERED'])
    await expect.poll(() => statesOf(id, bad)).toEqual(['DUE', 'WAITING', 'WAITING'])
    house.pass(73_000)
    await expect.poll(() => statesOf(id, bad)).toEqual(['PARKED', 'WAITING', 'WAITING'])
    const [head] = await ofRecord(id, bad)
    expect(head).toMatchObject({ reason: 'exhausted', attempts: 2 })

    await begin(house.sql, tx => discard(tx, [head?.id ?? '']))
    await expect.poll(() => statesOf(id, bad)).toEqual(['DISCARDED', 'DUE', 'WAITING'])
    heal()
    house.pass(73_000)

    await expect.poll(() => statesOf(id, bad)).toEqual(['DISCARDED', 'DELIVERED', 'DELIVERED'])
  })

  it('goes on with a parked record that is sent again', async () => {
    const bad = randomUUID()
    const id = await anEndpoint('sent-again', { ...ordered, schedule: '{}' })
    const heal = refusing('/sent-again', bad)
    await happen(1, { recordId: bad })
    await happen(1, { recordId: bad })
    await expect.poll(() => statesOf(id, bad)).toEqual(['PARKED', 'WAITING'])

    heal()
    const [head] = await ofRecord(id, bad)
    await begin(house.sql, tx => resend(tx, [head?.id ?? ''], house.yard.aheadMs()))

    await expect.poll(() => statesOf(id, bad)).toEqual(['DELIVERED', 'DELIVERED'])
  })

  it('leaves nobody waiting behind what ends while more comes', async () => {
    const record = randomUUID()
    const id = await anEndpoint('steady', { is_ordered: true })
    receiver.answer('/steady', response => void response.writeHead(204).end())
    for (let n = 0; n < 60; n++) await happen(1, { recordId: record })

    await expect.poll(() => statesOf(id, record)).toEqual(Array(60).fill('DELIVERED'))
  })
})
