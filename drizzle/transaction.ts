import type { Connection, Pool } from './client.ts'

/**
 * Runs `work` in one transaction on a connection of the pool.
 *
 * When the connection is lost, postgres.js 3.4.9 still sends what comes next (a statement of `work`, its own rollback)
 * to the closed socket, and the TypeError of that ends the process. So nothing is sent any more: the transaction fails
 * with the loss, and what `work` was doing is left as it stands; the database has rolled it back.
 *
 * @throws what `work` throws, or postgres.js's CONNECTION_CLOSED
 */
export function begin<T>(pool: Pool, work: (sql: Connection) => Promise<T>): Promise<T> {
  let loss: Error | undefined
  const begun = pool.begin(sql => {
    const guarded = refusing(sql, () => loss)
    return unlessLost(work(guarded), () => loss)
  }) as Promise<T>
  begun.catch((error: unknown) => {
    if (isLoss(error)) loss = error
  })
  return begun
}

const isLoss = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('CONNECTION_')

/** The same result, but none at all once the connection is lost. */
const unlessLost = <T>(result: Promise<T>, lost: () => Error | undefined) =>
  new Promise<T>((resolve, reject) => {
    result.then(
      value => {
        if (!lost()) resolve(value)
      },
      (error: unknown) => {
        if (!lost() && !isLoss(error)) reject(error instanceof Error ? error : new Error(String(error)))
      },
    )
  })

/** The same connection, which refuses statements once it is lost. */
function refusing<Sql extends Connection>(sql: Sql, lost: () => Error | undefined): Sql {
  const check = () => {
    const error = lost()
    if (error) throw error
  }
  return new Proxy(sql, {
    apply(target, self, args) {
      check()
      return Reflect.apply(target, self, args) as unknown
    },
    get(target, name) {
      if (name === 'unsafe') check()
      return Reflect.get(target, name, target) as unknown
    },
  })
}
