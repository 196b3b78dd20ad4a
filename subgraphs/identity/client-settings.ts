import type { Context } from '../../drizzle/context.ts'
import { HouseError } from '../../schema/errors.ts'
import { v8VersionNames } from '../../schema/versions.ts'
import { checkedScopes } from './scopes.ts'

/** The grants of SuiteCRM's table, of which an API client has one; every client may also refresh. */
export const clientGrants = ['password', 'client_credentials', 'authorization_code'] as const
export type ClientGrant = (typeof clientGrants)[number]

/** Grants that a client can have beside it. */
export const extraGrants = [
  'client_credentials',
  'authorization_code',
  'urn:ietf:params:oauth:grant-type:device_code',
] as const
export type ExtraGrant = (typeof extraGrants)[number]

export type TokenFormat = 'legacy' | 'at+jwt'

/** What can be said of a new API client and changed of a known one. What is left out stays. */
export type ClientChanges = {
  readonly name?: string | null
  /** Whom client_credentials acts as. */
  readonly userId?: string | null
  /** Where sign-in may lead back to. */
  readonly redirectUrls?: readonly string[] | null
  /** The most that its tokens can be granted; `*` alone for everything. */
  readonly scopes?: readonly string[] | null
  readonly extraGrants?: readonly ExtraGrant[] | null
  /** May it send names and passwords of users? */
  readonly passwordGrant?: boolean | null
  readonly tokenFormat?: TokenFormat | null
  readonly tokenSeconds?: number | null
  readonly requiresDpop?: boolean | null
  /** The version of REST V8 that answers it when it asks for none. */
  readonly apiVersion?: string | null
  /** Must its changes say which version of a record they were made from? */
  readonly requiresIfMatch?: boolean | null
  /** Must its changes have an Idempotency-Key? */
  readonly requiresIdempotencyKey?: boolean | null
}

const nameLengthMax = 255
const redirectUrlsMax = 20
/** Revocations are remembered for an hour, so no token lives longer; see tokens.ts. */
const tokenSeconds = { min: 60, max: 3_600 }

/** @throws INVALID  `field` says where */
export function checkChanges({ name, redirectUrls, tokenSeconds: seconds, apiVersion }: ClientChanges): void {
  if (apiVersion != null && !v8VersionNames.includes(apiVersion)) {
    throw invalid('apiVersion', `The versions of REST V8 are ${v8VersionNames.join(' and ')}`)
  }
  if (name != null && (name.trim() === '' || name.length > nameLengthMax)) {
    throw invalid('name', `An API client needs a name of at most ${nameLengthMax} characters`)
  }
  if ((redirectUrls?.length ?? 0) > redirectUrlsMax) {
    throw invalid('redirectUrl', `An API client has at most ${redirectUrlsMax} redirect URLs`)
  }
  for (const url of redirectUrls ?? []) {
    const fault = faultOfRedirect(url)
    if (fault) throw invalid('redirectUrl', `A redirect URL ${fault}`)
  }
  if (seconds != null && !(Number.isInteger(seconds) && seconds >= tokenSeconds.min && seconds <= tokenSeconds.max)) {
    throw invalid('tokenSeconds', `Tokens live ${tokenSeconds.min} to ${tokenSeconds.max} seconds`)
  }
}

/** @throws INVALID  there is no such active user */
export async function checkUser({ sql }: Context, userId: string | null | undefined): Promise<void> {
  if (!userId) return
  const [user] =
    await sql`select from users where id = ${userId} and not deleted and status is distinct from 'Inactive'`
  if (!user) throw invalid('userId', 'There is no such active user')
}

type Grants = { readonly extraGrants: readonly ExtraGrant[]; readonly passwordGrant: boolean }

/**
 * The columns of `api_client_settings` that changes are about.
 *
 * @param grants  those of the client after the changes
 */
export function settingsOf(ctx: Context, changes: ClientChanges, grants: Grants): Record<string, Setting> {
  const { scopes, tokenFormat, tokenSeconds, requiresDpop, redirectUrls, apiVersion } = changes
  const { extraGrants } = grants
  const settings: Record<string, Setting | undefined> = {
    scopes: scopes == null ? undefined : listOf(checkedScopes(ctx, scopes)),
    extra_grants: grants.passwordGrant ? [...extraGrants, 'password'] : [...extraGrants],
    password_grant: grants.passwordGrant,
    token_format: tokenFormat ?? undefined,
    token_seconds: tokenSeconds ?? undefined,
    dpop_required: requiresDpop ?? undefined,
    api_version: apiVersion ?? undefined,
    if_match_required: changes.requiresIfMatch ?? undefined,
    idempotency_key_required: changes.requiresIdempotencyKey ?? undefined,
    redirect_urls: redirectUrls == null ? undefined : [...redirectUrls],
  }
  return Object.fromEntries(
    Object.entries(settings).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}

type Setting = string | number | boolean | string[] | null

const listOf = (scopes: readonly string[] | null) => scopes && [...scopes]

/**
 * What is wrong with an address that sign-in is to lead back to.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9700#section-2.1 and RFC 8252, 7: https, this machine, or a scheme of an app
 */
function faultOfRedirect(text: string): string | undefined {
  if (!URL.canParse(text)) return 'is written in full, such as https://shop.example.com/callback'
  const url = new URL(text)
  if (url.hash !== '' || text.includes('#')) return 'has no fragment'
  if (url.username !== '' || url.password !== '') return 'has no user'
  if (url.protocol === 'https:') return undefined
  if (url.protocol === 'http:') return isHere(url.hostname) ? undefined : 'is https, unless it leads to 127.0.0.1'
  return url.protocol.includes('.') ? undefined : 'is https, or has the scheme of an app such as com.example.app:/back'
}

const isHere = (host: string) => host === 'localhost' || host === '[::1]' || /^127(\.\d+){3}$/.test(host)

export const invalid = (field: string, message: string) => new HouseError('INVALID', message, { field })
