import { hash, type KeyObject } from 'node:crypto'
import { errors as joseErrors, jwtVerify } from 'jose'
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import type { Principal } from '../schema/principal.ts'
import type { ApiKeys } from './api-keys.ts'
import type { ApiClient, Clients } from './oauth/clients.ts'
import type { Keys } from './oauth/keys.ts'
import type { Revocations } from './oauth/revocations.ts'
import { readTokenId, type TokenId } from './oauth/token-id.ts'
import type { User, Users } from './oauth/users.ts'

/** Who a request comes from. */
export type Authentication =
  | { readonly kind: 'ok'; readonly principal: Principal }
  /** 401 at every door. The hint is league/oauth2-server's, which SuiteCRM's clients may show. */
  | { readonly kind: 'denied'; readonly hint: string }
  /** A valid token, but its user was switched off or deleted: V8 answers 400 "Not found", other doors 401. */
  | { readonly kind: 'inactive' }

/** @param sender  where the request comes from: remembered of API keys as their last use */
export type AuthenticateBearer = (
  header: string | undefined,
  sender?: { readonly address: string },
) => Promise<Authentication>

/** A verified access token. */
export type AccessToken = {
  readonly id: TokenId
  readonly clientId: string
  /** Absent when the client acts for itself. */
  readonly userId: string | undefined
  readonly expiresAt: number
}

type Acting = { readonly user: User; readonly client: ApiClient; readonly principal: Principal }
type Remembered = { readonly token: AccessToken; acting?: Acting }
type Deps = { keys: Keys; revocations: Revocations; users: Users; clients: Clients; apiKeys: ApiKeys; now: () => Date }

export const hints = {
  parts: 'The JWT string must have two dots',
  base64: 'Error while decoding from Base64Url, invalid base64 characters detected',
  json: 'Error while decoding from JSON',
  unverified: 'Access token could not be verified',
  revoked: 'Access token has been revoked',
} as const

const rememberedMax = 20_000
const denied = (hint: string): Authentication => ({ kind: 'denied', hint })

/**
 * Verifies `Authorization: Bearer ...` without the database: the signature once per token, then from memory; the
 * user's row is read again every two seconds.
 */
export function createAuthenticate(deps: Deps): AuthenticateBearer {
  const { keys, revocations, users, clients, apiKeys, now } = deps
  const verified = new LRUCache<string, Remembered>({ max: rememberedMax })

  return async (header, sender) => {
    const text = bearerOf(header)
    if (apiKeys.isKey(text)) return apiKeys.authenticate(text, sender?.address)
    const key = hash('sha256', text, 'base64url')
    let remembered = verified.get(key)
    if (!remembered) {
      const read = await readAccessToken(text, keys, now())
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
    if (acting?.user === user && acting.client === client) return { kind: 'ok', principal: acting.principal }
    const principal = principalOf(user, client)
    remembered.acting = { user, client, principal }
    return { kind: 'ok', principal }
  }
}

/** The text after `Bearer`; anything else is read as if it were a token, as SuiteCRM does. */
export const bearerOf = (header: string | undefined) => (header ?? '').replace(/^\s*bearer\s/i, '').trim()

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

const claimsOf = z.object({
  aud: z.string(),
  sub: z.string(),
  jti: z.string(),
  exp: z.number(),
  scopes: z.array(z.string()),
})

/**
 * Verifies an access token in SuiteCRM's form: a JWT of type `JWT`, signed RS256 by one of our keys. Says nothing about
 * revocation.
 *
 * @returns the hint for the caller when it is not valid
 */
export async function readAccessToken(text: string, keys: Keys, now: Date): Promise<AccessToken | string> {
  const malformed = faultOf(text)
  if (malformed) return malformed
  const keyFor = ({ kid, alg }: { kid?: string; alg?: string }): KeyObject => {
    const key = keys.verifierOf(kid, alg)
    if (!key) throw new joseErrors.JWKSNoMatchingKey()
    return key
  }
  try {
    const { payload } = await jwtVerify(text, keyFor, {
      algorithms: ['RS256'],
      typ: 'JWT',
      currentDate: now,
      clockTolerance: 5,
    })
    const claims = claimsOf.safeParse(payload)
    const id = readTokenId(payload.jti)
    if (!claims.success || !id) return hints.unverified
    const { aud, sub, exp } = claims.data
    return { id, clientId: aud, userId: sub || undefined, expiresAt: exp * 1000 }
  } catch (error) {
    if (error instanceof joseErrors.JWTExpired) return hints.revoked
    if (error instanceof joseErrors.JOSEError) return hints.unverified
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
