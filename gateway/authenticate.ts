import { hash, type KeyObject } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { decodeProtectedHeader, errors as joseErrors, jwtVerify } from 'jose'
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import type { Principal } from '../schema/principal.ts'
import { intersect, parseScopes, type Granted } from '../schema/scopes.ts'
import { credentialOf, type ApiKeys } from './api-keys.ts'
import type { ApiClient, Clients } from './oauth/clients.ts'
import type { Proofs } from './oauth/dpop.ts'
import type { Keys } from './oauth/keys.ts'
import { allScopesOf } from './oauth/resources.ts'
import type { Revocations } from './oauth/revocations.ts'
import { readTokenId, type TokenId } from './oauth/token-id.ts'
import type { User, Users } from './oauth/users.ts'

/** Why a token that is bound to a key was refused; `fault` is for the developer of the client. */
export type ProofFault = { readonly error: 'invalid_token' | 'invalid_dpop_proof'; readonly fault: string }

/** Who a request comes from. */
export type Authentication =
  | { readonly kind: 'ok'; readonly principal: Principal }
  /** 401 at every door. The hint is league/oauth2-server's, which SuiteCRM's clients may show. */
  | { readonly kind: 'denied'; readonly hint: string; readonly proof?: ProofFault }
  /** A valid token, but its user was switched off or deleted: V8 answers 400 "Not found", other doors 401. */
  | { readonly kind: 'inactive' }

/** What a request shows of its caller; Fastify's requests are such. */
export type Shown = {
  readonly headers: IncomingHttpHeaders
  readonly method: string
  readonly url: string
  /** Where it comes from: remembered of API keys as their last use. */
  readonly ip?: string
}

export type Authenticate = (request: Shown) => Promise<Authentication>

/** Whether a token would be accepted, and from whom it is; says nothing about who sends it. */
export type Examine = (text: string) => Promise<Examined>
export type Examined =
  | { readonly kind: 'ok'; readonly principal: Principal; readonly token: AccessToken }
  | Exclude<Authentication, { kind: 'ok' }>

/** A verified access token. */
export type AccessToken = {
  readonly id: TokenId
  readonly clientId: string
  /** Absent when the client acts for itself. */
  readonly userId: string | undefined
  readonly expiresAt: number
  /** `all` for tokens in SuiteCRM's form, which knows no scopes. */
  readonly scopes: Granted
  /** The key that its sender must have (RFC 9449). */
  readonly jkt: string | undefined
}

type Acting = { readonly user: User; readonly client: ApiClient; readonly principal: Principal }
type Remembered = { readonly token: AccessToken; acting?: Acting }
type Verifying = { readonly keys: Keys; readonly issuer: string; readonly now: () => Date }
type Deps = Verifying & { revocations: Revocations; users: Users; clients: Clients }

export const hints = {
  parts: 'The JWT string must have two dots',
  base64: 'Error while decoding from Base64Url, invalid base64 characters detected',
  json: 'Error while decoding from JSON',
  unverified: 'Access token could not be verified',
  revoked: 'Access token has been revoked',
} as const

const rememberedMax = 20_000
const denied = (hint: string): Examined => ({ kind: 'denied', hint })

/**
 * Examines access tokens without the database: the signature once per token, then from memory; the rows of its user and
 * client are read again every two seconds.
 */
export function createExamine(deps: Deps): Examine {
  const { keys, revocations, users, clients, now } = deps
  const verified = new LRUCache<string, Remembered>({ max: rememberedMax })
  // A key may have been dropped, and what it signed with it.
  keys.onChange(() => verified.clear())

  return async text => {
    const key = hash('sha256', text, 'base64url')
    let remembered = verified.get(key)
    if (!remembered) {
      const read = await readAccessToken(text, deps)
      if (typeof read === 'string') return denied(read)
      verified.set(key, (remembered = { token: read }))
    }
    const { token } = remembered
    if (token.expiresAt <= now().getTime() || revocations.isRevoked(token.id)) {
      verified.delete(key)
      return denied(hints.revoked)
    }
    const client = await clients.find(token.clientId)
    if (!client) return denied(hints.revoked)
    const userId = token.userId ?? client.userId
    const user = userId === undefined ? undefined : await users.find(userId)
    if (user && revocations.isOutdated(token.id, { userId: user.id, clientId: client.id })) return denied(hints.revoked)
    if (!user || user.isInactive) return { kind: 'inactive' }
    const { acting } = remembered
    if (acting?.user === user && acting.client === client) return { kind: 'ok', principal: acting.principal, token }
    const principal = principalOf(user, { id: client.id, scopes: intersect(token.scopes, client.scopes) })
    remembered.acting = { user, client, principal }
    return { kind: 'ok', principal, token }
  }
}

/** Finds out who sends a request, by the token or API key that it shows. */
export const createAuthenticate =
  ({ examine, proofs, apiKeys }: { examine: Examine; proofs: Proofs; apiKeys: ApiKeys }): Authenticate =>
  async ({ headers, method, url, ip }) => {
    const credential = credentialOf(headers)
    const text = tokenOf(credential)
    if (apiKeys.isKey(text)) return apiKeys.authenticate(text, ip)
    const examined = await examine(text)
    if (examined.kind !== 'ok') return examined
    const { principal, token } = examined
    const isProven = /^\s*dpop\s/i.test(credential ?? '')
    if (token.jkt === undefined && !isProven) return { kind: 'ok', principal }
    const refuse = (error: ProofFault['error'], fault: string): Authentication => ({
      kind: 'denied',
      hint: hints.unverified,
      proof: { error, fault },
    })
    if (token.jkt === undefined) return refuse('invalid_token', 'the token is not bound to a key: send it as Bearer')
    if (!isProven) return refuse('invalid_token', 'the token is bound to a key: send it as DPoP, with a proof')
    const proof = typeof headers.dpop === 'string' ? headers.dpop : undefined
    const fault = await proofs.faultOf({ proof, method, url, token: text, jkt: token.jkt })
    return fault === undefined ? { kind: 'ok', principal } : refuse('invalid_dpop_proof', fault)
  }

/** The text after `Bearer` or `DPoP`; anything else is read as if it were a token, as SuiteCRM does. */
export const tokenOf = (authorization: string | undefined) =>
  (authorization ?? '').replace(/^\s*(bearer|dpop)\s/i, '').trim()

/** A user who acts, and through which API client; without one, in a session of the legacy API. */
export const principalOf = (user: User, client?: Pick<ApiClient, 'id' | 'scopes'>): Principal => ({
  kind: 'user',
  userId: user.id,
  userName: user.name,
  isAdmin: user.isAdmin,
  ...(client && { clientId: client.id }),
  scopes: client?.scopes ?? 'all',
  dateStyle: user.dateStyle,
})

const suitecrmClaims = z
  .object({ aud: z.string(), sub: z.string(), exp: z.number(), scopes: z.array(z.string()) })
  .transform(({ aud, sub, exp }) => ({
    clientId: aud,
    userId: sub || undefined,
    expiresAt: exp * 1000,
    scopes: 'all' as const,
    jkt: undefined,
  }))

const ownClaims = z
  .object({
    client_id: z.string(),
    sub: z.string(),
    exp: z.number(),
    scope: z.string().default(''),
    cnf: z.object({ jkt: z.string() }).optional(),
  })
  .transform(({ client_id: clientId, sub, exp, scope, cnf }) => ({
    clientId,
    userId: sub === clientId ? undefined : sub,
    expiresAt: exp * 1000,
    scopes: grantedBy(parseScopes(scope).scopes),
    jkt: cnf?.jkt,
  }))

/** Whoever was given every scope there is was not narrowed. */
const grantedBy = (scopes: readonly string[]): Granted =>
  allScopesOf({ scopes: 'all' }).every(scope => scopes.includes(scope)) ? 'all' : scopes

/**
 * Verifies an access token by one of our keys: a JWT of type `JWT` signed RS256 in SuiteCRM's form, or of type `at+jwt`
 * signed ES256 (RFC 9068). What a header says chooses between these two and nothing else. Says nothing about revocation.
 *
 * @returns the hint for the caller when it is not valid
 */
export async function readAccessToken(text: string, verifying: Verifying): Promise<AccessToken | string> {
  const malformed = faultOf(text)
  if (malformed) return malformed
  const { keys, issuer, now } = verifying
  const keyFor = ({ kid, alg }: { kid?: string; alg?: string }): KeyObject => {
    const key = keys.verifierOf(kid, alg)
    if (!key) throw new joseErrors.JWKSNoMatchingKey()
    return key
  }
  const fixed = { currentDate: now(), clockTolerance: 5 }
  try {
    const isOwn = decodeProtectedHeader(text).typ === 'at+jwt'
    const { payload } = await jwtVerify(text, keyFor, {
      ...fixed,
      ...(isOwn
        ? { algorithms: ['ES256'], typ: 'at+jwt', issuer, audience: issuer }
        : { algorithms: ['RS256'], typ: 'JWT' }),
    })
    const claims = (isOwn ? ownClaims : suitecrmClaims).safeParse(payload)
    const id = readTokenId(payload.jti)
    return claims.success && id ? { id, ...claims.data } : hints.unverified
  } catch (error) {
    if (error instanceof joseErrors.JWTExpired) return hints.revoked
    if (error instanceof joseErrors.JOSEError || error instanceof TypeError) return hints.unverified
    throw error
  }
}

/** What lcobucci/jwt would say about a text that is no JWT. */
function faultOf(text: string): string | undefined {
  const parts = text.split('.')
  if (parts.length !== 3) return hints.parts
  for (const [position, part] of parts.entries()) {
    if (!/^[\w/+-]*={0,2}$/.test(part) || part.replace(/=+$/, '').length % 4 === 1) return hints.base64
    if (position < 2 && !isJsonObject(Buffer.from(part, 'base64url').toString('utf8'))) return hints.json
  }
  return undefined
}

function isJsonObject(text: string) {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null
  } catch {
    return false
  }
}
