import { boolean, index, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { instant } from './column-types.ts'

// What the authorization server and the legacy sessions keep. A bearer value (token, code, session id) is never at
// rest: the key is its SHA-256.

/** A moment in UTC to the millisecond, as text; grace times are shorter than a few seconds. */

/**
 * What an API client may do beyond SuiteCRM's row in `oauth2clients`. A client without a row here was imported from
 * SuiteCRM: it has all scopes, its one grant, and tokens in SuiteCRM's form.
 */
export const apiClientSettings = pgTable('api_client_settings', {
  client_id: text().primaryKey(),
  /** The most that its tokens can be granted; null for every scope. */
  scopes: text().array(),
  /** Grants beside that of `oauth2clients`, such as the device flow. */
  extra_grants: text().array().notNull().default([]),
  /** The password grant is for clients that cannot be changed any more: it must be switched on here. */
  password_grant: boolean().notNull().default(false),
  /** `legacy`: RS256 in SuiteCRM's form, `at+jwt`: ES256 by RFC 9068. */
  token_format: text().$type<'legacy' | 'at+jwt'>().notNull().default('at+jwt'),
  /** How long an access token lives; null for the usual time of its form. */
  token_seconds: integer(),
  /** Its tokens must be bound to a key of the client (RFC 9449). */
  dpop_required: boolean().notNull().default(false),
  /** Where sign-in may lead back to; null for the one of `oauth2clients`. */
  redirect_urls: text().array(),
  /** The version of REST V8 that answers it when it asks for none; null for the first. */
  api_version: text(),
  /** Its changes must say which version of the record they were made from. */
  if_match_required: boolean().notNull().default(false),
  /** Its changes must have an Idempotency-Key. */
  idempotency_key_required: boolean().notNull().default(false),
})

/** What oidc-provider stores: refresh tokens, codes, grants, login sessions, interactions. */
export const oauthEntry = pgTable(
  'oauth_entry',
  {
    model: text().notNull(),
    id: text().notNull(),
    payload: jsonb().$type<Record<string, unknown>>().notNull(),
    /** What was granted together and is revoked together; see gateway/oauth/token-id.ts. */
    family: text(),
    uid: text(),
    user_code: text(),
    expires_at: instant().notNull(),
    /** Used up or revoked. Such a token stays as a tombstone until it expires, so that a reuse is recognised. */
    consumed_at: instant(),
  },
  table => [
    primaryKey({ columns: [table.model, table.id] }),
    index('oauth_entry_family').on(table.family),
    index('oauth_entry_uid').on(table.uid),
    index('oauth_entry_user_code').on(table.user_code),
    index('oauth_entry_expires').on(table.expires_at),
  ],
)

/** The keys that sign tokens. */
export const oauthKey = pgTable('oauth_key', {
  kid: text().primaryKey(),
  alg: text().notNull(),
  /** `next` is published but signs nothing yet, `active` signs, `retiring` still verifies. */
  state: text().$type<'next' | 'active' | 'retiring'>().notNull(),
  /** The private JWK, sealed by drizzle/secrets.ts. */
  sealed_jwk: text().notNull(),
  created_at: instant().notNull(),
  /** When it began to sign, and when it stopped. */
  activated_at: instant(),
  retired_at: instant(),
})

/** Access tokens that are no longer valid although their signature and expiry say so. */
export const oauthRevocation = pgTable(
  'oauth_revocation',
  {
    family: text().primaryKey(),
    /** Tokens of the family with a lower generation are refused. */
    below: integer().notNull(),
    revoked_at: instant().notNull(),
    /** When the last of these tokens has expired by itself. */
    expires_at: instant().notNull(),
  },
  table => [
    index('oauth_revocation_revoked').on(table.revoked_at),
    index('oauth_revocation_expires').on(table.expires_at),
  ],
)

/** Signing out everywhere: the tokens of a user or an API client that were issued before a moment are refused. */
export const oauthEpoch = pgTable(
  'oauth_epoch',
  {
    /** `user` or `client`. */
    kind: text().$type<'user' | 'client'>().notNull(),
    id: text().notNull(),
    valid_after: instant().notNull(),
    /** When the last of the refused access tokens has expired by itself. */
    expires_at: instant().notNull(),
  },
  table => [primaryKey({ columns: [table.kind, table.id] }), index('oauth_epoch_expires').on(table.expires_at)],
)

/** Users who told the consent page not to ask again for an API client. */
export const oauthConsent = pgTable(
  'oauth_consent',
  {
    client_id: text().notNull(),
    user_id: text().notNull(),
    /** What they were asked for; for more they are asked again. `suitecrm` is all that a SuiteCRM client can have. */
    scopes: text().array().notNull().default(['suitecrm']),
    granted_at: instant().notNull(),
  },
  table => [primaryKey({ columns: [table.client_id, table.user_id] })],
)

/** Logins of the legacy API (v2 to v4.1). */
export const legacySession = pgTable(
  'legacy_session',
  {
    id: text().primaryKey(),
    user_id: text().notNull(),
    /** The client's address; see gateway/sessions.ts for how much of it must stay the same. */
    address: text().notNull(),
    opened_at: instant().notNull(),
    seen_at: instant().notNull(),
  },
  table => [index('legacy_session_user').on(table.user_id), index('legacy_session_seen').on(table.seen_at)],
)
