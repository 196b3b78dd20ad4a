import { expect, it } from 'vitest'
import { progressOn } from '../../gateway/progress.ts'

/** Two parts of work, seen every second by a clock that we hold. */
function show(screen: { isTTY: boolean; columns?: number }) {
  let time = 0
  const written: string[] = []
  const progress = progressOn({ ...screen, write: text => written.push(text) }, () => time)
  for (const part of ['accounts', 'contacts']) {
    progress.begin(part, 12_000)
    for (let second = 0; second < 12; second++) {
      time += 1_000
      progress.advance(1_000)
    }
  }
  progress.end()
  return written
}

it('draws one bar a part on a terminal, and leaves a line of it', () => {
  const written = show({ isTTY: true })

  expect(written[5]).toBe('\raccounts [############------------] 6,000 of 12,000 (50 %), 6.0 s left\u001b[K')
  expect(written.filter(text => text.includes('\n'))).toEqual([
    '\raccounts: 12,000 in 12.0 s\u001b[K\n',
    '\rcontacts: 12,000 in 12.0 s\u001b[K\n',
  ])
})

it('writes plain lines now and then elsewhere', () => {
  expect(show({ isTTY: false }).slice(0, 3)).toEqual([
    'accounts: 5,000 of 12,000 (41 %)\n',
    'accounts: 10,000 of 12,000 (83 %)\n',
    'accounts: 12,000 in 12.0 s\n',
  ])
})

it('never runs over the edge of a narrow terminal', () => {
  expect(show({ isTTY: true, columns: 30 }).filter(text => text.replace(/[\r\n]|\u001b\[K/g, '').length >= 30)).toEqual(
    [],
  )
})
