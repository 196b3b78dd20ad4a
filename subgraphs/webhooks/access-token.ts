import { begin } from '../../drizzle/transaction.ts'
import type { Pool } from '../../drizzle/client.ts'
import type { Secrets } from '../../drizzle/secrets.ts'
import type { ClientCredentials } from './authentication.ts'
import { sealedPlace } from './prepared-endpoint.ts'

export type AccessToken = { readonly token: string; readonly expiresAt: number }

/** Asks an authorization server. @throws Error  in words for the endpoint's owner */
export type FetchToken = (given: ClientCredentials) => Promise<{ readonly token: string; readonly seconds: number }>

export type AccessTokens = {
  /** The token for an endpoint's receiver; fetched when there is none that is good for a while. */
  tokenFor(endpoint: { readonly id: string; readonly revision: number }, given: ClientCredentials): Promise<string>
  /** The receiver has refused the token: the next is another one. @returns whether there was one to give up */
  refused(endpointId: string): boolean
}

/** A token is not used in its last seconds: it could end on the way. */
const spareMs = 30_000

/**
 * Access tokens of OAuth 2 receivers, shared by all processes: whoever first needs one fetches it, and the others wait for
 * it. Kept sealed.
 */
export function accessTokens(
  sql: Pool,
  secrets: Pick<Secrets, 'open' | 'seal'>,
  now: () => Date,
  fetchToken: FetchToken,
): AccessTokens {
  type Held = AccessToken & { readonly revision: number }
  const held = new Map<string, Held>()
  const fetching = new Map<string, Promise<Held>>()
  const given = new Map<string, string>()
  const isGood = (token: Held | undefined, revision: number, refusedToken?: string) =>
    token !== undefined &&
    token.revision === revision &&
    token.expiresAt - spareMs > now().getTime() &&
    token.token !== refusedToken

  async function shared(id: string, revision: number, credentials: ClientCredentials): Promise<Held> {
    return begin(sql, async tx => {
      await tx`select pg_advisory_xact_lock(hashtextextended(${`webhook token ${id}`}, 0))`
      const [row] = await tx<{ sealed: string; revision: number; expires: number }[]>`
        select sealed, revision, extract(epoch from expires_at)::float8 * 1000 as expires from webhook_token
        where endpoint_id = ${id}`
      const known = row && {
        token: secrets.open(row.sealed, sealedPlace.token(id)),
        revision: row.revision,
        expiresAt: row.expires,
      }
      if (known && isGood(known, revision, given.get(id))) return known
      const { token, seconds } = await fetchToken(credentials)
      const expiresAt = now().getTime() + seconds * 1000
      await tx`insert into webhook_token (endpoint_id, revision, sealed, expires_at)
        values (${id}, ${revision}, ${secrets.seal(token, sealedPlace.token(id))}, ${new Date(expiresAt).toISOString()}::timestamp)
        on conflict (endpoint_id) do update
        set revision = excluded.revision, sealed = excluded.sealed, expires_at = excluded.expires_at`
      return { token, expiresAt, revision }
    })
  }

  return {
    async tokenFor({ id, revision }, credentials) {
      const known = held.get(id)
      if (known && isGood(known, revision)) return known.token
      let promise = fetching.get(id)
      if (!promise) {
        promise = shared(id, revision, credentials).finally(() => fetching.delete(id))
        fetching.set(id, promise)
      }
      const made = await promise
      held.set(id, made)
      return made.token
    },
    refused(endpointId) {
      const known = held.get(endpointId)
      if (!known) return false
      given.set(endpointId, known.token)
      held.delete(endpointId)
      return true
    },
  }
}
