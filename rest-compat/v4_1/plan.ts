import { LRUCache } from 'lru-cache'
import type { Catalog } from '../../schema/catalog.ts'

const plansMax = 1000
/** A longer key is no shape that comes again. */
const keyLengthMax = 8192
const known = new WeakMap<Catalog, LRUCache<string, object>>()

/**
 * What is worked out once per shape of a request: its operation, and how its answer is written.
 *
 * Kept per catalog, so a change of metadata starts afresh; the least recently used go first.
 *
 * @param key  everything that the plan depends on
 */
export function planned<P extends object>(catalog: Catalog, key: string, make: () => P): P {
  if (key.length > keyLengthMax) return make()
  let plans = known.get(catalog)
  if (!plans) known.set(catalog, (plans = new LRUCache({ max: plansMax })))
  const found = plans.get(key)
  if (found) return found as P
  const plan = make()
  plans.set(key, plan)
  return plan
}
