import { expect, it } from 'vitest'
import { remembering } from '../../../gateway/oauth/remembered.ts'

/** Values that are read one after the other; each read is answered when the test says so. */
function source(options: { forMs: number; bridgeMs?: number }) {
  const reads: { answer: (value: { n: number } | undefined) => void; fail: () => void }[] = []
  const read = () =>
    new Promise<{ n: number } | undefined>((resolve, reject) => {
      reads.push({ answer: resolve, fail: () => reject(new Error('away')) })
    })
  return { reads, values: remembering({ countMax: 10, read, ...options }) }
}

it('answers from memory while a value is fresh, and lets readers at the same time share a read', async () => {
  const { reads, values } = source({ forMs: 60_000 })

  const both = [values.find('a'), values.find('a')]
  reads[0]?.answer({ n: 1 })

  expect(await Promise.all(both)).toEqual([{ n: 1 }, { n: 1 }])
  expect(await values.find('a')).toEqual({ n: 1 })
  expect(reads).toHaveLength(1)
})

it('keeps to what it knew while it cannot read, and to nothing that it did not know', async () => {
  const { reads, values } = source({ forMs: 0, bridgeMs: 60_000 })
  const first = values.find('a')
  reads[0]?.answer({ n: 1 })
  await first

  const second = values.find('a')
  reads[1]?.fail()
  const unknown = values.find('b')
  reads[2]?.fail()

  expect(await second).toEqual({ n: 1 })
  await expect(unknown).rejects.toThrow('away')
})

it('believes what it reads: a change, and that there is nothing any more', async () => {
  const { reads, values } = source({ forMs: 0, bridgeMs: 60_000 })
  const answers = [{ n: 1 }, { n: 2 }, undefined]
  for (const [i, answer] of answers.entries()) {
    const found = values.find('a')
    reads[i]?.answer(answer)
    expect(await found).toEqual(answer)
  }
  const last = values.find('a')
  reads[3]?.fail()

  await expect(last).rejects.toThrow('away')
})

it('forgets when it is told, a read that is under way too', async () => {
  const { reads, values } = source({ forMs: 60_000, bridgeMs: 60_000 })
  const early = values.find('a')
  values.forget('a')
  const late = values.find('a')
  reads[1]?.answer({ n: 2 })
  reads[0]?.answer({ n: 1 })

  expect([await early, await late]).toEqual([{ n: 1 }, { n: 2 }])
  expect(await values.find('a')).toEqual({ n: 2 })
})

it('does not bridge unless it was asked to', async () => {
  const { reads, values } = source({ forMs: 0 })
  const first = values.find('a')
  reads[0]?.answer({ n: 1 })
  await first

  const second = values.find('a')
  reads[1]?.fail()

  await expect(second).rejects.toThrow('away')
})
