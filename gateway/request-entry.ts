import type { FastifyReply, FastifyRequest } from 'fastify'
import type { LogRow } from '../drizzle/request-log.ts'
import { noteOf, type Note } from './log.ts'
import { codeOfStatus, outcomeOf, type Outcome } from './outcome.ts'
import { saneName } from '../schema/redact/names.ts'

/** What is kept of a request: its row in the database is this, and so is its log line. */
export type RequestEntry = LogRow & { readonly outcome: Outcome }

/** What stands for the status where the caller has gone before there was an answer; nginx's number for it. */
const statusOfGone = 499

/**
 * The entry of a request whose response has closed. Neither the query nor the path is in it, but its template: they may
 * hold a session, a token or somebody's name.
 */
export function requestEntry(request: FastifyRequest, reply: FastifyReply): RequestEntry {
  const { raw: response } = reply
  const note = noteOf(request)
  const { meter } = note
  const ms = performance.now() - note.startedAt
  const isGone = !response.writableFinished && note.status === undefined
  const status = isGone && !response.headersSent ? statusOfGone : (note.status ?? response.statusCode)
  const code = isGone ? note.code : (note.code ?? codeOfStatus(status))
  return {
    at: Date.now() - ms,
    request_id: request.id,
    trace_id: note.trace.traceId,
    door: note.door,
    version: note.version,
    method: request.method,
    route: note.route ?? (request.is404 ? undefined : request.routeOptions.url),
    operation: note.operation === undefined ? undefined : saneName(note.operation),
    status,
    code,
    outcome: isGone ? 'client_closed' : outcomeOf(code),
    reason: note.reason?.slice(0, 200),
    deprecated: deprecatedOf(note),
    user_id: note.userId,
    client_id: note.clientId,
    key_id: note.keyId,
    rows: meter.rows,
    cost: note.cost,
    limited_by: note.limitedBy,
    limit_left: note.limitLeft === undefined ? undefined : Math.floor(note.limitLeft),
    bytes_in: lengthOf(request.headers['content-length']),
    bytes_out: lengthOf(reply.getHeader('content-length') ?? response.getHeader('content-length')),
    address: request.ip,
    ms: hundredths(ms),
    database_ms: hundredths(meter.databaseMs),
  }
}

/** Something came that is no request that can be read: its entry says where from, and how it was refused. */
export const unreadableEntry = (requestId: string, address: string | undefined, status: number): RequestEntry => {
  const code = codeOfStatus(status)
  return { at: Date.now(), request_id: requestId, status, code, outcome: outcomeOf(code), address }
}

/** The line of the process's log; it has a time of its own. */
export const lineOf = ({ at: _, ...line }: RequestEntry) => line

/** By OpenTelemetry's names. @see https://opentelemetry.io/docs/specs/semconv/http/http-spans/ read 2026-11 */
export const spanAttributes = ({
  method,
  route,
  status,
  request_id,
  code,
  outcome,
  door,
  operation,
}: RequestEntry) => ({
  'http.request.method': method,
  'http.route': route,
  'http.response.status_code': status,
  'error.type': code,
  'switchyard.request_id': request_id,
  'switchyard.door': door,
  'switchyard.operation': operation,
  'switchyard.outcome': outcome,
})

const deprecatedOf = ({ uses, deprecated }: Note) =>
  deprecated ?? ([...uses].flatMap(used => used.deprecated.map(({ name }) => name)).join(' ') || undefined)

const hundredths = (ms: number) => Math.round(ms * 100) / 100

function lengthOf(header: number | string | string[] | undefined) {
  const length = Number(header)
  return header !== undefined && Number.isSafeInteger(length) && length >= 0 ? length : undefined
}
