import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { publishedScopes } from '../../schema/scopes.ts'
import { noteOf } from '../log.ts'
import { send } from './authorize.ts'
import { resourceMetadataPath } from './challenge.ts'
import { deprecationHeaders } from './deprecation.ts'
import { dpopAlgorithms } from './dpop.ts'
import type { Identity } from './identity.ts'
import { routes } from './provider.ts'
import { loginScopes, resourcesOf } from './resources.ts'

type Served = Pick<Identity, 'ask' | 'issuer'>

/** What programs ask of the authorization server, in the words of the RFCs. */
const posts = ['token', 'pushed_authorization_request', 'device_authorization', 'introspection', 'revocation'] as const
const discovery = ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration'] as const
const grants =
  /^(authorization_code|client_credentials|refresh_token|password|urn:ietf:params:oauth:grant-type:device_code)$/

/** A Fastify plugin: the endpoints of the authorization server, and the documents that describe it. */
export const endpoints = (identity: Served) => (scope: FastifyInstance) => {
  for (const name of posts) {
    scope.post(routes[name], (request, reply) => answer(identity, name, request, reply))
    scope.options(routes[name], (request, reply) => answer(identity, name, request, reply))
  }
  scope.get(routes.jwks, async (request, reply) => {
    reply.headers(publicForMinutes)
    return answer(identity, 'jwks', request, reply)
  })
  for (const url of discovery) scope.get(url, (request, reply) => serverMetadata(identity, request, reply))
  for (const resource of resourcesOf(identity.issuer)) {
    const path = resource.slice(identity.issuer.length)
    if (path !== '/') {
      scope.get(resourceMetadataPath + path, (_request, reply) =>
        sendDocument(reply, resourceMetadata(identity.issuer, resource)),
      )
    }
  }
  return Promise.resolve()
}

async function answer(identity: Served, name: string, request: FastifyRequest, reply: FastifyReply) {
  const answered = await ask(identity, request)
  const grant = new URLSearchParams(bodyOf(request)?.toString('utf8') ?? '').get('grant_type') ?? ''
  noteOf(request).operation = grants.test(grant) ? grant : name
  if (grant === 'password') reply.headers(deprecationHeaders(identity.issuer, noteOf(request)))
  return send(reply, answered)
}

/** Addresses in the answer, and those that DPoP proofs are for, are those of the issuer, however it was reached. */
function ask({ ask, issuer }: Served, request: FastifyRequest) {
  const { protocol, host } = new URL(issuer)
  const forwarded = {
    'x-forwarded-proto': protocol.slice(0, -1),
    'x-forwarded-host': host,
    'x-forwarded-for': request.ip,
  }
  const method = z.enum(['GET', 'POST', 'OPTIONS']).parse(request.method)
  const body = bodyOf(request)
  return ask({ method, url: request.url, headers: { ...request.headers, ...forwarded }, ...(body && { body }) })
}

const bodyOf = ({ body }: FastifyRequest) => (Buffer.isBuffer(body) ? body : undefined)

/** RFC 8414. oidc-provider lists the scopes of a login only: those of a resource are not its business. */
async function serverMetadata(identity: Served, request: FastifyRequest, reply: FastifyReply) {
  const answered = await ask(identity, request)
  const document = z.record(z.string(), z.unknown()).parse(JSON.parse(answered.body))
  return sendDocument(reply, {
    ...document,
    scopes_supported: [...loginScopes, ...scopes],
    protected_resources: [identity.issuer],
    service_documentation: `${identity.issuer}/docs/oauth`,
  })
}

/** RFC 9728: who issues tokens for our API, and what to ask for. */
const resourceMetadata = (issuer: string, resource: string) => ({
  resource,
  resource_name: 'Switchyard',
  resource_documentation: `${issuer}/docs/oauth`,
  authorization_servers: [issuer],
  scopes_supported: scopes,
  bearer_methods_supported: ['header'],
  dpop_signing_alg_values_supported: dpopAlgorithms,
})

const scopes = publishedScopes.map(({ scope }) => scope)

/** A key is published long before it signs, so a copy that is minutes old does no harm. */
const publicForMinutes = { 'cache-control': 'public, max-age=300' } as const

const sendDocument = (reply: FastifyReply, document: object) =>
  reply
    .headers({
      ...publicForMinutes,
      'content-type': 'application/json; charset=utf-8',
      'access-control-allow-origin': '*',
    })
    .send(JSON.stringify(document))
