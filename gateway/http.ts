import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import { httpStatusOf, type ErrorCode } from '../schema/errors.ts'
import { maskThrown, type Report } from './error-mask.ts'
import { noteOf, requestLine } from './log.ts'

export type HttpOptions = {
  readonly log: Logger
  readonly report: Report
  readonly trustProxy: boolean | number | string[]
  /** Milliseconds in which a whole request must have arrived. */
  readonly arrivalMsMax?: number
}

const defaultBodyBytesMax = 1024 * 1024

/**
 * The HTTP server without its doors: ids, one log line a request, refusal of what is no honest HTTP, and the answer for
 * whatever no door has answered.
 */
export function openHttp({ log, report, trustProxy, arrivalMsMax = 60_000 }: HttpOptions): FastifyInstance {
  const app = Fastify({
    trustProxy: typeof trustProxy === 'number' ? (_address, hop) => hop < trustProxy : trustProxy,
    genReqId: request => saneId(request.headers['x-request-id']) ?? randomUUID(),
    logger: false,
    bodyLimit: defaultBodyBytesMax,
    requestTimeout: arrivalMsMax,
    keepAliveTimeout: 65_000,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 1_000 },
    frameworkErrors: (error, request, reply) => void refuse(error, request, reply, report),
  })

  app.addHook('onRequest', async (request, reply) => {
    noteOf(request).startedAt = performance.now()
    void reply.header('x-request-id', request.id).header('x-content-type-options', 'nosniff')
    const dishonest = dishonesty(request)
    if (dishonest) return reply.code(400).send({ error: 'BAD_REQUEST', message: dishonest })
  })
  app.addHook('onResponse', async (request, reply) => log.info(requestLine(request, reply), 'request'))
  app.setErrorHandler((error: FastifyError, request, reply) => refuse(error, request, reply, report))
  app.setNotFoundHandler((_request, reply) =>
    reply.code(404).send({ error: 'NOT_FOUND', message: 'There is nothing at this address' }),
  )
  return app
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
