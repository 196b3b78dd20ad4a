import { LRUCache } from 'lru-cache'

/** Values that are read by key and remembered for a short time. */
export type Remembered<V extends object> = {
  /** Readers who ask at the same time share one read. What is not there is not remembered. */
  find(key: string): Promise<V | undefined>
  /** The next reader reads again; a read that is under way counts no more. */
  forget(key: string): void
}

export function remembering<V extends object>(options: {
  countMax: number
  forMs: number
  read: (key: string) => Promise<V | undefined>
}): Remembered<V> {
  const known = new LRUCache<string, V>({ max: options.countMax, ttl: options.forMs })
  const reading = new Map<string, Promise<V | undefined>>()

  function read(key: string) {
    const promise = options
      .read(key)
      .then(value => {
        if (value && reading.get(key) === promise) known.set(key, value)
        return value
      })
      .finally(() => {
        if (reading.get(key) === promise) reading.delete(key)
      })
    reading.set(key, promise)
    return promise
  }

  return {
    find: async key => known.get(key) ?? reading.get(key) ?? read(key),
    forget(key) {
      known.delete(key)
      reading.delete(key)
    },
  }
}
