import { isBehind, type Place } from './event-cursor.ts'
import type { StoredEvent } from './event-log.ts'

/** The newest events, in memory for all who follow the log. Who is further behind reads the log itself. */
export type EventRing = {
  /** Everything behind this place is held; undefined until the ring is open. */
  readonly start: Place | undefined
  /** Where the next events go. */
  readonly end: Place | undefined
  open(at: Place): void
  push(events: readonly StoredEvent[]): void
  /** Those behind a place, at most a batch; undefined when the ring does not reach back so far. */
  after(place: Place): readonly StoredEvent[] | undefined
  /** Ends when there is more, or with the signal. */
  changed(signal: AbortSignal): Promise<void>
}

/** Together so many characters of text, about; some 20 MB. */
const weightMax = 8_000_000
const batchMax = 500

export function createRing(): EventRing {
  let start: Place | undefined
  let end: Place | undefined
  let held: StoredEvent[] = []
  let weight = 0
  const waiting = new Set<() => void>()

  function tell() {
    const all = [...waiting]
    waiting.clear()
    for (const each of all) each()
  }

  /** Lets the oldest half go, so that it is seldom done. */
  function shrink() {
    const gone = held.splice(0, Math.ceil(held.length / 2))
    start = gone.at(-1) ?? start
    weight = held.reduce((sum, event) => sum + weightOf(event), 0)
  }

  return {
    get start() {
      return start
    },
    get end() {
      return end
    },
    open(at) {
      start = end = at
      tell()
    },
    push(events) {
      if (events.length === 0) return
      held = held.concat(events)
      end = events.at(-1) ?? end
      for (const event of events) weight += weightOf(event)
      while (weight > weightMax && held.length > 1) shrink()
      tell()
    },
    after(place) {
      if (!start || isBehind(start, place)) return undefined
      const first = firstBehind(held, place)
      return held.slice(first, first + batchMax)
    },
    changed: signal =>
      new Promise(resolve => {
        const done = () => {
          waiting.delete(done)
          signal.removeEventListener('abort', done)
          resolve()
        }
        waiting.add(done)
        signal.addEventListener('abort', done)
        if (signal.aborted) done()
      }),
  }
}

/** The index of the first event behind a place; they stand in order. */
function firstBehind(events: readonly StoredEvent[], place: Place): number {
  let [low, high] = [0, events.length]
  while (low < high) {
    const middle = (low + high) >> 1
    const event = events[middle]
    if (event && isBehind(event, place)) high = middle
    else low = middle + 1
  }
  return low
}

/** About the characters that an event holds. */
function weightOf({ before, after }: StoredEvent): number {
  let weight = 500
  for (const fields of [before, after]) {
    for (const value of Object.values(fields ?? {})) weight += typeof value === 'string' ? value.length + 30 : 40
  }
  return weight
}
