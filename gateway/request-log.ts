import type { Logger } from 'pino'
import { connect } from '../drizzle/client.ts'
import { storeRows, makePartitions, type LogRow } from '../drizzle/request-log.ts'

/** Where the entries of requests go. */
export type RequestLog = {
  /** Takes an entry; it is stored soon, and nobody waits for it. */
  add(row: LogRow): void
  readonly counts: RequestLogCounts
  /** Stores what waits. What cannot be stored now is lost, and the process's log says how much. */
  close(): Promise<void>
}

/** Every row that was added is one of these: stored, dropped, or waiting. */
export type RequestLogCounts = { stored: number; dropped: number; readonly waiting: number }

type Options = {
  readonly url: string
  readonly log: Logger
  readonly waitingMax?: number
  /** Between attempts while the database does not take rows. */
  readonly retryMs?: number
}

/** Rows wait at most this long while the database takes them, or until they are so many. */
const gatherMs = 250
const batchMax = 2_000

/** About 10 MB. A flood of requests while the database is away must not take the memory of the process. */
const waitingMaxDefault = 20_000

/** How long a process that ends waits for the database. */
const closeMsMax = 5_000

/**
 * Writes the log of requests, on a connection of its own and off the path of requests.
 *
 * While rows cannot be stored they wait, up to a bound; those that come then are dropped and counted. When the database
 * takes rows again, a row with the count tells of the gap.
 */
export function openRequestLog({ url, log, waitingMax = waitingMaxDefault, retryMs = 1_000 }: Options): RequestLog {
  const sql = connect(url, { max: 1, applicationName: 'switchyard log' })
  let waiting: LogRow[] = []
  let inFlight = 0
  let gap = 0
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> | undefined
  let isAway = false
  let closed = false
  const counts = {
    stored: 0,
    dropped: 0,
    get waiting() {
      return waiting.length + inFlight
    },
  }

  /** Stores a batch, with the gap before it. @returns whether to go on at once */
  async function writeBatch(): Promise<boolean> {
    const batch = waiting.splice(0, batchMax)
    const missing = gap
    inFlight = batch.length
    try {
      await store(missing > 0 ? [...batch, gapOf(missing)] : batch)
      counts.stored += batch.length
      gap -= missing
      if (isAway) log.warn({ dropped: missing }, 'the request log is written again')
      isAway = false
      return true
    } catch (error) {
      if (isAboutData(error)) {
        drop(batch.length)
        log.error({ dropped: batch.length, reason: codeOf(error) }, 'rows of the request log were refused')
        return true
      }
      waiting = [...batch, ...waiting]
      drop(waiting.splice(waitingMax).length)
      if (!isAway) log.error({ reason: codeOf(error) }, 'the request log cannot be written')
      isAway = true
      return false
    } finally {
      inFlight = 0
    }
  }

  /** A day has no partition when no background work was done for days, or a clock is wrong. */
  async function store(rows: readonly LogRow[]) {
    try {
      await storeRows(sql, rows)
    } catch (error) {
      if (codeOf(error) !== noPartition) throw error
      for (const day of new Set(rows.map(({ at }) => Math.floor(at / 86_400_000)))) {
        await makePartitions(sql, new Date(day * 86_400_000), 0)
      }
      await storeRows(sql, rows)
    }
  }

  function drop(count: number) {
    counts.dropped += count
    gap += count
  }

  async function writeAll() {
    clearTimeout(timer)
    timer = undefined
    let goesOn = true
    while (goesOn && (waiting.length > 0 || gap > 0)) goesOn = await writeBatch()
    if (!goesOn && !closed) timer = setTimeout(write, retryMs).unref()
  }

  function write() {
    writing ??= writeAll().finally(() => {
      writing = undefined
      if (!isAway && waiting.length > 0) gather()
    })
    return writing
  }

  function gather() {
    timer ??= setTimeout(() => void write(), gatherMs).unref()
  }

  return {
    counts,
    add(row) {
      if (waiting.length + inFlight >= waitingMax) return drop(1)
      waiting.push(row)
      if (isAway || writing) return
      if (waiting.length >= batchMax) void write()
      else gather()
    },
    async close() {
      closed = true
      await Promise.race([(writing ?? Promise.resolve()).then(write), after(closeMsMax)])
      clearTimeout(timer)
      if (waiting.length > 0 || gap > 0)
        log.error({ dropped: waiting.length + gap }, 'rows of the request log are lost')
      await sql.end({ timeout: 1 })
    },
  }
}

/** Stands for rows that were dropped until now. */
const gapOf = (dropped: number): LogRow => ({ at: Date.now(), outcome: 'gap', dropped })

const noPartition = '23514'

const codeOf = (error: unknown) =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown'

/** The rows are at fault, and would be each time. */
const isAboutData = (error: unknown) => /^2[23]/.test(codeOf(error)) && codeOf(error) !== noPartition

const after = (ms: number) => new Promise(resolve => setTimeout(resolve, ms).unref())
