import { audit } from '../../drizzle/audit.ts'
import type { Connection } from '../../drizzle/client.ts'
import { transaction, type Context } from '../../drizzle/context.ts'
import { HouseError } from '../../schema/errors.ts'
import { requireAdmin, requireSelfOrAdmin } from './permission.ts'

/**
 * Something that somebody can use to act as a user without signing in again. Never the bearer value: that is stored as a
 * hash, and nobody can be shown it.
 *
 * Access tokens leave no trace of their own: they belong to the grant here. Those of client_credentials have no grant
 * and are not listed; {@link revokeTokensOfClient} ends them.
 */
export type Token = {
  readonly id: string
  readonly kind: TokenKind
  readonly userId: string
  /** The API client that was let in; null for the login of a browser and sessions of the legacy API. */
  readonly clientId: string | null
  /** Null when it was not narrowed: every token of a SuiteCRM client. */
  readonly scopes: readonly string[] | null
  readonly createdAt: string
  /** The last refresh, or the last request of a session (to the minute). */
  readonly lastUsedAt: string | null
  readonly expiresAt: string
}

export const tokenKinds = ['GRANT', 'LOGIN', 'LEGACY_SESSION'] as const
/** `GRANT`: an API client with its refresh token, `LOGIN`: a browser on our own pages, `LEGACY_SESSION`: v2 to v4.1. */
export type TokenKind = (typeof tokenKinds)[number]

/** Whose tokens; with neither, everybody's. */
export type TokenFilter = { readonly userId?: string | null; readonly clientId?: string | null }

/** Longest life of an access token of any form; revocations are remembered as long. */
export const accessTokenSecondsMax = 3_600

/** Above every generation of a family; see gateway/oauth/token-id.ts. */
export const everyGeneration = 2 ** 31 - 1

/** Used ones are kept as tombstones, so that "used" and "never seen" can be told apart. */
export const tombstoned = ['RefreshToken', 'AuthorizationCode']

const listMax = 1_000
/** A session of the legacy API ends after so much silence; see gateway/sessions.ts. */
const legacyIdleSeconds = 1_440

type Row = Omit<Token, 'scopes'> & { scopes: string | null }

/**
 * What is alive now, the newest first.
 *
 * @throws FORBIDDEN  somebody else's, and the principal is no administrator
 */
export async function listTokens(ctx: Context, { userId, clientId }: TokenFilter = {}): Promise<Token[]> {
  if (userId) requireSelfOrAdmin(ctx, userId)
  else requireAdmin(ctx)
  const rows = await readTokens(
    ctx,
    ctx.sql`
    ${userId ? ctx.sql`"userId" = ${userId}` : ctx.sql`true`}
    and ${clientId ? ctx.sql`"clientId" = ${clientId}` : ctx.sql`true`}`,
  )
  return rows.map(({ scopes, ...row }) => ({ ...row, scopes: scopesOf(scopes) }))
}

/**
 * Ends one of {@link listTokens}, with all access tokens that came from it: at once in the process that is told first,
 * within seconds in the others.
 *
 * @throws NOT_FOUND  there is none, it has ended, or it is somebody else's
 */
export const revokeToken = (ctx: Context, id: string): Promise<string> =>
  transaction(ctx, async tx => {
    const [token] = await readTokens(tx, tx.sql`id = ${id}`)
    const { isAdmin, userId } = tx.principal
    if (!token || (!isAdmin && token.userId !== userId)) {
      throw new HouseError('NOT_FOUND', `Token ${id} does not exist, or has ended`, { id })
    }
    if (token.kind === 'GRANT') await endFamilies(tx.sql, [token.id], tx.now())
    if (token.kind === 'LOGIN') await tx.sql`delete from oauth_entry where model = 'Session' and id = ${token.id}`
    if (token.kind === 'LEGACY_SESSION') await endSessions(tx.sql, tx.sql`id = ${token.id}`)
    const { kind, clientId, scopes } = token
    audit(tx, { action: 'token.revoked', id, relatedId: token.userId, before: { kind, clientId, scopes } })
    return token.id
  })

/**
 * Signs a user out everywhere: every token, login and legacy session issued so far is refused. API keys stay.
 *
 * @throws FORBIDDEN  somebody else, and the principal is no administrator
 */
export async function revokeTokensOfUser(ctx: Context, userId: string): Promise<string> {
  requireSelfOrAdmin(ctx, userId)
  return transaction(ctx, async tx => {
    const { sql, now } = tx
    await endOf(sql, 'user', userId, now())
    await sql`delete from oauth_entry where model = 'Session' and payload ->> 'accountId' = ${userId}`
    await endSessions(sql, sql`user_id = ${userId}`)
    audit(tx, { action: 'user.signed_out', id: userId })
    return userId
  })
}

/**
 * Ends everything that was issued to an API client so far. The client may ask for new tokens.
 *
 * @throws FORBIDDEN  the principal is no administrator
 */
export async function revokeTokensOfClient(ctx: Context, clientId: string): Promise<string> {
  requireAdmin(ctx)
  return transaction(ctx, async tx => {
    await endOf(tx.sql, 'client', clientId, tx.now())
    audit(tx, { action: 'client.tokens_revoked', id: clientId })
    return clientId
  })
}

/**
 * Ends all that was granted together: access tokens, refresh tokens, codes and the grants themselves.
 *
 * @param sql  a transaction: processes are told when it commits
 */
export async function endFamilies(sql: Connection, families: readonly string[], now: Date): Promise<void> {
  const [at, until] = [now.toISOString(), untilOf(now).toISOString()]
  await sql`update oauth_entry set consumed_at = ${at}
    where family = any(${families}) and model = any(${tombstoned}) and consumed_at is null`
  await sql`delete from oauth_entry where family = any(${families}) and not model = any(${tombstoned})`
  await sql`
    with ended as (
      insert into oauth_revocation as known (family, below, revoked_at, expires_at)
      select family, ${everyGeneration}, ${at}, ${until} from unnest(${families}::text[]) as family
      on conflict (family) do update set below = excluded.below, revoked_at = excluded.revoked_at,
        expires_at = greatest(known.expires_at, excluded.expires_at)
      returning family)
    select pg_notify('identity', json_build_object('kind', 'revoked', 'family', family, 'below', ${everyGeneration}::int,
      'expiresAt', ${untilOf(now).getTime()}::bigint)::text) from ended`
}

/** Refuses what was issued to a user or an API client before now. */
async function endOf(sql: Connection, kind: 'user' | 'client', id: string, now: Date) {
  const until = untilOf(now)
  await sql`insert into oauth_epoch as known (kind, id, valid_after, expires_at)
    values (${kind}, ${id}, ${now.toISOString()}, ${until.toISOString()})
    on conflict (kind, id) do update set valid_after = greatest(known.valid_after, excluded.valid_after),
      expires_at = greatest(known.expires_at, excluded.expires_at)`
  const notice = { kind: 'epoch', of: kind, id, validAfter: now.getTime(), expiresAt: until.getTime() }
  await sql`select pg_notify('identity', ${JSON.stringify(notice)})`
  // A refresh that is under way now would make a token after that moment.
  const grants = await sql<{ family: string }[]>`select family from oauth_entry where model = 'Grant'
    and payload ->> ${kind === 'user' ? 'accountId' : 'clientId'} = ${id} and family is not null`
  await endFamilies(
    sql,
    grants.map(grant => grant.family),
    now,
  )
}

const endSessions = (sql: Connection, which: ReturnType<Connection>) => sql`
  with ended as (delete from legacy_session where ${which} returning id)
  select pg_notify('identity', json_build_object('kind', 'session', 'id', id)::text) from ended`

const untilOf = (now: Date) => new Date(now.getTime() + accessTokenSecondsMax * 1000)

/** A grant's own scope is inside: `{"resources": {"<resource>": "<scopes>"}}`. */
const readTokens = ({ sql, now }: Context, which: ReturnType<Connection>) => {
  const at = now().toISOString()
  const since = new Date(now().getTime() - legacyIdleSeconds * 1000).toISOString()
  return sql<Row[]>`
    select * from (
      select g.family as id, 'GRANT' as kind, g.payload ->> 'accountId' as "userId", g.payload ->> 'clientId' as "clientId",
        (select string_agg(value, ' ') from jsonb_each_text(coalesce(g.payload -> 'resources', '{}'))) as scopes,
        to_timestamp((g.payload ->> 'iat')::bigint) at time zone 'UTC' as "createdAt",
        (select max(to_timestamp((r.payload ->> 'iat')::bigint) at time zone 'UTC') from oauth_entry r
          where r.family = g.family and r.model = 'RefreshToken') as "lastUsedAt",
        g.expires_at::timestamp as "expiresAt"
      from oauth_entry g where g.model = 'Grant' and g.expires_at > ${at}
      union all
      select id, 'LOGIN', payload ->> 'accountId', null, null,
        to_timestamp((payload ->> 'loginTs')::bigint) at time zone 'UTC', null, expires_at
      from oauth_entry where model = 'Session' and payload ->> 'accountId' is not null and expires_at > ${at}
      union all
      select id, 'LEGACY_SESSION', user_id, null, null, opened_at, seen_at, seen_at + ${legacyIdleSeconds} * interval '1 second'
      from legacy_session where seen_at > ${since}
    ) t where ${which} order by "createdAt" desc, id limit ${listMax}`
}

/** The scope that stands for SuiteCRM's tokens, which have none, is no scope of ours. */
const scopesOf = (text: string | null) => {
  const scopes = [...new Set((text ?? '').split(' '))].filter(scope => scope.includes(':'))
  return scopes.length > 0 ? scopes : null
}
