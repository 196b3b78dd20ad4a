import DataLoader from 'dataloader'
import type { Context } from '../../drizzle/context.ts'

/**
 * Loads by id in batches: all ids that one tick of a request asks for under the same key go into one statement.
 *
 * @param key  names what is loaded, with everything but the ids
 */
export function batched<Value>(
  ctx: Context,
  key: string,
  load: (ids: readonly string[]) => Promise<ReadonlyMap<string, Value>>,
): DataLoader<string, Value | undefined> {
  const known = ctx.batches.get(key)
  if (known) return known as DataLoader<string, Value | undefined>
  const loader = new DataLoader<string, Value | undefined>(async ids => {
    const found = await load(ids)
    return ids.map(id => found.get(id))
  })
  ctx.batches.set(key, loader)
  return loader
}
