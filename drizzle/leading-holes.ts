import type { Pool } from './client.ts'

/** A statement of postgres.js, as far as this file touches it. */
type Statement = { executed: boolean; resolve: (rows: unknown) => void; handle: () => unknown }

const mended = new WeakSet<object>()

/**
 * Takes the leading holes out of results.
 *
 * postgres.js 3.4.9 counts the rows of a result in a variable of the connection that a failed statement leaves behind:
 * after one that failed, or was cancelled, among its rows, the next result on that connection starts with as many holes,
 * and a record that is there seems missing. Statements share a prototype, so it is mended once for all pools.
 *
 * @see https://github.com/porsager/postgres/issues/1181
 */
export function mendLeadingHoles(pool: Pool): void {
  const prototype = Object.getPrototypeOf(pool.unsafe('')) as Statement
  if (mended.has(prototype)) return
  mended.add(prototype)
  const { handle } = prototype
  prototype.handle = function (this: Statement) {
    if (!this.executed) {
      const { resolve } = this
      this.resolve = rows => resolve(withoutHoles(rows))
    }
    return handle.call(this)
  }
}

function withoutHoles(rows: unknown): unknown {
  if (Array.isArray(rows) && rows.length > 0 && !(0 in rows))
    rows.splice(
      0,
      rows.findIndex((_, at) => at in rows),
    )
  return rows
}
