import { Readable } from 'node:stream'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { HouseError } from '../schema/errors.ts'
import { exportFile, type ExportFile } from '../subgraphs/crm/jobs/download.ts'
import { contextFor } from './context.ts'
import type { DoorDeps } from './doors.ts'
import { refusalOf, retryHeaders } from './http.ts'
import { noteOf } from './log.ts'
import { challengeFor } from './oauth/challenge.ts'
import { credentialOf } from './api-keys.ts'

/** A Fastify plugin: the files of finished exports, at `/exports/{id}`, whole or in ranges. */
export const exportDoor =
  ({ identity, limits, house, graphs, report }: DoorDeps) =>
  async (scope: FastifyInstance) => {
    scope.setErrorHandler((error: FastifyError, request, reply) => {
      const { status, code, message } = refusalOf(error, request, report)
      noteOf(request).code = code
      const seconds = error instanceof HouseError ? error.details['retryAfterSeconds'] : undefined
      const retry = typeof seconds === 'number' ? { 'retry-after': String(seconds) } : retryHeaders(status)
      return reply.code(status).headers(retry).send({ error: code, message })
    })

    scope.get('/exports/:id', async (request: FastifyRequest<{ Params: { id: string } }>, reply) => {
      const caller = await identity.authenticate(request)
      if (caller.kind !== 'ok') {
        const shown = { credential: credentialOf(request.headers), issuer: identity.issuer, resource: '/exports' }
        const message = 'Send an access token: Authorization: Bearer ...'
        return reply
          .code(401)
          .header('www-authenticate', challengeFor(caller, shown))
          .send({ error: 'UNAUTHENTICATED', message })
      }
      const { principal } = caller
      const { userId, clientId, keyId } = principal
      Object.assign(noteOf(request), { userId, clientId, keyId, operation: 'export' })
      await limits.enter(principal, request, reply)
      const { catalog } = graphs.current
      const by = { principal, requestId: request.id, door: 'export', validation: 'strict' as const }
      const ctx = await contextFor({ ...house, catalog }, by)
      return send(request, reply, request.params.id, await exportFile(ctx, request.params.id))
    })
    return Promise.resolve()
  }

function send({ headers, method }: FastifyRequest, reply: FastifyReply, id: string, file: ExportFile) {
  const etag = `"${id}"`
  void reply.headers({
    etag,
    'accept-ranges': 'bytes',
    'cache-control': 'private, no-transform',
    'content-type': file.mediaType,
    'content-disposition': `attachment; filename="${file.filename}"`,
  })
  if (headers['if-none-match']?.split(',').some(tag => tag.trim() === etag)) return reply.code(304).send()
  const isSame = headers['if-range'] === undefined || headers['if-range'] === etag
  const range = isSame ? rangeOf(headers.range, file.bytes) : undefined
  if (range === 'unsatisfiable') return reply.code(416).header('content-range', `bytes */${file.bytes}`).send()
  const { start, end } = range ?? { start: 0, end: file.bytes - 1 }
  if (range) void reply.code(206).header('content-range', `bytes ${start}-${end}/${file.bytes}`)
  void reply.header('content-length', end - start + 1)
  return reply.send(Readable.from(method === 'HEAD' ? [] : file.read(start, end), { objectMode: false }))
}

/**
 * The one range that is asked for; of several, and of what cannot be read, the whole is answered.
 *
 * @see RFC 9110, 14.2
 */
export function rangeOf(header: string | undefined, bytes: number) {
  const [, from = '', to = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? []
  if (from === '' && to === '') return undefined
  const start = from === '' ? Math.max(0, bytes - Number(to)) : Number(from)
  const end = from === '' || to === '' ? bytes - 1 : Math.min(Number(to), bytes - 1)
  if (from !== '' && to !== '' && Number(to) < Number(from)) return undefined
  return start >= bytes || start > end ? ('unsatisfiable' as const) : { start, end }
}
