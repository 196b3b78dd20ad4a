import { createHash, timingSafeEqual } from 'node:crypto'
import type { AllClientMetadata } from 'oidc-provider'
import type { Pool } from '../../drizzle/client.ts'
import type { Notices } from './notices.ts'
import { remembering } from './remembered.ts'

/** The grants of SuiteCRM, of which each API client has exactly one; every client may also refresh. */
export const clientGrants = ['password', 'client_credentials', 'authorization_code'] as const
export type ClientGrant = (typeof clientGrants)[number]

/** What a client can be allowed beside its grant of SuiteCRM. */
export const extraGrants = ['urn:ietf:params:oauth:grant-type:device_code', ...clientGrants] as const

/** A row of SuiteCRM's `oauth2clients` with our settings for it. */
export type ApiClient = {
  readonly id: string
  readonly name: string
  /** SHA-256 of the secret, in hexadecimal; secrets are long random texts. */
  readonly secretHash: string
  /** SuiteCRM's one; a client of ours may have others beside it. */
  readonly grant: ClientGrant | undefined
  /** All that it may use, without `refresh_token`, which everyone may. */
  readonly grants: readonly string[]
  /** Whom client_credentials acts as. */
  readonly userId: string | undefined
  readonly redirectUrls: readonly string[]
  /** Browser and native apps keep no secret: they have PKCE instead. */
  readonly isPublic: boolean
  /** The most that its tokens can be granted. */
  readonly scopes: 'all' | readonly string[]
  readonly tokenFormat: 'legacy' | 'at+jwt'
  readonly tokenSeconds: number | undefined
  readonly isDpopRequired: boolean
  /** The version of REST V8 that answers it when it asks for none. */
  readonly apiVersion: string | undefined
  /** Must its changes say which version of the record they were made from? */
  readonly requiresIfMatch: boolean
  /** Must its changes have an Idempotency-Key? */
  readonly requiresIdempotencyKey: boolean
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
  /** Null for clients that came from SuiteCRM, and so is all that follows. */
  settings_of: string | null
  scopes: string[] | null
  extra_grants: string[] | null
  password_grant: boolean | null
  token_format: ApiClient['tokenFormat'] | null
  token_seconds: number | null
  dpop_required: boolean | null
  redirect_urls: string[] | null
  api_version: string | null
  if_match_required: boolean | null
  idempotency_key_required: boolean | null
}

/** A client that was changed or deleted behind our back is remembered at most this long. */
const rememberMs = 2_000
/** While the database is away, whoever is known stays so. */
export const bridgeMs = 60_000

const hashSecret = (secret: string) => createHash('sha256').update(secret).digest('hex')

export function createClients(sql: Pool, notices: Notices): Clients {
  const known = remembering({ countMax: 1_000, forMs: rememberMs, bridgeMs, read: id => read(sql, id) })
  notices.on('client', ({ id }) => known.forget(id))
  return { find: async id => (id.includes('\0') ? undefined : known.find(id)) }
}

async function read(sql: Pool, id: string): Promise<ApiClient | undefined> {
  const [row] = await sql<Row[]>`select c.id, c.name, c.secret, c.allowed_grant_type, c.assigned_user_id,
    c.redirect_url, c.is_confidential, s.client_id as settings_of, s.scopes, s.extra_grants, s.password_grant,
    s.token_format, s.token_seconds, s.dpop_required, s.redirect_urls, s.api_version, s.if_match_required, s.idempotency_key_required
    from oauth2clients c left join api_client_settings s on s.client_id = c.id where c.id = ${id} and not c.deleted`
  return row && clientOf(row)
}

/** Whoever has the id could use these. */
const needsSecret = (grant: string) => grant === 'password' || grant === 'client_credentials'

function clientOf(row: Row): ApiClient {
  const grant = clientGrants.find(known => known === row.allowed_grant_type)
  const wanted = new Set<string | undefined>([grant, ...(row.extra_grants ?? [])])
  const grants = extraGrants.filter(
    each => wanted.has(each) && (each !== 'password' || row.settings_of === null || row.password_grant === true),
  )
  return {
    id: row.id,
    name: row.name ?? row.id,
    secretHash: row.secret ?? '',
    grant,
    grants,
    userId: row.assigned_user_id || undefined,
    redirectUrls: row.redirect_urls ?? (row.redirect_url ? [row.redirect_url] : []),
    isPublic: row.is_confidential === false && grants.length > 0 && !grants.some(needsSecret),
    scopes: row.scopes ?? 'all',
    tokenFormat: row.token_format ?? 'legacy',
    tokenSeconds: row.token_seconds ?? undefined,
    isDpopRequired: row.dpop_required === true,
    apiVersion: row.api_version ?? undefined,
    requiresIfMatch: row.if_match_required === true,
    requiresIdempotencyKey: row.idempotency_key_required === true,
  }
}

/** An API client as oidc-provider wants to see it. The "secret" is its hash; see {@link secretMatches}. */
export function metadataOf(client: ApiClient): AllClientMetadata {
  const withCode = client.grants.includes('authorization_code')
  const addresses = withCode ? client.redirectUrls : []
  return {
    client_id: client.id,
    client_name: client.name,
    grant_types: [...client.grants, 'refresh_token'],
    response_types: withCode ? ['code'] : [],
    redirect_uris: [...addresses],
    application_type: addresses.some(url => isNative(client, url)) ? 'native' : 'web',
    dpop_bound_access_tokens: client.isDpopRequired,
    // SuiteCRM's clients with a secret may leave PKCE out, as they could there.
    pkce_required: client.isPublic || client.tokenFormat !== 'legacy',
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

/**
 * An app that is called back by a scheme of its own, `com.example.app:/callback`, or (RFC 8252, 7.3) by a port of this
 * machine, which may then be any. SuiteCRM compares addresses letter by letter, and so its clients are compared.
 */
const isNative = ({ tokenFormat }: ApiClient, url: string) => {
  const { protocol, hostname } = URL.parse(url) ?? {}
  if (protocol === 'http:')
    return tokenFormat !== 'legacy' && ['127.0.0.1', '[::1]', 'localhost'].includes(hostname ?? '')
  return protocol !== undefined && protocol !== 'https:'
}
