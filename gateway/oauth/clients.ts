import { createHash, timingSafeEqual } from 'node:crypto'
import type { AllClientMetadata } from 'oidc-provider'
import type { Pool } from '../../drizzle/client.ts'
import type { Notices } from './notices.ts'
import { remembering } from './remembered.ts'

/** The grants that an API client can be made for; each has exactly one, and may refresh. */
export const clientGrants = ['password', 'client_credentials', 'authorization_code'] as const
export type ClientGrant = (typeof clientGrants)[number]

/** A row of SuiteCRM's `oauth2clients`. */
export type ApiClient = {
  readonly id: string
  readonly name: string
  /** SHA-256 of the secret, in hexadecimal; secrets are long random texts. */
  readonly secretHash: string
  readonly grant: ClientGrant | undefined
  /** Whom client_credentials acts as. */
  readonly userId: string | undefined
  readonly redirectUrl: string | undefined
  /** Browser and native apps keep no secret: they have PKCE instead. */
  readonly isPublic: boolean
}

export type Clients = {
  find(id: string): Promise<ApiClient | undefined>
}

type Row = {
  id: string
  name: string | null
  secret: string | null
  allowed_grant_type: string | null
  assigned_user_id: string | null
  redirect_url: string | null
  is_confidential: boolean | null
}

/** A client that was changed or deleted behind our back is remembered at most this long. */
const rememberMs = 2_000

const hashSecret = (secret: string) => createHash('sha256').update(secret).digest('hex')

export function createClients(sql: Pool, notices: Notices): Clients {
  const known = remembering({ countMax: 1_000, forMs: rememberMs, read: id => read(sql, id) })
  notices.on('client', ({ id }) => known.forget(id))
  return { find: async id => (id.includes('\0') ? undefined : known.find(id)) }
}

async function read(sql: Pool, id: string): Promise<ApiClient | undefined> {
  const [row] = await sql<Row[]>`select id, name, secret, allowed_grant_type, assigned_user_id, redirect_url,
    is_confidential from oauth2clients where id = ${id} and not deleted`
  if (!row) return undefined
  const grant = clientGrants.find(known => known === row.allowed_grant_type)
  return {
    id: row.id,
    name: row.name ?? row.id,
    secretHash: row.secret ?? '',
    grant,
    userId: row.assigned_user_id || undefined,
    redirectUrl: row.redirect_url || undefined,
    isPublic: grant === 'authorization_code' && row.is_confidential === false,
  }
}

/** An API client as oidc-provider wants to see it. The "secret" is its hash; see {@link secretMatches}. */
export function metadataOf(client: ApiClient): AllClientMetadata {
  const withCode = client.grant === 'authorization_code'
  return {
    client_id: client.id,
    client_name: client.name,
    grant_types: [...(client.grant ? [client.grant] : []), 'refresh_token'],
    response_types: withCode ? ['code'] : [],
    redirect_uris: withCode && client.redirectUrl ? [client.redirectUrl] : [],
    application_type: withCode && isNative(client.redirectUrl) ? 'native' : 'web',
    ...(client.isPublic
      ? { token_endpoint_auth_method: 'none' }
      : { token_endpoint_auth_method: 'client_secret_post', client_secret: client.secretHash }),
  }
}

/** Compares a presented secret with the stored hash in constant time. */
export function secretMatches(presented: string, storedHash: string) {
  const actual = Buffer.from(hashSecret(presented))
  const expected = Buffer.from(storedHash.toLowerCase())
  return actual.length === expected.length && timingSafeEqual(actual, expected)
}

/** An app that is called back by a scheme of its own, `com.example.app:/callback`. */
const isNative = (url = '') => URL.canParse(url) && !/^https?:$/.test(new URL(url).protocol)
