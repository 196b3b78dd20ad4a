import { describe, expect, it } from 'vitest'
import { nextStep, type AttemptEnd } from '../../subgraphs/webhooks/next-step.ts'
import { retryAfterMs } from '../../subgraphs/webhooks/retry-after.ts'

const plain = { schedule: [5, 60], isOrdered: false, onUnknown: 'RESEND', atMostOnce: false } as const
const answered = (status: number, more: Partial<AttemptEnd> = {}): AttemptEnd => ({
  outcome: status === 429 ? 'http_429' : status >= 500 ? 'http_5xx' : 'http_4xx',
  status,
  mayHaveArrived: true,
  ...more,
})
const step = (end: AttemptEnd, tries = 1, settings: Partial<Parameters<typeof nextStep>[2]> = {}, random = 0) =>
  nextStep(end, tries, { ...plain, ...settings }, random)

describe('what follows a failure', () => {
  it('is the next wait of the schedule, up to a fifth longer and never shorter', () => {
    expect(step(answered(500), 1)).toMatchObject({ state: 'DUE', waitMs: 5_000 })
    expect(step(answered(500), 2, {}, 1)).toMatchObject({ state: 'DUE', waitMs: 72_000 })
  })

  it('is the end behind the last wait, and at once where there is none', () => {
    expect(step(answered(500), 3)).toMatchObject({ state: 'DEAD', reason: 'exhausted' })
    expect(step(answered(400), 1, { schedule: [] })).toMatchObject({ state: 'DEAD', reason: 'exhausted' })
  })

  it('keeps its lane waiting where the endpoint is ordered', () => {
    expect(step(answered(500), 3, { isOrdered: true })).toMatchObject({ state: 'PARKED', reason: 'exhausted' })
  })

  it('is the end for what would end alike again', () => {
    expect(step({ outcome: 'template_error', mayHaveArrived: false, mayRetry: false })).toMatchObject({
      state: 'DEAD',
      reason: 'template_error',
    })
  })

  it('leaves the whole endpoint alone for a minute when it is busy, or for as long as it asks, up to a day', () => {
    expect(step(answered(429))).toMatchObject({ holdMs: 60_000, waitMs: 60_000 })
    expect(step(answered(503))).toMatchObject({ holdMs: 60_000 })
    expect(step(answered(503, { retryAfterMs: 120_000 }))).toMatchObject({ holdMs: 120_000, waitMs: 120_000 })
    expect(step(answered(429, { retryAfterMs: 365 * 86_400_000 }))).toMatchObject({ holdMs: 86_400_000 })
    expect(step(answered(500, { retryAfterMs: 120_000 }))).toMatchObject({ holdMs: 0, waitMs: 120_000 })
  })
})

describe('what follows when nobody knows', () => {
  const lost: AttemptEnd = { outcome: 'unknown_outcome', mayHaveArrived: true }
  const silent: AttemptEnd = { outcome: 'timeout_wait', mayHaveArrived: true }

  it('is sending again at once, and the end some time, unless the endpoint is set otherwise', () => {
    expect(step(lost)).toMatchObject({ state: 'DUE', waitMs: 0 })
    expect(step(lost, 9)).toMatchObject({ state: 'DEAD' })
    expect(step(lost, 1, { onUnknown: 'HOLD' })).toMatchObject({ state: 'HELD', reason: 'unknown_outcome' })
    expect(step(lost, 1, { onUnknown: 'PROBE' })).toMatchObject({ state: 'DUE' })
  })

  it('is nothing by itself where at most one request may arrive', () => {
    const once = { atMostOnce: true }
    expect(step(answered(500), 1, once)).toMatchObject({ state: 'DEAD', reason: 'at_most_once' })
    expect(step(silent, 1, once)).toMatchObject({ state: 'HELD', reason: 'unknown_outcome' })
    expect(step({ outcome: 'refused', mayHaveArrived: false }, 1, once)).toMatchObject({ state: 'DUE', waitMs: 5_000 })
  })
})

describe('Retry-After', () => {
  const now = Date.parse('2030-01-01T00:00:00Z')

  it('is read as seconds and as every form of a date', () => {
    expect(retryAfterMs('120', now)).toBe(120_000)
    expect(retryAfterMs('Tue, 01 Jan 2030 00:02:00 GMT', now)).toBe(120_000)
    expect(retryAfterMs('Tuesday, 01-Jan-30 00:02:00 GMT', now)).toBe(120_000)
    expect(retryAfterMs('Tue Jan  1 00:02:00 2030', now)).toBe(120_000)
  })

  it('counts as absent when it is past, negative or garbage', () => {
    for (const text of [undefined, '', '0', '-5', 'soon', '1.5', 'Mon, 31 Dec 2029 23:59:00 GMT'])
      expect(retryAfterMs(text, now), text).toBeUndefined()
  })
})
