import { expect, it } from 'vitest'
import { disturbed } from '../chaos/events.ts'
import { servedHouse } from '../gateway/served.ts'

// The short form of `npm run chaos -- events`.
const house = await servedHouse()

it('whoever follows the events rebuilds the records exactly, however often it is cut off', async () => {
  const chaos = { changes: 120, consumers: 10, seed: 4711 }
  const { made, consumed } = await disturbed({ url: house.url, token: await house.tokenOf('ada') }, chaos)

  expect(made).toBe(120)
  expect(consumed.flatMap(({ name, wrong }) => wrong.map(what => `${name}: ${what}`))).toEqual([])
  for (const { resumes, records } of consumed) {
    expect(resumes).toBeGreaterThan(0)
    expect(records).toBe(consumed[0]?.records)
  }
}, 60_000)
