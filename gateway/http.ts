import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { randomUUID } from 'node:crypto'
import { Socket } from 'node:net'
import type { Logger } from 'pino'
import { httpStatusOf, type ErrorCode } from '../schema/errors.ts'
import type { Used } from '../schema/usage.ts'
import { maskThrown, type Report } from './error-mask.ts'
import { noteOf, type Note } from './log.ts'
import { codeOfStatus } from './outcome.ts'
import { lineOf, requestEntry, spanAttributes, unreadableEntry, type RequestEntry } from './request-entry.ts'
import { isForWebSockets } from './events/websocket.ts'
import { endTrace } from './trace.ts'

export type HttpOptions = {
  readonly log: Logger
  readonly report: Report
  readonly trustProxy: boolean | number | string[]
  /** Is given the entry of every request once it is over, and what its operations used. */
  readonly onEntry?: (entry: RequestEntry, uses: ReadonlySet<Used>) => void
  /** What of an entry may be kept, also in the log of the process. */
  readonly shown?: (entry: RequestEntry) => RequestEntry
  /** Milliseconds in which a whole request must have arrived. */
  readonly arrivalMsMax?: number
}

const nothing: ReadonlySet<Used> = new Set()

const defaultBodyBytesMax = 1024 * 1024

/**
 * The HTTP server without its doors: ids, one entry in the log a request, refusal of what is no honest HTTP, and the answer for
 * whatever no door has answered.
 */
export function openHttp({
  log,
  report,
  trustProxy,
  onEntry,
  shown = each => each,
  arrivalMsMax = 60_000,
}: HttpOptions): FastifyInstance {
  /** What is under way on a connection. */
  const current = new WeakMap<Socket, Note>()

  function keep(whole: RequestEntry, uses: ReadonlySet<Used> = nothing) {
    const entry = shown(whole)
    log.info(lineOf(entry), 'request')
    onEntry?.(entry, uses)
  }

  /** Keeps the entry of a request when it is over, however that comes. */
  function follow(request: FastifyRequest, reply: FastifyReply) {
    const { socket } = request.raw
    current.set(socket, noteOf(request))
    reply.raw.once('close', () => {
      current.delete(socket)
      const entry = requestEntry(request, reply)
      const { trace, uses } = noteOf(request)
      if (trace.span) endTrace(trace, entry.outcome === 'failed', spanAttributes(entry))
      keep(entry, uses)
    })
  }

  const app = Fastify({
    trustProxy: typeof trustProxy === 'number' ? (_address, hop) => hop < trustProxy : trustProxy,
    genReqId: request => saneId(request.headers['x-request-id']) ?? randomUUID(),
    logger: false,
    http: { shouldUpgradeCallback: isForWebSockets },
    bodyLimit: defaultBodyBytesMax,
    requestTimeout: arrivalMsMax,
    keepAliveTimeout: 65_000,
    forceCloseConnections: 'idle',
    // What still comes in while the house closes is answered too; Fastify's own 503 would leave no entry.
    return503OnClosing: false,
    routerOptions: { maxParamLength: 1_000 },
    frameworkErrors: (error, request, reply) => {
      follow(request, reply)
      void reply.header('x-request-id', request.id)
      void refuse(error, request, reply, report)
    },
    clientErrorHandler(error, socket) {
      if (error.code === 'ECONNRESET' || socket.destroyed) return
      const { status, words } = refusalOfUnreadable(error.code)
      const note = socket instanceof Socket ? current.get(socket) : undefined
      if (note) note.status = status
      else keep(unreadableEntry(randomUUID(), socket instanceof Socket ? socket.remoteAddress : undefined, status))
      if (socket.writable && !note) socket.write(unreadableAnswer(status, words))
      socket.destroy(error)
    },
  })

  app.addHook('onRequest', async (request, reply) => {
    follow(request, reply)
    void reply.header('x-request-id', request.id).header('x-content-type-options', 'nosniff')
    const dishonest = dishonesty(request)
    if (dishonest) return reply.code(400).send({ error: 'BAD_REQUEST', message: dishonest })
  })
  app.setErrorHandler((error: FastifyError, request, reply) => refuse(error, request, reply, report))
  app.setNotFoundHandler((_request, reply) =>
    reply.code(404).send({ error: 'NOT_FOUND', message: 'There is nothing at this address' }),
  )
  return app
}

/** Node's parser has given up on what came. */
function refusalOfUnreadable(code: string) {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return { status: 408, words: 'Request Timeout' }
  if (code === 'HPE_HEADER_OVERFLOW') return { status: 431, words: 'Request Header Fields Too Large' }
  return { status: 400, words: 'Bad Request' }
}

function unreadableAnswer(status: number, words: string) {
  const body = JSON.stringify({ error: codeOfStatus(status), message: words })
  return `HTTP/1.1 ${status} ${words}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`
}

/** Answers for a door that has no form of its own for errors. */
function refuse(error: FastifyError, request: FastifyRequest, reply: FastifyReply, report: Report) {
  const { status, code, message } = refusalOf(error, request, report)
  noteOf(request).code = code
  return reply.code(status).headers(retryHeaders(status)).send({ error: code, message })
}

export type Refusal = { readonly status: number; readonly code: ErrorCode; readonly message: string }

/**
 * What an error that stopped a request means to the caller: Fastify's own errors are about what was sent; all others
 * are masked.
 */
export function refusalOf(error: FastifyError, request: FastifyRequest, report: Report): Refusal {
  const { statusCode: status = 500 } = error
  if (error.code?.startsWith('FST_ERR_') && status < 500) {
    return { status, code: status === 413 ? 'TOO_LARGE' : 'BAD_REQUEST', message: error.message }
  }
  const { code, message } = maskThrown(error, { requestId: request.id }, report)
  return { status: httpStatusOf(code), code, message }
}

/** RFC 9110: when to come back. */
export const retryHeaders = (status: number): Record<string, string> => (status === 503 ? { 'retry-after': '2' } : {})

/** A client may name its request, as long as it stays a name: it is logged and sent on. */
const saneId = (id: unknown) => (typeof id === 'string' && /^[\w.:-]{8,128}$/.test(id) ? id : undefined)

/** Requests that another server on the way might read differently than we do. */
function dishonesty({ raw }: FastifyRequest): string | undefined {
  if (!raw.url?.startsWith('/') && raw.url !== '*') return 'The request line must name a path'
  let hosts = 0
  for (let i = 0; i < raw.rawHeaders.length; i += 2) if (/^host$/i.test(raw.rawHeaders[i] ?? '')) hosts += 1
  return hosts > 1 ? 'There must be one Host header' : undefined
}
