import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { corsHeaders, type Answer } from '../rest-compat/v8/answer.ts'
import { createV8Door, inactiveUserAnswer, v8ErrorAnswer, v8LimitAnswer } from '../rest-compat/v8/door.ts'
import { accessFor } from '../drizzle/access.ts'
import type { Repeatable } from '../drizzle/once.ts'
import { answerOnce, keyOf } from './answer-once.ts'
import { credentialOf } from './api-keys.ts'
import type { Authentication } from './authenticate.ts'
import type { DoorDeps } from './doors.ts'
import { perGraph } from './graphs.ts'
import { refusalOf, retryHeaders } from './http.ts'
import { problemOf } from './limits/headers.ts'
import { visitOf } from './limits/visit.ts'
import { noteOf, observed } from './log.ts'
import { challengeFor } from './oauth/challenge.ts'
import { accessDenied, bodyOf } from './oauth/league-errors.ts'
import { requestSignal } from './request-signal.ts'
import { acceptBytes, restContext, runMsMax } from './rest-context.ts'
import { utf8Of } from './utf8.ts'

/** Every address under which SuiteCRM 7 and 8 serve the API. */
const bases = ['/Api', '/Api/index.php', '/legacy/Api', '/legacy/Api/index.php'] as const

/** A Fastify plugin: REST V8 at all its addresses, and its OpenAPI document for anybody. */
export const v8Door =
  ({ graphs, house, identity, idempotency, limits, report, log }: DoorDeps) =>
  async (scope: FastifyInstance) => {
    const doorOf = perGraph(graph => createV8Door(graph.catalog))
    await doorOf(graphs.current)

    acceptBytes(scope)
    scope.setErrorHandler((error: FastifyError, request, reply) => {
      const { status, code, message } = refusalOf(error, request, report)
      noteOf(request).code = code
      const { refusal } = visitOf(request) ?? {}
      return send(
        reply,
        refusal ? v8LimitAnswer(message, problemOf(refusal)) : v8ErrorAnswer(status, message, retryHeaders(status)),
      )
    })

    const { issuer } = identity
    const challengeOf = (caller: Authentication, credential: string | undefined): Record<string, string> =>
      caller.kind === 'ok'
        ? {}
        : { 'www-authenticate': challengeFor(caller, { credential, issuer, resource: '/Api/V8' }) }
    const handler = (base: string) => async (request: FastifyRequest, reply: FastifyReply) => {
      const graph = graphs.current
      const door = await doorOf(graph)
      const { method, headers, url } = request
      const [whole = '', rawQuery = ''] = split(url)
      const path = whole.slice(base.length)
      const caller = await identity.authenticate(request)
      const principal = caller.kind === 'ok' ? caller.principal : undefined
      const { userId, clientId, keyId } = principal ?? {}
      Object.assign(noteOf(request), { userId, clientId, keyId })
      const visit = principal && (await limits.enter(principal, request, reply))
      const signal = requestSignal(reply.raw, Date.now() + runMsMax)
      const called = principal &&
        visit && { principal, visit, requestId: request.id, door: 'v8', signal, ...observed(request) }
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
      const answer = (repeatable?: Repeatable) =>
        door.handle({
          ...{ method, rawQuery, headers, body },
          onRoute: ({ field, path: below }) => {
            const operation = field.slice(field.indexOf('.') + 1)
            Object.assign(noteOf(request), { operation, route: `/Api/V8${below}` })
          },
          path: path.startsWith('/V8/') ? path.slice('/V8'.length) : '',
          context:
            called && restContext(graph, house, { ...called, repeatable: repeatable && (() => repeatable) }, log),
          refuse: () => refusal(caller, challengeOf(caller, credentialOf(headers))),
          logout: () => identity.revokeAccessToken(headers.authorization),
        })
      const keyed = principal && keyOf(request, body)
      if (!keyed) return send(reply, await answer())
      const access = await accessFor(house.pool, principal)
      const kept = await answerOnce(idempotency, { ...keyed, principal, access }, reply, async repeatable => {
        const { status, headers, body } = await answer(repeatable)
        return { status, headers, body: utf8Of(body) }
      })
      return reply
        .code(kept.status)
        .headers({ ...corsHeaders, ...kept.headers })
        .send(kept.body)
    }

    for (const base of bases) {
      scope.get(`${base}/V8/openapi.json`, async (_request, reply) =>
        reply.headers(corsHeaders).send((await doorOf(graphs.current)).openApi),
      )
      scope.all(`${base}/*`, handler(base))
    }
  }

/** SuiteCRM names no challenge, and its clients look at the body; others need to know where to get a token. */
function refusal(caller: Authentication, challenge: Record<string, string>): Answer {
  if (caller.kind === 'inactive') return inactiveUserAnswer()
  const denied = accessDenied(caller.kind === 'denied' ? caller.hint : '')
  const headers = { ...corsHeaders, ...challenge, 'content-type': 'application/json' }
  return { status: 401, headers, body: bodyOf(denied) }
}

/** As bytes: Fastify would add a character set to the media types of texts. */
const send = (reply: FastifyReply, { status, headers, body }: Answer) =>
  reply.code(status).headers(headers).send(utf8Of(body))

/** Path and query; the query may hold further question marks. */
function split(url: string): [path: string, query: string] {
  const at = url.indexOf('?')
  return at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)]
}
