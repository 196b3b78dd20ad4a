import type { FastifyReply, FastifyRequest } from 'fastify'
import { pino, type Logger } from 'pino'
import type { Report } from './error-mask.ts'

/** What the steps of a request leave for its one log line. Names and numbers only: no values, bodies or secrets. */
export type Note = {
  startedAt: number
  door?: string
  /** The GraphQL operation's name, the legacy method, the V8 route. */
  operation?: string
  userId?: string
  clientId?: string
  keyId?: string
  /** The code of the error that was answered. */
  code?: string
  /** Why, where the caller is not told: fixed words of the authorization server. */
  reason?: string
  /** What was used that clients should leave behind. */
  deprecated?: string
  rows?: number
  /** Points that it cost, and the policy that refused it. */
  cost?: number
  limitedBy?: string
}

const notes = new WeakMap<FastifyRequest['raw'], Note>()

export function noteOf({ raw }: FastifyRequest): Note {
  let note = notes.get(raw)
  if (!note) notes.set(raw, (note = { startedAt: performance.now() }))
  return note
}

/**
 * The process's log: JSON lines on standard output. They are written several at a time, 0.2 s after they were made at
 * the latest and before the process ends; a write for each would take a tenth of what a request takes.
 */
export const openLog = (level: string, destination: { write(line: string): void } = standardOutput()): Logger =>
  pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, messageKey: 'event' }, destination)

const standardOutput = () => pino.destination({ dest: 1, sync: false, minLength: 4_096, periodicFlush: 200 })

/** The line of one request. The query string stays out: it may hold a session, a token or somebody's name. */
export function requestLine(request: FastifyRequest, reply: FastifyReply) {
  const note = noteOf(request)
  return {
    request_id: request.id,
    door: note.door,
    method: request.method,
    path: request.url.split('?', 1)[0]?.slice(0, 500),
    operation: note.operation?.slice(0, 200),
    status: reply.statusCode,
    code: note.code,
    reason: note.reason?.slice(0, 200),
    deprecated: note.deprecated,
    user_id: note.userId,
    client_id: note.clientId,
    key_id: note.keyId,
    rows: note.rows,
    cost: note.cost,
    limited_by: note.limitedBy,
    bytes: Number(reply.getHeader('content-length') ?? 0) || undefined,
    address: request.ip,
    ms: Math.round((performance.now() - note.startedAt) * 100) / 100,
  }
}

/** Tells an operator of something that somebody should look at. `facts` hold names and numbers, no secrets. */
export type Alert = (event: string, facts: Readonly<Record<string, string | number | undefined>>) => void

export const alertTo =
  (log: Logger): Alert =>
  (event, facts) =>
    log.warn(facts, event)

/** Logs errors that nobody expected, whole. */
export const reportTo =
  (log: Logger): Report =>
  (error, requestId) =>
    log.error({ request_id: requestId, err: loggable(error) }, 'unexpected error')

/**
 * The parts of an error that help: postgres.js hangs the statement and its parameters on its errors, and parameters are
 * somebody's data.
 */
function loggable(error: unknown): object {
  if (!(error instanceof Error)) return { message: String(error) }
  const { name, message, stack, cause } = error
  const picked = Object.fromEntries(
    ['code', 'severity', 'table_name', 'column_name', 'constraint_name', 'query', 'path'].flatMap(key =>
      key in error ? [[key, (error as unknown as Record<string, unknown>)[key]]] : [],
    ),
  )
  return { name, message, stack, ...picked, ...(cause === undefined ? {} : { cause: loggable(cause) }) }
}
