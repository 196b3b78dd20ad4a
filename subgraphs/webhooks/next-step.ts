import type { EndpointSettings } from './endpoint-settings.ts'
import type { Outcome } from './outcome.ts'

/** How an attempt has ended. */
export type AttemptEnd = {
  readonly outcome: Outcome
  readonly status?: number | undefined
  /** That the receiver asked for, from now. */
  readonly retryAfterMs?: number | undefined
  /** A part of the request may have reached the receiver. */
  readonly mayHaveArrived: boolean
  /** False where another attempt would end alike. */
  readonly mayRetry?: boolean | undefined
}

/** What becomes of the delivery. */
export type Step = {
  readonly state: 'DELIVERED' | 'DUE' | 'HELD' | 'PARKED' | 'DEAD' | 'DISCARDED'
  readonly reason: string | null
  /** Until the next attempt. */
  readonly waitMs: number
  /** The whole endpoint is left alone for so long. */
  readonly holdMs: number
}

type Settings = Pick<EndpointSettings, 'schedule' | 'isOrdered' | 'onUnknown' | 'atMostOnce'>

/** A receiver that is busy is busy for every event. */
const busyMsMin = 60_000
export const retryAfterMsMax = 24 * 3_600_000
/** Waits become longer by up to so much, never shorter. */
const jitter = 0.2
/** However often processes die while they send a delivery, it comes to an end. */
const unknownMax = 3

/**
 * What follows an attempt.
 *
 * @param tries   attempts of the schedule so far, this one included
 * @param random  0 ≤ x < 1
 */
export function nextStep(end: AttemptEnd, tries: number, settings: Settings, random = Math.random()): Step {
  const { outcome, retryAfterMs = 0, mayHaveArrived, mayRetry = true } = end
  const isBusy = outcome === 'http_429' || end.status === 503
  const holdMs = isBusy ? Math.min(Math.max(retryAfterMs, busyMsMin), retryAfterMsMax) : 0
  const step = (state: Step['state'], reason: string | null, waitMs = 0): Step => ({ state, reason, waitMs, holdMs })
  const giveUp = (reason: string) => step(settings.isOrdered ? 'PARKED' : 'DEAD', reason)

  if (outcome === 'delivered') return step('DELIVERED', null)
  if (outcome === 'cancelled') return step('DISCARDED', 'unseen')
  // The endpoint is disabled by now: it waits until somebody enables it.
  if (outcome === 'gone') return step('DUE', null)
  const isUnknown = outcome === 'unknown_outcome' || (mayHaveArrived && end.status === undefined)
  if (isUnknown && (settings.atMostOnce || settings.onUnknown === 'HOLD')) return step('HELD', 'unknown_outcome')
  if (outcome === 'unknown_outcome')
    return tries < settings.schedule.length + unknownMax ? step('DUE', null) : giveUp('exhausted')
  if (settings.atMostOnce && mayHaveArrived) return giveUp('at_most_once')
  if (!mayRetry) return giveUp(outcome)
  const wait = settings.schedule[tries - 1]
  if (wait === undefined) return giveUp('exhausted')
  return step(
    'DUE',
    null,
    Math.max(wait * 1000 * (1 + jitter * random), Math.min(retryAfterMs, retryAfterMsMax), holdMs),
  )
}
