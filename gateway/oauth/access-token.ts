import type { FastifyReply, FastifyRequest } from 'fastify'
import { errors } from 'oidc-provider'
import { z } from 'zod'
import { isHashingFull } from '../../drizzle/password-hash.ts'
import { httpStatusOf } from '../../schema/errors.ts'
import { maskThrown, type Report } from '../error-mask.ts'
import { noteOf } from '../log.ts'
import { formBody, formType, type Ask } from './ask.ts'
import type { ApiClient, Clients } from './clients.ts'
import { deprecationHeaders } from './deprecation.ts'
import * as league from './league-errors.ts'
import type { LeagueError } from './league-errors.ts'
import { routes } from './provider.ts'
import { readTokenRequest, type TokenParams } from './token-request.ts'

/** What each grant cannot do without, in the order in which SuiteCRM asks for it. */
const required = {
  password: ['username', 'password'],
  client_credentials: [],
  refresh_token: ['refresh_token'],
  authorization_code: ['code'],
} as const satisfies Record<string, readonly string[]>

type GrantType = keyof typeof required
const isGrantType = (text = ''): text is GrantType => Object.hasOwn(required, text)

const issued = z.object({
  token_type: z.string(),
  expires_in: z.number(),
  access_token: z.string(),
  refresh_token: z.string().optional(),
})
type Issued = z.infer<typeof issued>
type Outcome = Issued | LeagueError
type Deps = { readonly ask: Ask; readonly issuer: string; readonly clients: Clients; readonly report: Report }

/**
 * `POST /Api/access_token`: SuiteCRM's way to ask for a token. oidc-provider decides and issues; what is asked in
 * SuiteCRM's way is understood here, and answered in its words.
 */
export const accessTokenDoor =
  (deps: Deps) =>
  async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const params = await readTokenRequest(request.body, request.headers)
    if (isGrantType(params.grant_type)) noteOf(request).operation = params.grant_type
    if (params.grant_type === 'password') reply.headers(deprecationHeaders(deps.issuer, noteOf(request)))
    const outcome = await requestToken(deps, params, request).catch((error: unknown) =>
      troubleOf(error, request.id, deps.report),
    )
    if (isRefusal(outcome)) return sendLeagueError(reply, outcome)
    return reply
      .headers({ 'content-type': 'application/json; charset=UTF-8', 'cache-control': 'no-store', pragma: 'no-cache' })
      .send(Buffer.from(JSON.stringify(outcome)))
  }

/** Sends an error as SuiteCRM's authorization server does. */
export function sendLeagueError(reply: FastifyReply, error: LeagueError): FastifyReply {
  noteOf(reply.request).code = error.error
  const { authorization } = reply.request.headers
  if (error.error === league.invalidClient.error && authorization) {
    reply.header('www-authenticate', `${/^bearer/i.test(authorization) ? 'Bearer' : 'Basic'} realm="OAuth"`)
  }
  if (error.error === 'temporarily_unavailable') reply.header('retry-after', '1')
  return reply
    .code(error.status)
    .headers({ 'content-type': 'application/json', 'cache-control': 'no-store' })
    .send(Buffer.from(league.bodyOf(error)))
}

const isRefusal = (outcome: Outcome): outcome is LeagueError => 'error' in outcome

async function requestToken(
  { ask, clients, report }: Deps,
  params: TokenParams,
  request: FastifyRequest,
): Promise<Outcome> {
  const { grant_type: grantType, client_id: clientId, redirect_uri: redirectUrl } = params
  if (!isGrantType(grantType)) return league.unsupportedGrantType
  if (clientId === undefined) return league.invalidRequest('client_id')
  const client = await clients.find(clientId)
  if (!client) return league.invalidClient
  if (isForeignRedirect(client, redirectUrl)) return league.invalidClient
  if (grantType === 'password' && isHashingFull()) return league.tryLater(httpStatusOf('RATE_LIMITED'))
  const { client_secret: _secret, ...withoutSecret } = params
  const form = client.isPublic ? withoutSecret : params
  const answer = await ask({
    method: 'POST',
    url: routes.token,
    headers: { accept: 'application/json', ...formType },
    body: formBody(form),
  })
  Object.assign(noteOf(request), { clientId: answer.clientId, userId: answer.userId })
  if (answer.error) {
    noteOf(request).reason = answer.error instanceof errors.OIDCProviderError ? answer.error.error_detail : undefined
    return refusalOf(answer.error, grantType, params) ?? troubleOf(answer.error, request.id, report)
  }
  if (grantType === 'client_credentials' && !client.userId) return league.noUserForClient
  return issued.parse(JSON.parse(answer.body))
}

/** SuiteCRM's rule, before it looks at the code. For clients of ours the address must be the one that got the code. */
const isForeignRedirect = ({ grant, tokenFormat, redirectUrls }: ApiClient, url: string | undefined) =>
  url !== undefined && grant === 'authorization_code' && tokenFormat === 'legacy' && !redirectUrls.includes(url)

/** What the caller did wrong; undefined when it is not the caller's fault. */
function refusalOf(error: Error, grantType: GrantType, params: TokenParams): LeagueError | undefined {
  if (error instanceof errors.InvalidScope) return league.invalidScope(params.scope?.split(' ').find(Boolean) ?? '')
  if (error instanceof errors.InvalidGrant) return refusedGrant[grantType](error)
  if (error instanceof errors.InvalidRequest) {
    if (error.error_description?.startsWith('requested grant type')) return league.invalidClient
    const missing = required[grantType].find(name => params[name] === undefined)
    if (missing) return league.invalidRequest(missing)
    if (params.code_verifier !== undefined) return league.invalidRequest('code_verifier', hintOf.verifierForm)
    return refusedGrant[grantType](new errors.InvalidGrant())
  }
  if (error instanceof errors.InvalidClientAuth || error instanceof errors.InvalidClientMetadata) {
    return league.invalidClient
  }
  return undefined
}

/** Why a grant was refused, from oidc-provider's words to league's. */
const refusedGrant: Record<GrantType, (error: errors.InvalidGrant) => LeagueError> = {
  password: () => league.wrongCredentials,
  client_credentials: () => league.invalidClient,
  refresh_token: ({ error_detail: detail = hintOf.unknown }) =>
    league.invalidRefreshToken(refreshHints[detail] ?? 'Token has been revoked'),
  authorization_code: ({ error_detail: detail = hintOf.unknown, cause }) => {
    if (cause === undefined)
      return league.invalidRequest('code', codeHints[detail] ?? 'Authorization code has been revoked')
    return detail === hintOf.noVerifier
      ? league.invalidRequest('code_verifier')
      : league.invalidGrant('Failed to verify `code_verifier`.')
  },
}

const hintOf = {
  unknown: 'not found',
  noVerifier: 'code_verifier must be provided',
  verifierForm: 'Code Verifier must follow the specifications of RFC-7636.',
} as const

const refreshHints: Readonly<Record<string, string>> = {
  [hintOf.unknown]: 'Cannot decrypt the refresh token',
  'refresh token not found': 'Cannot decrypt the refresh token',
  'client mismatch': 'Token is not linked to client',
  'refresh token is expired': 'Token has expired',
}

const codeHints: Readonly<Record<string, string>> = {
  [hintOf.unknown]: 'Cannot decrypt the authorization code',
  'authorization code not found': 'Cannot decrypt the authorization code',
  'client mismatch': 'Authorization code was not issued to this client',
  'authorization code is expired': 'Authorization code has expired',
  'authorization code redirect_uri mismatch': 'Invalid redirect URI',
}

/** Not the caller's fault, or too much at once. Reported, and told without the reason. */
function troubleOf(thrown: unknown, requestId: string, report: Report): LeagueError {
  const { code } = maskThrown(thrown, { requestId }, report)
  return code === 'RATE_LIMITED' || code === 'UNAVAILABLE' ? league.tryLater(httpStatusOf(code)) : league.serverError
}
