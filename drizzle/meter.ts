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
  readonly trace?: TraceStatement | undefined
}

/** Follows a statement by its text, which has no values in it. @returns is told of its end */
export type TraceStatement = (text: string) => (rows: number, isFailure: boolean) => void

export function createMeter(trace?: TraceStatement): Meter {
  let running = 0
  let since = 0
  return {
    trace,
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
  readonly strings?: readonly string[]
}

export function measure(statement: Measurable, meter: Meter) {
  const { handler, resolve, reject } = statement
  let isRunning = false
  let traced: ReturnType<TraceStatement> | undefined
  const end = (rows: number, isFailure: boolean) => {
    if (isRunning) meter.ended(rows)
    isRunning = false
    traced?.(rows, isFailure)
    traced = undefined
  }
  statement.handler = given => {
    isRunning = true
    meter.began()
    traced = meter.trace?.(statement.strings?.join('?') ?? '')
    return handler(given)
  }
  statement.resolve = result => {
    end(Array.isArray(result) ? result.length : 0, false)
    return resolve(result)
  }
  statement.reject = error => {
    end(0, true)
    return reject(error)
  }
}
