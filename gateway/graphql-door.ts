import { fastifyApolloHandler } from '@as-integrations/fastify'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { HouseError } from '../schema/errors.ts'
import type { Principal } from '../schema/principal.ts'
import { accessFor } from '../drizzle/access.ts'
import { demandsKey, rememberAnswers } from './answer-once.ts'
import { credentialOf } from './api-keys.ts'
import { contextFor } from './context.ts'
import type { DoorDeps } from './doors.ts'
import { answerSubscription, streamPath, wantsStream } from './events/graphql-sse.ts'
import type { GraphqlContext } from './graphql.ts'
import { schemaForStranger, takeIn } from './graphql-intake.ts'
import { sendPage, wantsPage } from './graphiql.ts'
import { refusalOf, retryHeaders } from './http.ts'
import { acceptJson } from './json-body.ts'
import { visitOf } from './limits/visit.ts'
import { noteOf, observed } from './log.ts'
import { challengeFor, type Refused } from './oauth/challenge.ts'
import { requestSignal } from './request-signal.ts'

const bodyBytesMax = 1024 * 1024

/** How long an operation may take before its statements are cancelled. */
const runMsMax = 30_000

/**
 * A Fastify plugin: GraphQL over HTTP at `/graphql`, for callers with a token.
 *
 * Who calls is found out before the body is read.
 */
export const graphqlDoor = (deps: DoorDeps) => async (scope: FastifyInstance) => {
  const { apollo, identity, idempotency, limits, introspection, documents, house, graphs, report, demo } = deps
  const challenge = (reply: FastifyReply, refused: Refused = { kind: 'denied', hint: '' }, credential?: string) => {
    const shown = { credential, issuer: identity.issuer, resource: '/graphql' }
    return reply.code(401).header('www-authenticate', challengeFor(refused, shown)).send(unauthenticated)
  }
  const principals = new WeakMap<FastifyRequest, Principal>()
  acceptJson(scope, bodyBytesMax)
  scope.setErrorHandler((error: FastifyError, request, reply) => {
    const { status, code, message } = refusalOf(error, request, report)
    noteOf(request).code = code
    if (error instanceof HouseError)
      return reply.code(status).send({ errors: [{ message, extensions: error.extensions }] })
    return reply.code(status).headers(retryHeaders(status)).send(errorBody(code, message))
  })

  scope.addHook('onRequest', async (request, reply) => {
    if (wantsPage(request)) return sendPage(request, reply, demo)
    const caller = await identity.authenticate(request)
    if (caller.kind !== 'ok') {
      const credential = credentialOf(request.headers)
      if (introspection === 'on' && credential === undefined) return
      return challenge(reply, caller, credential)
    }
    principals.set(request, caller.principal)
    const { userId, clientId, keyId } = caller.principal
    Object.assign(noteOf(request), { userId, clientId, keyId })
    await (wantsStream(request) ? limits.enterStream : limits.enter)(caller.principal, request, reply)
  })

  const repeatableOf = rememberAnswers(scope, idempotency, async request => {
    const principal = principals.get(request)
    return principal && { principal, access: await accessFor(house.pool, principal) }
  })

  const context = async (request: FastifyRequest, reply: FastifyReply): Promise<GraphqlContext> => {
    const [principal, visit] = [principals.get(request), visitOf(request)]
    if (!principal || !visit) throw new Error('A GraphQL request without a principal')
    const signal = requestSignal(reply.raw, Date.now() + runMsMax)
    const caller = {
      ...{ principal, requestId: request.id, door: 'graphql', signal, ...observed(request) },
      validation: 'strict' as const,
      repeatable: repeatableOf(request, reply),
    }
    const ctx = await contextFor({ ...house, catalog: graphs.current.catalog }, caller)
    const isKeyMissing = !ctx.repeatable && (await demandsKey(deps, principal.clientId))
    return Object.assign(ctx, { note: noteOf(request), visit, isKeyMissing })
  }

  const clientOf = (request: FastifyRequest) => {
    const { keyId, clientId } = principals.get(request) ?? {}
    return keyId ?? clientId
  }

  /** Callers without a token may have the schema when it is for everybody, and nothing else. */
  const strangers = async (request: FastifyRequest, reply: FastifyReply) => {
    if (principals.has(request)) return
    const schema = await schemaForStranger(request, graphs.current.api, limits.attempts)
    return schema ? reply.send(schema) : challenge(reply)
  }

  const streamed = async (request: FastifyRequest, reply: FastifyReply) => {
    const principal = principals.get(request)
    return principal ? answerSubscription(deps, request, reply, principal) : challenge(reply)
  }
  const perhapsStreamed = async (request: FastifyRequest, reply: FastifyReply) =>
    wantsStream(request) ? streamed(request, reply) : undefined

  scope.route({ method: ['GET', 'POST'], url: streamPath, exposeHeadRoute: false, handler: streamed })
  scope.route({
    method: ['GET', 'POST'],
    url: '/graphql',
    exposeHeadRoute: false,
    preHandler: [perhapsStreamed, strangers, takeIn({ introspection, documents, clientOf })],
    handler: fastifyApolloHandler<GraphqlContext>(apollo, { context }),
  })
  return Promise.resolve()
}

const errorBody = (code: string, message: string) => ({ errors: [{ message, extensions: { code } }] })

const unauthenticated = errorBody('UNAUTHENTICATED', 'Send an access token: Authorization: Bearer ...')
