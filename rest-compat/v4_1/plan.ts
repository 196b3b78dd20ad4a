import { LRUCache } from 'lru-cache'
import type { Catalog } from '../../schema/catalog.ts'

/** A longer key is no shape that comes again. */
const keyLengthMax = 8192

/** @param key  everything that the plan depends on */
export type Planned = <P extends object>(catalog: Catalog, key: string, make: () => P) => P

/** Remembers plans per catalog, so a change of metadata starts afresh; the least recently used go first. */
export function createPlans(max: number): Planned {
  const known = new WeakMap<Catalog, LRUCache<string, object>>()
  return <P extends object>(catalog: Catalog, key: string, make: () => P) => {
    if (key.length > keyLengthMax) return make()
    let plans = known.get(catalog)
    if (!plans) known.set(catalog, (plans = new LRUCache({ max })))
    const found = plans.get(key)
    if (found) return found as P
    const plan = make()
    plans.set(key, plan)
    return plan
  }
}

/** What is worked out once per shape of a request: its operation, and how its answer is written. */
export const planned = createPlans(1000)
