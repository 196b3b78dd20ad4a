import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { corsHeaders, type Answer } from '../rest-compat/v8/answer.ts'
import type { Asking } from '../rest-compat/v8_1/problem.ts'
import { accessFor } from '../drizzle/access.ts'
import type { Repeatable } from '../drizzle/once.ts'
import { answerOnce, demandKey, demandsKey, keyOf } from './answer-once.ts'
import { credentialOf } from './api-keys.ts'
import { tellDeprecations } from './deprecations.ts'
import type { DoorDeps } from './doors.ts'
import { refusalOf } from './http.ts'
import { visitOf } from './limits/visit.ts'
import { noteOf, observed } from './log.ts'
import type { Authentication } from './authenticate.ts'
import { challengeFor } from './oauth/challenge.ts'
import { requestSignal } from './request-signal.ts'
import { acceptBytes, restContext, runMsMax } from './rest-context.ts'
import type { Graph } from './supergraph/graph.ts'
import { utf8Of } from './utf8.ts'
import { goneVersionAnswer, unknownVersionAnswer, v8Versions, type V8Version } from './v8-versions.ts'
import { chooseVersion, versionHeaders } from './versions.ts'

/** Every address under which SuiteCRM 7 and 8 serve the API. */
const bases = ['/Api', '/Api/index.php', '/legacy/Api', '/legacy/Api/index.php'] as const

/** A Fastify plugin: REST V8 at all its addresses, in the version that is asked for, and its documents for anybody. */
export const v8Door = (deps: DoorDeps) => async (scope: FastifyInstance) => {
  const { graphs, house, identity, idempotency, limits, versions, announced, report, log } = deps
  const openDoor = graphs.perGraph(
    async graph =>
      new Map(
        await Promise.all(
          v8Versions.map(async version => [version.name, await version.create(graph.catalog)] as const),
        ),
      ),
  )
  const doorOf = async (version: V8Version, graph: Graph) => {
    const door = (await openDoor(graph)).get(version.name)
    if (!door) throw new Error(`Version ${version.name} has no door`)
    return door
  }
  await openDoor(graphs.current)

  const choose = (request: FastifyRequest, pinned?: string) =>
    chooseVersion(v8Versions, { asked: askedOf(request), pinned }, versions.tooOld, today(house.now()))

  acceptBytes(scope)
  tellDeprecations(scope, announced)
  scope.setErrorHandler((error: FastifyError, request, reply) => {
    const failure = refusalOf(error, request, report)
    noteOf(request).code = failure.code
    const choice = choose(request, noteOf(request).version)
    const version = choice.kind === 'unknown' ? undefined : choice.version
    const { refusal } = visitOf(request) ?? {}
    const answer = (version ?? v8Versions[0])?.failed({ ...failure, limit: refusal }, askingOf(request))
    return answer && send(reply.headers(version ? versionHeaders(version.name, undefined) : {}), answer)
  })

  const { issuer } = identity
  const challengeOf = (caller: Authentication, credential: string | undefined): Record<string, string> =>
    caller.kind === 'ok'
      ? {}
      : { 'www-authenticate': challengeFor(caller, { credential, issuer, resource: '/Api/V8' }) }
  const handler = (base: string) => async (request: FastifyRequest, reply: FastifyReply) => {
    const graph = graphs.current
    const { method, headers, url } = request
    const [whole = '', rawQuery = ''] = split(url)
    const path = whole.slice(base.length)
    const caller = await identity.authenticate(request)
    const principal = caller.kind === 'ok' ? caller.principal : undefined
    const { userId, clientId, keyId } = principal ?? {}
    const client = clientId === undefined ? undefined : await identity.clients.find(clientId)
    const choice = choose(request, client?.apiVersion)
    if (choice.kind === 'unknown') return send(reply, unknownVersionAnswer(choice.asked, askingOf(request)))
    const { version, insteadOf } = choice
    void reply.headers(versionHeaders(version.name, insteadOf))
    if (choice.kind === 'gone') return send(reply, goneVersionAnswer(choice.insteadOf, version.name, askingOf(request)))
    Object.assign(noteOf(request), { userId, clientId, keyId, version: version.name })

    const visit = principal && (await limits.enter(principal, request, reply))
    const signal = requestSignal(reply.raw, Date.now() + runMsMax)
    const { validation } = version
    const by = { requestId: request.id, door: 'v8', validation, signal, ...observed(request) }
    const called = principal && visit && { principal, visit, ...by }
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
    const door = await doorOf(version, graph)
    const answer = (repeatable?: Repeatable) =>
      door.handle({
        ...{ method, base: `${base}/V8`, rawQuery, requestId: request.id, headers, body },
        onRoute: ({ field, path: below }) => {
          const operation = field.slice(field.indexOf('.') + 1)
          Object.assign(noteOf(request), { operation, route: `/Api/V8${below}` })
        },
        path: path.startsWith('/V8/') ? path.slice('/V8'.length) : '',
        context: called && restContext(graph, house, { ...called, repeatable: repeatable && (() => repeatable) }, log),
        refuse: () => version.unauthenticated(caller, challengeOf(caller, credentialOf(headers)), askingOf(request)),
        operationsMax: versions.operationsMax,
        requiresIfMatch: versions.ifMatch === 'required' || client?.requiresIfMatch === true,
        logout: () => identity.revokeAccessToken(headers.authorization),
      })
    if (principal && (await demandsKey(deps, clientId))) demandKey(request, reply)
    const keyed = principal && keyOf(request, () => body)
    if (!keyed) return send(reply, await answer())
    const access = await accessFor(house.pool, principal)
    const kept = await answerOnce(idempotency, { ...keyed, principal, access }, reply, async repeatable => {
      const { status, headers, body } = await answer(repeatable)
      return { status, headers, body: utf8Of(body) }
    })
    return reply.code(kept.status).headers(kept.headers).send(kept.body)
  }

  const describe = (version: V8Version) => async (_request: FastifyRequest, reply: FastifyReply) =>
    reply
      .headers({ ...corsHeaders, ...versionHeaders(version.name, undefined) })
      .send((await doorOf(version, graphs.current)).openApi)

  for (const base of bases) {
    for (const version of v8Versions) scope.get(`${base}/V8/openapi-${version.name}.json`, describe(version))
    scope.get(`${base}/V8/openapi.json`, (request, reply) => {
      const choice = choose(request)
      return choice.kind === 'unknown'
        ? send(reply, unknownVersionAnswer(choice.asked, askingOf(request)))
        : describe(choice.version)(request, reply)
    })
    scope.all(`${base}/*`, handler(base))
  }
}

/**
 * What the client asks for. Browsers ask before they send a header whether they may, without sending it: whoever wants
 * to name a version is answered by the newest.
 */
function askedOf({ method, headers }: FastifyRequest): string | undefined {
  const preflight = method === 'OPTIONS' && /\bapi-version\b/i.test(headers['access-control-request-headers'] ?? '')
  if (preflight) return v8Versions.at(-1)?.name
  const asked = headers['api-version']
  return Array.isArray(asked) ? asked.join() : asked
}

const askingOf = ({ id, headers }: FastifyRequest): Asking => ({ requestId: id, accept: headers.accept ?? '' })

const today = (now: Date) => now.toISOString().slice(0, 10)

/** As bytes: Fastify would add a character set to the media types of texts. */
const send = (reply: FastifyReply, { status, headers, body }: Answer) =>
  reply.code(status).headers(headers).send(utf8Of(body))

/** Path and query; the query may hold further question marks. */
function split(url: string): [path: string, query: string] {
  const at = url.indexOf('?')
  return at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)]
}
