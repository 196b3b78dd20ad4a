import { createHash } from 'node:crypto'

/** Chance that repeats itself: the same seed gives the same numbers, picks and ids, on every machine. */
export type Random = {
  /** 0 ≤ x < 1 */
  next(): number
  /** A whole number from `min` to `max`, both included. */
  int(min: number, max: number): number
  chance(share: number): boolean
  pick<T>(from: readonly T[]): T
  /** Different ones, in the order of the list. */
  some<T>(from: readonly T[], count: number): T[]
  /** One of the keys; the values say how often, relative to each other. */
  weighted<Key extends string>(weights: Readonly<Record<Key, number>>): Key
  /** The id of the n-th record of a kind. */
  id(kind: string, n: number): string
  /** A source of its own, so that more of one thing does not change the others. */
  fork(name: string): Random
}

export function randomOf(seed: number | string): Random {
  let state = createHash('sha256').update(String(seed)).digest().readUInt32LE()
  // mulberry32, public domain: https://gist.github.com/tommyettinger/46a874533244883189143505d203312c
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const int = (min: number, max: number) => min + Math.floor(next() * (max - min + 1))
  const pick = <T>(from: readonly T[]) => {
    const picked = from[int(0, from.length - 1)]
    if (picked === undefined) throw new RangeError('there is nothing to pick from')
    return picked
  }
  return {
    next,
    int,
    chance: share => next() < share,
    pick,
    some(from, count) {
      let wanted = Math.min(count, from.length)
      return from.filter((_, at) => {
        const taken = next() < wanted / (from.length - at)
        if (taken) wanted -= 1
        return taken
      })
    },
    weighted(weights) {
      const keys = Object.keys(weights) as (keyof typeof weights)[]
      let left = next() * keys.reduce((sum, key) => sum + weights[key], 0)
      return keys.find(key => (left -= weights[key]) < 0) ?? pick(keys)
    },
    id: (kind, n) => uuidFrom(`${seed}/${kind}/${n}`),
    fork: name => randomOf(`${seed}/${name}`),
  }
}

/** A UUID in the form of version 4 that is always the same for the same text. */
function uuidFrom(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
