import { isUtf8 } from 'node:buffer'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { versions, type LegacyDoor, type LegacyVersion } from '../rest-compat/v4_1/call.ts'
import { answerLegacy, type LegacyAnswer } from '../rest-compat/v4_1/door.ts'
import { createMethodRoutes } from '../rest-compat/v4_1/method-routes.ts'
import { parametersOf } from '../rest-compat/v4_1/view.ts'
import type { Sessions } from '../rest-compat/v4_1/session.ts'
import type { Repeatable } from '../drizzle/once.ts'
import { errors } from '../schema/errors.ts'
import { markRepeat } from './answer-once.ts'
import type { Principal } from '../schema/principal.ts'
import { tellDeprecations } from './deprecations.ts'
import type { DoorDeps } from './doors.ts'
import { maskThrown, type Report } from './error-mask.ts'
import { readForm, readQuery } from './form.ts'
import { refusalOf, retryHeaders } from './http.ts'
import { callerOf, fingerprintOf, idempotencyKeyOf } from './idempotency.ts'
import { problemOf, type Refusal } from './limits/headers.ts'
import { standing } from './limits/attempt-door.ts'
import { limited, visitOf } from './limits/visit.ts'
import { noteOf, observed } from './log.ts'
import { requestSignal } from './request-signal.ts'
import { acceptBytes, restContext, runMsMax } from './rest-context.ts'

/** Addresses of SuiteCRM 7 and 8, with and without the file's name. */
const pathsOf = (version: LegacyVersion) =>
  ['/service', '/legacy/service'].flatMap(base => [`${base}/${version}/rest.php`, `${base}/${version}`])

/** A Fastify plugin: the legacy REST API, v2 to v4.1. */
export const legacyDoor = (deps: DoorDeps) => async (scope: FastifyInstance) => {
  acceptBytes(scope)
  tellDeprecations(scope, deps.announced)
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
      scope.route({
        method: ['GET', 'POST'],
        url,
        handler: (request, reply) => callEnvelope(deps, version, request, reply),
      })
    }
  }
  await methodDoors(deps, scope)
}

/** The methods of v4.1 at addresses of their own, and the document that describes them. */
async function methodDoors(deps: DoorDeps, scope: FastifyInstance) {
  const routesOf = deps.graphs.perGraph(graph => createMethodRoutes(graph.catalog))
  const { methods } = await routesOf(deps.graphs.current)
  for (const base of ['/service/v4_1', '/legacy/service/v4_1']) {
    scope.get(`${base}/openapi.json`, async (_request, reply) => {
      const { openApi } = await routesOf(deps.graphs.current)
      return reply.header('content-type', 'application/json; charset=UTF-8').send(openApi)
    })
    for (const method of methods) {
      scope.post(`${base}/${method}`, async (request, reply) => {
        Object.assign(noteOf(request), { operation: method, version: 'v4_1' })
        const door = legacyDoorFor(deps, request, reply)
        const body = Buffer.isBuffer(request.body) && isUtf8(request.body) ? request.body : Buffer.alloc(0)
        const { answer } = await routesOf(deps.graphs.current)
        return send(reply, await answer(method, body, { door, visitor: { version: 'v4_1', ip: request.ip } }), request)
      })
    }
  }
}

async function callEnvelope(deps: DoorDeps, version: LegacyVersion, request: FastifyRequest, reply: FastifyReply) {
  const query = readQuery(request.url)
  const form = await readForm(request.body, request.headers['content-type'] ?? '')
  Object.assign(noteOf(request), { operation: methodNamed(form.get('method') ?? query.get('method')), version })
  const method = request.method === 'POST' ? 'POST' : 'GET'
  const door = legacyDoorFor(deps, request, reply)
  return send(reply, await answerLegacy(door, { version, method, query, form, ip: request.ip }), request)
}

/** Callers can write anything there; only what exists is told. */
const methodNamed = (name: string | undefined) => (name !== undefined && parametersOf.has(name) ? name : undefined)

/** What the views are given for one request. */
function legacyDoorFor(deps: DoorDeps, request: FastifyRequest, reply: FastifyReply): LegacyDoor {
  const { graphs, house, identity, limits, log } = deps
  const { id: requestId } = request
  const graph = graphs.current
  const signal = requestSignal(reply.raw, Date.now() + runMsMax)
  const repeatable = repeatableFor(request, reply)
  return {
    sessions: masked(guarded(identity.sessions, deps, request, reply), requestId, deps.report),
    now: house.now,
    report: error => deps.report(error, requestId),
    refused: code => void (noteOf(request).code ??= code),
    context: principal => {
      noteOf(request).userId = principal.userId
      const visit = visitOf(request) ?? limits.enterSession(principal, request, reply)
      const caller = { principal, requestId, door: 'v4_1', signal, visit, repeatable, ...observed(request) }
      return restContext(graph, house, caller, log)
    },
  }
}

/**
 * What a call with an `Idempotency-Key` writes is remembered for its user. Who calls is known only in the middle of a
 * call, so its answer is not kept but made again, from what was written the first time. All methods may write.
 *
 * @throws BAD_REQUEST  the key is none
 */
function repeatableFor(request: FastifyRequest, reply: FastifyReply) {
  const key = idempotencyKeyOf(request.headers['idempotency-key'])
  if (key === undefined) return undefined
  const body = Buffer.isBuffer(request.body) ? request.body : ''
  const fingerprint = fingerprintOf(request.method, request.url, undefined, body)
  let step = 0
  return (principal: Principal): Repeatable => ({
    ...{ caller: callerOf(principal), key, fingerprint },
    nextStep: () => step++,
    onRepeat: () => markRepeat(reply),
  })
}

/** As bytes: Fastify would add a character set to the media types of texts. */
function send(reply: FastifyReply, { status, headers, body }: LegacyAnswer, request: FastifyRequest) {
  const refusal = refusedLogins.get(request) ?? visitOf(request)?.refusal
  if (refusal) return sendLimited(reply, refusal)
  return reply.code(status).headers(headers).send(Buffer.from(body))
}

/** SuiteCRM's number for what is too much, with a status that clients and proxies understand. */
function sendLimited(reply: FastifyReply, refusal: Refusal) {
  const [status, number, name] = [errors.RATE_LIMITED[0], errors.RATE_LIMITED[1], errors.RATE_LIMITED[3]]
  const body = { name, number, description: refusal.message, ...problemOf(refusal) }
  return reply
    .code(status)
    .header('content-type', 'application/json; charset=UTF-8')
    .send(Buffer.from(JSON.stringify(body)))
}

/** Sessions that can be opened only so often. What a refusal sounds like, `send` knows. */
function guarded(sessions: Sessions, { limits }: DoorDeps, request: FastifyRequest, reply: FastifyReply): Sessions {
  return {
    ...sessions,
    async open(userName, credential, address) {
      const attempt = await limits.attempts({ account: `user ${userName}`, address })
      void reply.headers(standing(attempt))
      if (attempt.refusal) {
        Object.assign(noteOf(request), { code: 'RATE_LIMITED', limitedBy: attempt.refusal.policy })
        refusedLogins.set(request, attempt.refusal)
        throw limited(attempt.refusal)
      }
      const session = await sessions.open(userName, credential, address)
      if (session) attempt.succeeded()
      return session
    },
  }
}

const refusedLogins = new WeakMap<FastifyRequest, Refusal>()

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
