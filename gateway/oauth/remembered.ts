import { LRUCache } from 'lru-cache'

/** Values that are read by key and remembered for a short time. */
export type Remembered<V extends object> = {
  /** Readers who ask at the same time share one read. What is not there is not remembered. */
  find(key: string): Promise<V | undefined>
  /** The next reader reads again; a read that is under way counts no more. */
  forget(key: string): void
}

type Entry<V> = { readonly value: V; readonly readAt: number }

/** How long a reader who knows an older value waits for the newer one. */
const patienceMs = 2_000

/**
 * @param bridgeMs  for how long a value counts that cannot be read again, because the database is away; whoever is
 *                  signed in stays so that long
 */
export function remembering<V extends object>(options: {
  countMax: number
  forMs: number
  bridgeMs?: number
  read: (key: string) => Promise<V | undefined>
}): Remembered<V> {
  const { countMax, forMs, bridgeMs = 0 } = options
  const known = new LRUCache<string, Entry<V>>({ max: countMax, ttl: Math.max(forMs, bridgeMs) })
  const reading = new Map<string, Promise<V | undefined>>()

  function read(key: string) {
    const promise = options
      .read(key)
      .then(value => {
        if (reading.get(key) !== promise) return value
        if (value) known.set(key, { value, readAt: performance.now() })
        else known.delete(key)
        return value
      })
      .finally(() => {
        if (reading.get(key) === promise) reading.delete(key)
      })
    reading.set(key, promise)
    return promise
  }

  return {
    async find(key) {
      const entry = known.get(key)
      if (entry && performance.now() - entry.readAt < forMs) return entry.value
      const again = reading.get(key) ?? read(key)
      return entry && bridgeMs > 0 ? inTime(again, entry.value) : again
    },
    forget(key) {
      known.delete(key)
      reading.delete(key)
    },
  }
}

/** What is read, or what was known when reading fails or takes too long. */
function inTime<V>(reading: Promise<V | undefined>, known: V): Promise<V | undefined> {
  return new Promise(resolve => {
    const timer = setTimeout(resolve, patienceMs, known)
    reading
      .catch(() => known)
      .then(resolve, () => resolve(known))
      .finally(() => clearTimeout(timer))
  })
}
