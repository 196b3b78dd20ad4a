import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { versions, type LegacyVersion } from '../rest-compat/v4_1/call.ts'
import { answerLegacy } from '../rest-compat/v4_1/door.ts'
import type { Sessions } from '../rest-compat/v4_1/session.ts'
import { errors } from '../schema/errors.ts'
import type { DoorDeps } from './doors.ts'
import { maskThrown, type Report } from './error-mask.ts'
import { readForm, readQuery } from './form.ts'
import { refusalOf, retryHeaders } from './http.ts'
import { noteOf } from './log.ts'
import { requestSignal } from './request-signal.ts'
import { acceptBytes, restContext, runMsMax } from './rest-context.ts'

/** Addresses of SuiteCRM 7 and 8, with and without the file's name. */
const pathsOf = (version: LegacyVersion) =>
  ['/service', '/legacy/service'].flatMap(base => [`${base}/${version}/rest.php`, `${base}/${version}`])

/** A Fastify plugin: the legacy REST API, v2 to v4.1. */
export const legacyDoor = (deps: DoorDeps) => async (scope: FastifyInstance) => {
  acceptBytes(scope)
  scope.setErrorHandler((error: FastifyError, request, reply) => {
    const { status, code, message } = refusalOf(error, request, deps.report)
    noteOf(request).code = code
    const body = JSON.stringify({ name: errors[code][3], number: errors[code][1], description: message })
    return reply
      .code(status)
      .headers({ ...retryHeaders(status), 'content-type': 'application/json; charset=UTF-8' })
      .send(body)
  })
  for (const version of versions) {
    for (const url of pathsOf(version)) {
      scope.route({ method: ['GET', 'POST'], url, handler: (request, reply) => answer(deps, version, request, reply) })
    }
  }
  return Promise.resolve()
}

async function answer(deps: DoorDeps, version: LegacyVersion, request: FastifyRequest, reply: FastifyReply) {
  const { graphs, house, identity, log } = deps
  const { id: requestId, ip } = request
  const graph = graphs.current
  const signal = requestSignal(reply.raw, Date.now() + runMsMax)
  const report = (error: unknown) => deps.report(error, requestId)
  const query = readQuery(request.url)
  const form = await readForm(request.body, request.headers['content-type'] ?? '')
  noteOf(request).operation = form.get('method') ?? query.get('method') ?? ''
  const door = {
    sessions: masked(identity.sessions, requestId, deps.report),
    now: house.now,
    report,
    context: (principal: Parameters<typeof restContext>[2]['principal']) => {
      noteOf(request).userId = principal.userId
      return restContext(graph, house, { principal, requestId, signal }, log)
    },
  }
  const method = request.method === 'POST' ? 'POST' : 'GET'
  const { status, headers, body } = await answerLegacy(door, { version, method, query, form, ip })
  return reply.code(status).headers(headers).send(Buffer.from(body))
}

/** Sessions whose failures are safe to show: a database that is away is UNAVAILABLE, not unexpected. */
function masked(sessions: Sessions, requestId: string, report: Report): Sessions {
  const mask =
    <Given extends unknown[], Result>(run: (...given: Given) => Promise<Result>) =>
    (...given: Given) =>
      run(...given).catch((error: unknown): never => {
        throw maskThrown(error, { requestId }, report)
      })
  return { open: mask(sessions.open), find: mask(sessions.find), close: mask(sessions.close) }
}
