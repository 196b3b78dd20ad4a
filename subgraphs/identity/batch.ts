import DataLoader from 'dataloader'
import type { Context } from '../../drizzle/context.ts'

/**
 * Loads one of many: what is asked for in the same moment of a request is read by one statement.
 *
 * @param name  tells batches apart; `<subgraph>.<what>`
 */
export function loadOne<Value>(
  ctx: Context,
  name: string,
  id: string,
  load: (ids: readonly string[]) => Promise<ReadonlyMap<string, Value>>,
): Promise<Value | undefined> {
  let loader = ctx.batches.get(name) as DataLoader<string, Value | undefined> | undefined
  if (!loader) {
    loader = new DataLoader(async ids => {
      const found = await load(ids)
      return ids.map(each => found.get(each))
    })
    ctx.batches.set(name, loader)
  }
  return loader.load(id)
}

/** Rows by the value of one of their columns. */
export function grouped<Row, Key extends keyof Row>(rows: readonly Row[], key: Key): Map<Row[Key], Row[]> {
  return Map.groupBy(rows, row => row[key])
}
