import type postgres from 'postgres'
import { HouseError } from '../schema/errors.ts'
import type { Connection } from './client.ts'

const attemptMs = 200
const attempts = 50

/**
 * Changes a table that others use, inside a transaction. A change of a table waits for all who read it, and whoever comes
 * to read waits behind it; so it waits 0.2 s at a time and lets them pass in between, for about 15 s in all.
 *
 * @throws UNAVAILABLE  somebody kept the table all the time
 */
export async function alterPatiently(
  sql: Connection,
  table: string,
  alter: (sql: Connection) => Promise<unknown>,
): Promise<void> {
  if (!isTransaction(sql)) throw new Error(`${table} is changed outside of a transaction`)
  for (let attempt = 1; ; attempt += 1) {
    try {
      await sql.savepoint(async sql => {
        await sql.unsafe(`set local lock_timeout = ${attemptMs}`)
        await alter(sql)
        await sql.unsafe('set local lock_timeout to default')
      })
      return
    } catch (error) {
      if (!isLockTimeout(error)) throw error
      if (attempt === attempts) throw busy(table, error)
      await new Promise(resolve => setTimeout(resolve, attemptMs / 2 + Math.random() * attemptMs))
    }
  }
}

const isTransaction = (sql: Connection): sql is postgres.TransactionSql => 'savepoint' in sql

const isLockTimeout = (error: unknown) => error instanceof Error && 'code' in error && error.code === '55P03'

const busy = (table: string, cause: unknown) =>
  new HouseError(
    'UNAVAILABLE',
    'The table of the records is in use all the time, by a long report perhaps. Nothing was changed; try again later',
    { table },
    { cause },
  )
