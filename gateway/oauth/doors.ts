import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { maskThrown } from '../error-mask.ts'
import { refusalOf, retryHeaders } from '../http.ts'
import { noteOf } from '../log.ts'
import { accessTokenDoor, sendLeagueError } from './access-token.ts'
import { authorizeDoor, deviceDoor, forwardDoor, interactionAnswer, interactionPage } from './authorize.ts'
import { endpoints } from './endpoints.ts'
import type { Identity } from './identity.ts'
import { invalidRequest, serverError, tryLater } from './league-errors.ts'
import { errorPage, pageHeaders } from './pages.ts'
import { routes } from './provider.ts'

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply> | FastifyReply

/** Every address under which SuiteCRM 7 and 8 serve the API. */
const bases = ['/Api', '/Api/index.php', '/legacy/Api', '/legacy/Api/index.php'] as const
const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
const bodyBytesMax = 64 * 1024

const corsHeaders = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'POST, PATCH, GET, OPTIONS, PUT, DELETE',
  'access-control-allow-headers': 'Content-Type, Access-Control-Allow-Headers, Authorization, X-Requested-With',
} as const

/**
 * A Fastify plugin: tokens and authorization in SuiteCRM's places, and the pages for signing in and agreeing.
 * Reads bodies itself, of any media type.
 */
export const oauthDoors = (identity: Identity) => async (scope: FastifyInstance) => {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: bodyBytesMax }, (_request, body, done) =>
    done(null, body),
  )
  await scope.register(apiDoors(identity))
  await scope.register(endpointDoors(identity))
  await scope.register(pageDoors(identity))
}

const apiDoors = (identity: Identity) => async (scope: FastifyInstance) => {
  scope.addHook('onRequest', async (_request, reply) => void reply.headers(corsHeaders))
  scope.setErrorHandler((error: FastifyError, request, reply) => {
    if (error.statusCode === 413) {
      return sendLeagueError(reply, { ...invalidRequest('body', 'The request body is too large'), status: 413 })
    }
    const { code } = maskThrown(error, { requestId: request.id }, identity.report)
    return sendLeagueError(reply, code === 'UNAVAILABLE' ? tryLater(503) : serverError)
  })
  for (const base of bases) {
    door(scope, 'POST', `${base}/access_token`, accessTokenDoor(identity))
    door(scope, 'GET', `${base}/authorize`, authorizeDoor(identity))
  }
}

const endpointDoors = (identity: Identity) => async (scope: FastifyInstance) => {
  scope.setErrorHandler((error: FastifyError, request, reply) => {
    const { status, code } = refusalOf(error, request, identity.report)
    noteOf(request).code = code
    const [name, description] =
      status === 413
        ? ['invalid_request', 'The request body is too large']
        : code === 'UNAVAILABLE'
          ? ['temporarily_unavailable', 'Try again later']
          : ['server_error', 'Something broke here']
    const body = JSON.stringify({ error: name, error_description: description })
    return reply
      .code(status)
      .headers({
        ...retryHeaders(status),
        'content-type': 'application/json; charset=utf-8',
        'cache-control': 'no-store',
      })
      .send(body)
  })
  await scope.register(endpoints(identity))
}

const pageDoors = (identity: Identity) => async (scope: FastifyInstance) => {
  scope.setErrorHandler((error: FastifyError, request, reply) => {
    if (error.statusCode !== 413) maskThrown(error, { requestId: request.id }, identity.report)
    return reply
      .code(error.statusCode ?? 500)
      .headers(pageHeaders)
      .send(errorPage('Something went wrong here.'))
  })
  const page = `${routes.interaction}/:uid`
  scope.get(page, interactionPage(identity))
  scope.post(page, interactionAnswer(identity))
  scope.get(routes.authorization, forwardDoor(identity))
  scope.get(`${routes.authorization}/:uid`, forwardDoor(identity))
  scope.get(routes.code_verification, deviceDoor(identity))
  scope.post(routes.code_verification, forwardDoor(identity))
  scope.get(`${routes.code_verification}/:uid`, forwardDoor(identity))
  scope.post(`${routes.end_session}/confirm`, forwardDoor(identity))
}

/** One address with one method; `OPTIONS` names it, the others are refused. */
function door(scope: FastifyInstance, method: 'GET' | 'POST', url: string, handler: Handler) {
  scope.route({ method, url, handler })
  scope.route({
    method: 'OPTIONS',
    url,
    handler: (_request, reply) =>
      reply
        .headers({ allow: method, 'content-type': 'text/plain;charset=UTF-8' })
        .send(Buffer.from(`Allowed methods: ${method}`)),
  })
  scope.route({
    method: methods.filter(other => other !== method),
    url,
    exposeHeadRoute: false,
    handler: (_request, reply) =>
      reply
        .code(405)
        .headers({ allow: method, 'content-type': 'application/json' })
        .send(Buffer.from(JSON.stringify({ message: `Method not allowed. Must be one of: ${method}` }))),
  })
}
