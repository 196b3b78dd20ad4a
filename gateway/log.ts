import type { FastifyRequest } from 'fastify'
import { pino, type Logger } from 'pino'
import { createMeter, type Meter } from '../drizzle/meter.ts'
import type { Used } from '../schema/usage.ts'
import type { Report } from './error-mask.ts'
import { redactMessage } from './redact/message.ts'
import { beginTrace, traceparentOf, traceStatements, type Trace } from './trace.ts'

/** What the steps of a request leave for its log. Names and numbers only: no values, bodies or secrets. */
export type Note = {
  startedAt: number
  readonly trace: Trace
  readonly meter: Meter
  /** What its operations use. */
  readonly uses: Set<Used>
  door?: string
  /** Of the API that answers: `8.0`, `v4_1`. */
  version?: string
  /** The address with its variable parts as names, where the door knows better than the router. */
  route?: string
  /** The GraphQL operation by its kind and name, the legacy method, the operation of V8. */
  operation?: string
  userId?: string
  clientId?: string
  keyId?: string
  /** The code of the error that was answered. */
  code?: string
  /** Why, where the caller is not told: fixed words of the authorization server. */
  reason?: string
  /** What was used that clients should leave behind, where more than `uses` knows it. */
  deprecated?: string
  /** Points that it cost, the policy that refused it, and the points that are left. */
  cost?: number
  limitedBy?: string
  limitLeft?: number
  /** What was answered past Fastify. */
  status?: number
}

const notes = new WeakMap<FastifyRequest['raw'], Note>()

export function noteOf({ raw, method }: Pick<FastifyRequest, 'raw' | 'method'>): Note {
  let note = notes.get(raw)
  if (!note) {
    const trace = beginTrace(raw.headers['traceparent'], method)
    notes.set(
      raw,
      (note = {
        startedAt: performance.now(),
        trace,
        meter: createMeter(trace.span && traceStatements(trace.span)),
        uses: new Set(),
      }),
    )
  }
  return note
}

/** What a Context needs so that the work for a request is found in its log. */
export function observed(request: Pick<FastifyRequest, 'raw' | 'method'>) {
  const { meter, uses, trace } = noteOf(request)
  return { meter, uses, traceparent: traceparentOf(trace) }
}

/**
 * The process's log: JSON lines on standard output. They are written several at a time, 0.2 s after they were made at
 * the latest and before the process ends; a write for each would take a tenth of what a request takes.
 */
export const openLog = (level: string, destination: { write(line: string): void } = standardOutput()): Logger =>
  pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, messageKey: 'event' }, destination)

const standardOutput = () => pino.destination({ dest: 1, sync: false, minLength: 8_192, periodicFlush: 200 })

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
  if (!(error instanceof Error)) return { message: redactMessage(String(error), true) }
  const { name, message, stack, cause } = error
  const picked = Object.fromEntries(
    ['code', 'severity', 'table_name', 'column_name', 'constraint_name', 'query', 'path'].flatMap(key =>
      key in error ? [[key, (error as unknown as Record<string, unknown>)[key]]] : [],
    ),
  )
  const isAboutValue = error instanceof SyntaxError || /^22/.test(String('code' in error ? error.code : ''))
  const told = (text: string) => redactMessage(text, isAboutValue)
  return {
    name,
    message: told(message),
    stack: stack && told(stack),
    ...picked,
    ...(cause === undefined ? {} : { cause: loggable(cause) }),
  }
}
