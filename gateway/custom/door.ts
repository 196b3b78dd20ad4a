import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { accessFor } from '../../drizzle/access.ts'
import type { Repeatable } from '../../drizzle/once.ts'
import { corsHeaders } from '../../rest-compat/v8_1/cors.ts'
import type { Answer } from '../../rest-compat/v8/answer.ts'
import { Problem, type Fault } from '../../rest-compat/v8_1/problem.ts'
import { HouseError } from '../../schema/errors.ts'
import type { Principal } from '../../schema/principal.ts'
import { isSafe } from '../../subgraphs/ops/endpoints/declaration.ts'
import { answerOnce, demandKey, demandsKey, keyOf } from '../answer-once.ts'
import { credentialOf } from '../api-keys.ts'
import { contextWith } from '../context.ts'
import { tellDeprecations } from '../deprecations.ts'
import type { DoorDeps } from '../doors.ts'
import { refusalOf } from '../http.ts'
import { problemOf as limitProblem } from '../limits/headers.ts'
import { visitOf } from '../limits/visit.ts'
import { noteOf, observed } from '../log.ts'
import { challengeFor } from '../oauth/challenge.ts'
import { refusedBy } from '../policy/denied.ts'
import { requestSignal } from '../request-signal.ts'
import { runMsMax } from '../rest-context.ts'
import { answerOf, callEndpoint, demandScopes, unlessKnown } from './call.ts'
import { readGiven, type Sent } from './given.ts'
import { keepAnswers } from './kept-answers.ts'
import { customOpenApi } from './openapi.ts'
import { problemAnswer } from './problem.ts'
import { pathValues, type Found, type Stored } from './routes.ts'

/** Beside our own address, those under which SuiteCRM serves custom routes of its REST V8. */
const bases = ['', '/Api/V8', '/Api/index.php/V8', '/legacy/Api/V8', '/legacy/Api/index.php/V8'] as const

const bodyBytesMax = 1024 * 1024

const versionHeader = 'endpoint-version'

/** A Fastify plugin: the endpoints that administrators have declared, and their OpenAPI document for anybody. */
export const customDoor = (deps: DoorDeps) => async (scope: FastifyInstance) => {
  const { endpoints, graphs, house, identity, idempotency, limits, announced, report } = deps
  const kept = keepAnswers()

  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: bodyBytesMax }, (_request, body, done) =>
    done(null, body),
  )
  tellDeprecations(scope, announced)
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
    const { header, ...details } = error instanceof HouseError ? error.details : {}
    const source = typeof header === 'string' ? { source: { header } } : {}
    return { faults: [{ code, detail: message, ...source, meta: details }], headers: {} }
  }

  async function principalOf(request: FastifyRequest): Promise<Principal> {
    const caller = await identity.authenticate(request)
    if (caller.kind === 'ok') return caller.principal
    const detail = caller.kind === 'denied' ? caller.hint : 'The user of the token may no longer sign in'
    const shown = { credential: credentialOf(request.headers), issuer: identity.issuer, resource: '/Api/V8' }
    throw new Problem([{ code: 'UNAUTHENTICATED', detail }], { 'www-authenticate': challengeFor(caller, shown) })
  }

  /** @throws Problem  the version that is asked for was never saved */
  async function versionFor(stored: Stored, { headers }: FastifyRequest): Promise<Stored> {
    const asked = headers[versionHeader]
    if (asked === undefined) return stored
    const text = String(asked).slice(0, 100)
    const found = /^[1-9]\d{0,8}$/.test(text) ? await endpoints.versionOf(stored.id, Number(text)) : undefined
    if (found) return found
    const detail = `There is no version ${JSON.stringify(text)} of this endpoint; the newest is ${stored.version}`
    throw new Problem([{ code: 'BAD_REQUEST', detail, source: { header: 'Endpoint-Version' } }])
  }

  const handler = (base: string) => async (request: FastifyRequest, reply: FastifyReply) => {
    const { url, headers } = request
    const [whole = '', rawQuery = ''] = url.split(/\?(.*)/s)
    const found = endpoints.find(whole.slice(`${base}/custom`.length))
    if (request.method === 'OPTIONS' && found) return reply.code(204).headers(allowing(found)).send()
    const principal = await principalOf(request)
    const { userId, clientId, keyId } = principal
    Object.assign(noteOf(request), { userId, clientId, keyId })
    const visit = await limits.enter(principal, request, reply)
    const stored = await versionFor(chosen(found, request), request)
    const { declaration, version } = stored
    Object.assign(noteOf(request), { route: declaration.path, version: String(version) })
    void reply.header(versionHeader, String(version))

    demandScopesOf(stored, principal, request)
    const graph = graphs.current
    const compilation = endpoints.compiled(graph, stored)
    if (compilation.kind === 'broken') throw broken(stored, request)
    const { compiled } = compilation
    noteOf(request).operation = compiled.operation.name
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
    const sent: Sent = {
      path: pathValues(declaration, found?.values ?? []),
      rawQuery,
      contentType: headers['content-type'],
      body,
    }
    const given = readGiven(declaration, sent, principal)
    const access = await accessFor(house.pool, principal)
    const signal = requestSignal(reply.raw, Date.now() + runMsMax)
    const caller = { principal, requestId: request.id, door: 'custom', validation: 'strict', signal } as const

    const answer = async (repeatable?: Repeatable): Promise<Answer> => {
      const ctx = contextWith(
        { ...house, catalog: graph.catalog },
        { ...caller, repeatable, ...observed(request) },
        access,
      )
      return answerOf(declaration, await callEndpoint(graph, visit, ctx, { declaration, compiled, given }))
    }
    if (isSafe(declaration)) {
      const call = { graph, stored, given, principal, access }
      const known = declaration.cacheSeconds > 0 ? kept.get(call) : undefined
      const fresh = known ?? (await answer())
      if (!known && declaration.cacheSeconds > 0) kept.set(call, fresh)
      return send(reply, unlessKnown(fresh, headers['if-none-match']))
    }
    if (await demandsKey(deps, clientId)) demandKey(request, reply)
    const keyed = keyOf(request, () => body)
    if (!keyed) return send(reply, await answer())
    const done = await answerOnce(idempotency, { ...keyed, principal, access }, reply, async repeatable => {
      const { status, headers, body } = await answerOrProblem(() => answer(repeatable), request)
      return { status, headers, body: Buffer.from(String(body)) }
    })
    return reply
      .code(done.status)
      .headers({ ...corsOf, ...done.headers })
      .send(done.body)
  }

  function demandScopesOf({ declaration }: Stored, principal: Principal, { id }: FastifyRequest) {
    try {
      demandScopes(declaration, principal)
    } catch (error) {
      const denied = error instanceof HouseError ? [refusedBy(error)] : []
      graphs.current.denials?.note({ requestId: id, principal, now: house.now, door: 'custom' }, denied)
      throw error
    }
  }

  for (const base of bases) {
    scope.get(`${base}/custom/openapi.json`, (_request, reply) =>
      reply.headers(corsOf).send(customOpenApi(endpoints.all, identity.issuer)),
    )
    scope.all(`${base}/custom/*`, handler(base))
  }
}

/** @throws Problem  nothing is there, or not for this method */
function chosen(found: Found | undefined, { method }: FastifyRequest): Stored {
  if (!found) throw new Problem([{ code: 'NOT_FOUND', detail: 'There is no endpoint at this address' }])
  const stored = found.byMethod.get(method === 'HEAD' ? 'GET' : method)
  if (stored) return stored
  const { allow } = allowing(found)
  throw new Problem([{ code: 'METHOD_NOT_ALLOWED', detail: `This address knows ${allow}` }], { allow })
}

/** A field or module that the operation needs has changed since it was saved. The caller can do nothing about it. */
function broken({ declaration: { method, path } }: Stored, request: FastifyRequest): Problem {
  noteOf(request).reason = 'custom endpoint is broken'
  const detail = `${method} ${path} cannot be called: what it asks for has changed. Whoever runs this installation is told why by "switchyard endpoint list"`
  return new Problem([{ code: 'UNAVAILABLE', detail }])
}

/** A refusal is remembered with its key like an answer, where something was written. */
async function answerOrProblem(answer: () => Promise<Answer>, request: FastifyRequest): Promise<Answer> {
  try {
    return await answer()
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    const [first]: readonly [Fault, ...Fault[]] = error.faults
    noteOf(request).code = first.code
    return problemAnswer(error.faults, error.headers, request)
  }
}

const corsOf: Readonly<Record<string, string>> = {
  ...corsHeaders,
  'access-control-allow-headers': `${corsHeaders['access-control-allow-headers'] ?? ''}, Idempotency-Key, If-None-Match, Endpoint-Version, X-Api-Key`,
  'access-control-expose-headers': `${corsHeaders['access-control-expose-headers'] ?? ''}, Endpoint-Version, Idempotent-Replayed`,
}

const allowing = ({ byMethod }: Found) => {
  const methods = [...byMethod.keys()].flatMap(method => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
  const allow = [...methods, 'OPTIONS'].join(', ')
  return { ...corsOf, allow, 'access-control-allow-methods': allow }
}

/** As bytes: Fastify would add a character set to the media types of texts. */
const send = (reply: FastifyReply, { status, headers, body }: Answer) =>
  reply
    .code(status)
    .headers({ ...corsOf, ...headers })
    .send(Buffer.from(String(body)))
