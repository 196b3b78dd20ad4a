import type { Report } from './error-mask.ts'

/** Rows on their way to the database, of things that nobody waits for. */
export type Gathering<Row> = {
  /** Takes a row; it is left out when too many wait. */
  add(row: Row): void
  /** Whether a row would be left out, for those that are dear to make. */
  readonly isFull: boolean
  /** Writes what waits. */
  close(): Promise<void>
}

type Options<Row> = {
  /** What is written, for the process's log. */
  readonly name: string
  /** A row waits at most this long. */
  readonly everyMs: number
  readonly waitingMax: number
  readonly write: (rows: readonly Row[]) => PromiseLike<unknown>
  readonly report: Report
}

/** Gathers rows and writes them by one statement at a time, off the path of requests. Rows that are refused are lost. */
export function gather<Row>({ name, everyMs, waitingMax, write, report }: Options<Row>): Gathering<Row> {
  let waiting: Row[] = []
  let timer: NodeJS.Timeout | undefined
  let writing = Promise.resolve()

  function flush() {
    clearTimeout(timer)
    timer = undefined
    const rows = waiting
    waiting = []
    if (rows.length > 0) {
      writing = writing
        .then(() => write(rows))
        .then(
          () => undefined,
          (error: unknown) => report(error, name),
        )
    }
    return writing
  }

  return {
    get isFull() {
      return waiting.length >= waitingMax
    },
    add(row) {
      if (waiting.length >= waitingMax) return
      waiting.push(row)
      timer ??= setTimeout(() => void flush(), everyMs).unref()
    },
    close: flush,
  }
}
