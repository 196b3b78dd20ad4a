import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { accessFor } from '../../drizzle/access.ts'
import type { Repeatable } from '../../drizzle/once.ts'
import { corsHeaders } from '../../rest-compat/v8_1/cors.ts'
import type { Answer } from '../../rest-compat/v8/answer.ts'
import { pathMatcher } from '../../rest-compat/v8/routes.ts'
import { problem, Problem } from '../../rest-compat/v8_1/problem.ts'
import { answerRoute } from '../../rest-compat/webhooks/answer.ts'
import { webhooksOpenApi } from '../../rest-compat/webhooks/openapi.ts'
import { routes } from '../../rest-compat/webhooks/routes.ts'
import { HouseError } from '../../schema/errors.ts'
import { publicKeysOf } from '../../subgraphs/webhooks/public-keys.ts'
import { answerOnce, demandKey, demandsKey, keyOf } from '../answer-once.ts'
import { credentialOf } from '../api-keys.ts'
import { problemAnswer } from '../custom/problem.ts'
import type { DoorDeps } from '../doors.ts'
import { refusalOf } from '../http.ts'
import { problemOf as limitProblem } from '../limits/headers.ts'
import { visitOf } from '../limits/visit.ts'
import { noteOf, observed } from '../log.ts'
import { challengeFor } from '../oauth/challenge.ts'
import { requestSignal } from '../request-signal.ts'
import { acceptBytes, restContext, runMsMax } from '../rest-context.ts'

const match = pathMatcher(routes)

/** A Fastify plugin: webhooks by REST below `/webhooks`, their OpenAPI document and the public keys of endpoints for anybody. */
export const webhooksDoor = (deps: DoorDeps) => (scope: FastifyInstance) => {
  const { graphs, house, identity, idempotency, limits, log, report } = deps
  const documentOf = graphs.perGraph(graph => webhooksOpenApi(graph.api, identity.issuer))

  acceptBytes(scope)
  scope.setErrorHandler((error: FastifyError | Problem, request, reply) => {
    const { faults, headers } = error instanceof Problem ? error : refused(error, request)
    noteOf(request).code = faults[0].code
    return send(reply, problemAnswer(faults, headers, request))
  })

  function refused(error: FastifyError, request: FastifyRequest): Pick<Problem, 'faults' | 'headers'> {
    const { code, message } = refusalOf(error, request, report)
    const { refusal } = visitOf(request) ?? {}
    if (refusal) {
      const { type, ...meta } = limitProblem(refusal)
      return { faults: [{ code, detail: message, type, meta }], headers: {} }
    }
    return { faults: [{ code, detail: message, meta: error instanceof HouseError ? error.details : {} }], headers: {} }
  }

  scope.get('/webhooks/openapi.json', async (_request, reply) =>
    reply.headers(corsHeaders).send(await documentOf(graphs.current)),
  )
  scope.get('/webhooks/:id/jwks.json', async (request: FastifyRequest<{ Params: { id: string } }>, reply) => {
    const keys = await publicKeysOf(house.pool, request.params.id, house.now())
    return reply.headers({ ...corsHeaders, 'cache-control': 'public, max-age=300' }).send({ keys })
  })

  scope.all('/webhooks/*', async (request, reply) => {
    const { url, method, headers } = request
    const [path = '', rawQuery = ''] = url.slice('/webhooks'.length).split(/\?(.*)/s)
    const found = match(path)
    if (method === 'OPTIONS' && found)
      return reply
        .code(204)
        .headers({ ...corsHeaders, allow: found.allow })
        .send()
    const caller = await identity.authenticate(request)
    if (caller.kind !== 'ok') {
      const shown = { credential: credentialOf(headers), issuer: identity.issuer, resource: '/webhooks' }
      const detail = caller.kind === 'denied' ? caller.hint : 'The user of the token may no longer sign in'
      throw new Problem([{ code: 'UNAUTHENTICATED', detail }], { 'www-authenticate': challengeFor(caller, shown) })
    }
    const { principal } = caller
    const { userId, clientId, keyId } = principal
    Object.assign(noteOf(request), { userId, clientId, keyId })
    const visit = await limits.enter(principal, request, reply)
    if (!found)
      throw problem('NOT_FOUND', 'There is nothing at this address; /webhooks/openapi.json has those that there are')
    const route = found.byMethod.get(method)
    if (!route) {
      const detail = `This address knows ${found.allow}`
      throw new Problem([{ code: 'METHOD_NOT_ALLOWED', detail }], { allow: found.allow })
    }
    Object.assign(noteOf(request), { operation: route.operation.name, route: `/webhooks${route.path}` })
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
    const signal = requestSignal(reply.raw, Date.now() + runMsMax)
    const by = { principal, visit, requestId: request.id, door: 'webhooks', validation: 'strict', signal } as const

    const answer = async (repeatable?: Repeatable): Promise<Answer> => {
      const called = { ...by, ...observed(request), repeatable: repeatable && (() => repeatable) }
      const context = restContext(graphs.current, house, called, log)
      const value = await answerRoute({ route, values: found.values, rawQuery, body }, context)
      const type = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' }
      return { status: route.status, headers: type, body: JSON.stringify(value) }
    }
    if (await demandsKey(deps, clientId)) demandKey(request, reply)
    const keyed = keyOf(request, () => body)
    if (!keyed) return send(reply, await answer())
    const access = await accessFor(house.pool, principal)
    const done = await answerOnce(idempotency, { ...keyed, principal, access }, reply, async repeatable => {
      const { status, headers, body } = await answer(repeatable)
      return { status, headers, body: Buffer.from(String(body)) }
    })
    return reply
      .code(done.status)
      .headers({ ...corsHeaders, ...done.headers })
      .send(done.body)
  })
  return Promise.resolve()
}

const send = (reply: FastifyReply, { status, headers, body }: Answer) =>
  reply
    .code(status)
    .headers({ ...corsHeaders, ...headers })
    .send(Buffer.from(String(body)))
