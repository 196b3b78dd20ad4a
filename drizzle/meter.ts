/** What one request has had of the database so far. */
export type Meter = {
  /** With at least one statement under way, so that it is never more than the request took. */
  databaseMs: number
  /** Rows that statements have answered. */
  rows: number
  /** A statement begins. */
  began(): void
  /** A statement has ended. */
  ended(rows: number): void
}

export function createMeter(): Meter {
  let running = 0
  let since = 0
  return {
    databaseMs: 0,
    rows: 0,
    began() {
      if (running === 0) since = performance.now()
      running += 1
    },
    ended(rows) {
      this.rows += rows
      running -= 1
      if (running === 0) this.databaseMs += performance.now() - since
    },
  }
}

/**
 * The parts of a statement of postgres.js that start and end it. A statement runs when it is awaited, and parts of
 * others never do, so these are the only places to look.
 */
export type Measurable = {
  handler: (statement: unknown) => unknown
  resolve: (result: unknown) => unknown
  reject: (error: unknown) => unknown
}

export function measure(statement: Measurable, meter: Meter) {
  const { handler, resolve, reject } = statement
  let isRunning = false
  const end = (rows: number) => {
    if (isRunning) meter.ended(rows)
    isRunning = false
  }
  statement.handler = given => {
    isRunning = true
    meter.began()
    return handler(given)
  }
  statement.resolve = result => {
    end(Array.isArray(result) ? result.length : 0)
    return resolve(result)
  }
  statement.reject = error => {
    end(0)
    return reject(error)
  }
}
