import type { Connection } from 'mysql2'
import { StartupError } from '../startup-error.ts'

/**
 * A value as MySQL writes it: text; a number for its small integers; bytes where a column has no character set. Ask for
 * floats as text (`cast(x as char)`): mysql2 would read them with an error in the last digit.
 */
export type Cell = string | number | Buffer | null

export type SourceRow = readonly Cell[]

const lotRowsMax = 200
const lotBytesMax = 8_000_000

/** Rows of one statement. The socket is paused while a full lot waits, so memory stays flat. */
export async function* lotsOf(connection: Connection, sql: string, values: readonly unknown[]) {
  let lot: SourceRow[] = []
  let bytes = 0
  let isOver = false
  let failure: Error | undefined
  let wake = () => {}
  const isFull = () => lot.length >= lotRowsMax || bytes >= lotBytesMax

  const query = connection.query({ sql, values: [...values], rowsAsArray: true })
  query.on('result', (row: unknown) => {
    const cells = row as SourceRow // by the options of the connection
    lot.push(cells)
    for (const cell of cells) bytes += typeof cell === 'object' || typeof cell === 'string' ? (cell?.length ?? 0) : 0
    if (!isFull()) return
    connection.pause()
    wake()
  })
  const fail = (error: Error) => {
    failure = error
    wake()
  }
  query.on('error', fail)
  // A query without a callback is not told that its connection is lost.
  connection.on('error', fail)
  query.on('end', () => {
    isOver = true
    wake()
  })

  try {
    while (true) {
      if (!isFull() && !isOver && !failure) await new Promise<void>(resolve => (wake = resolve))
      if (failure) throw unreadable(failure)
      const full = lot
      lot = []
      bytes = 0
      if (!isOver) connection.resume()
      if (full.length > 0) yield full
      if (isOver && lot.length === 0) return
    }
  } finally {
    connection.off('error', fail)
  }
}

/** MySQL's own words; they name the user and the host, never the password. */
export const reasonOf = (error: unknown) =>
  `${(error instanceof Error && (error.message || error.name)) || String(error)}.`.replace(/\.+$/, '.')

export const unreadable = (cause: unknown) =>
  new StartupError(`The source can no longer be read: ${reasonOf(cause)} Run the import again to go on.`, { cause })
