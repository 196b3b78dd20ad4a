import { setImmediate as turn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { takeTurns } from '../../gateway/limits/turns.ts'

it('lets in so many at each turn of the event loop, in the order in which they came', async () => {
  const inTurn = takeTurns(2)
  const begun: number[] = []
  const all = Promise.all([1, 2, 3, 4, 5].map(each => inTurn().then(() => begun.push(each))))

  const seen: number[][] = []
  while (begun.length < 5) {
    await turn()
    seen.push([...begun])
  }

  expect(seen).toEqual([
    [1, 2],
    [1, 2, 3, 4],
    [1, 2, 3, 4, 5],
  ])
  await all
})

it('begins again when everybody has gone', async () => {
  const inTurn = takeTurns(1)
  await inTurn()
  await turn()

  await expect(inTurn()).resolves.toBeUndefined()
})
