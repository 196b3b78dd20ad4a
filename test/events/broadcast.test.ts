import { expect, it } from 'vitest'
import { shareStreams, type Share } from '../../gateway/events/broadcast.ts'

const shares = () => shareStreams<number | 'RESYNC'>({ waitingMax: 3, tooSlow: 'RESYNC' })
const isStream = (begun: AsyncGenerator<number | 'RESYNC', void> | string) => typeof begun !== 'string'

/** A stream that gives what it is told to, and tells how often it was begun and whether it was stopped. */
function aSource() {
  let begun = 0
  let stopped = 0
  let wake = () => {}
  const values: number[] = []
  async function* stream(signal: AbortSignal): AsyncGenerator<number, void> {
    signal.addEventListener('abort', () => {
      stopped += 1
      wake()
    })
    while (!signal.aborted) {
      const value = values.shift()
      if (value === undefined) await new Promise<void>(resolve => (wake = resolve))
      else yield value
    }
  }
  return {
    begin: (signal: AbortSignal) => {
      begun += 1
      return Promise.resolve(stream(signal))
    },
    give(...more: number[]) {
      values.push(...more)
      wake()
    },
    counts: () => ({ begun, stopped }),
  }
}

async function joined(joining: Promise<Share<number | 'RESYNC'> | string>) {
  const share = await joining
  if (typeof share === 'string') throw new Error(share)
  return share
}

async function take(share: Share<number | 'RESYNC'>, n: number) {
  const taken: (number | 'RESYNC' | 'end')[] = []
  for (let i = 0; i < n; i += 1) {
    const { done, value } = await share.next()
    taken.push(done ? 'end' : value)
  }
  return taken
}

it('who asks for the same at the same time gets one stream, made once and ended with the last of them', async () => {
  const [all, source] = [shares(), aSource()]
  const leaving = Array.from({ length: 5 }, () => new AbortController())
  const joins = leaving.map(({ signal }) => joined(all.join('same', source.begin, isStream, signal)))
  const together = await Promise.all(joins)
  source.give(1, 2)

  expect(await Promise.all(together.map(share => take(share, 2)))).toEqual(Array(5).fill([1, 2]))
  expect([all.open, source.counts()]).toEqual([1, { begun: 1, stopped: 0 }])

  for (const one of leaving.slice(1)) one.abort()
  expect(source.counts().stopped).toBe(0)
  leaving[0]?.abort()
  expect([all.open, source.counts()]).toEqual([0, { begun: 1, stopped: 1 }])
})

it('who comes after all have left begins it anew', async () => {
  const [all, source] = [shares(), aSource()]
  const first = await joined(all.join('same', source.begin, isStream, new AbortController().signal))
  await first.return?.()
  const second = await joined(all.join('same', source.begin, isStream, new AbortController().signal))
  source.give(7)

  expect(await take(second, 1)).toEqual([7])
  expect(source.counts()).toEqual({ begun: 2, stopped: 1 })
})

it('one who is slow is told to begin anew, keeps nothing waiting, and holds nobody up', async () => {
  const [all, source] = [shares(), aSource()]
  const { signal } = new AbortController()
  const slow = await joined(all.join('same', source.begin, isStream, signal))
  const quick = await joined(all.join('same', source.begin, isStream, signal))
  for (let i = 1; i <= 10; i += 1) {
    source.give(i)
    expect(await take(quick, 1)).toEqual([i])
  }

  expect(await take(slow, 2)).toEqual(['RESYNC', 'end'])
})

it('a refusal is for each who asked, and is not remembered', async () => {
  const all = shares()
  const { signal } = new AbortController()
  const refuse = () => Promise.resolve('no')
  expect(await Promise.all([1, 2].map(() => all.join('same', refuse, isStream, signal)))).toEqual(['no', 'no'])

  const source = aSource()
  const share = await joined(all.join('same', source.begin, isStream, signal))
  source.give(1)
  expect(await take(share, 1)).toEqual([1])
})
