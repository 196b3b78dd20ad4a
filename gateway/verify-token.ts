import { timingSafeEqual } from 'node:crypto'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { z } from 'zod'
import type { Context } from '../drizzle/context.ts'
import { looksLikeKey, readKeyText } from '../subgraphs/identity/key-text.ts'
import { hints, type Examine } from './authenticate.ts'

/** Would a token or an API key be accepted, and why not? For operators; callers are told less. */
export type Verdict = {
  readonly isValid: boolean
  readonly kind: 'API key' | 'access token'
  /** Why not, or what its sender needs besides. */
  readonly reason?: string
  /** What it says of itself and what is known of it, without the secret part. */
  readonly facts: Readonly<Record<string, string>>
}

/** @param house  how the running house examines tokens, and the address that it knows itself by */
export const verifyToken = (
  ctx: Context,
  text: string,
  house: { examine: Examine; issuer: string },
): Promise<Verdict> => (looksLikeKey(text) ? verifyKey(ctx, text) : verifyAccessToken(ctx, text, house))

type KeyRow = {
  name: string
  scopes: string[] | null
  hash: string
  until: string | null
  revoked_at: string | null
  owner: string | null
  isActive: boolean
}

async function verifyKey({ sql, now }: Context, text: string): Promise<Verdict> {
  const refuse = (reason: string, facts: Verdict['facts'] = {}): Verdict => ({
    isValid: false,
    kind: 'API key',
    reason,
    facts,
  })
  const given = readKeyText(text)
  if (!given) return refuse('It is mistyped or cut off: its check does not fit.')
  const { prefix } = given
  const [row] = await sql<KeyRow[]>`
    select k.name, k.scopes, case when k.prefix = ${prefix} then k.hash else k.previous_hash end as hash,
      case when k.prefix = ${prefix} then k.expires_at else k.previous_until end as until, k.revoked_at,
      u.user_name as owner, coalesce(not u.deleted and u.status is distinct from 'Inactive', false) as "isActive"
    from api_key k left join users u on u.id = k.user_id where k.prefix = ${prefix} or k.previous_prefix = ${prefix}`
  if (!row) return refuse('This house has no such key; or a key that was rolled twice since.', { prefix })
  const [stored, presented] = [Buffer.from(row.hash), Buffer.from(given.hash)]
  if (stored.length !== presented.length || !timingSafeEqual(stored, presented)) {
    return refuse('There is a key with this beginning, but it is another one.', { prefix })
  }
  const facts = {
    prefix,
    name: row.name,
    user: row.owner ?? '-',
    scopes: row.scopes?.join(' ') ?? 'everything',
    expires: row.until ?? 'never',
  }
  if (row.revoked_at !== null) return refuse(`It was revoked at ${row.revoked_at}.`, facts)
  if (row.until !== null && Date.parse(`${row.until}Z`) <= now().getTime()) return refuse('It has expired.', facts)
  if (!row.isActive) return refuse('Its user was switched off or deleted.', facts)
  return { isValid: true, kind: 'API key', facts }
}

/** What a token says of itself; nothing of it is believed here. */
const saying = z.object({
  iss: z.string().optional(),
  aud: z.union([z.string(), z.array(z.string())]).optional(),
  sub: z.string().optional(),
  client_id: z.string().optional(),
  scope: z.string().optional(),
  iat: z.number().optional(),
  exp: z.number().optional(),
})
type Saying = z.infer<typeof saying>

async function verifyAccessToken(
  ctx: Context,
  text: string,
  { examine, issuer }: { examine: Examine; issuer: string },
): Promise<Verdict> {
  const examined = await examine(text)
  const says = read(text)
  if (!says) {
    return {
      isValid: false,
      kind: 'access token',
      reason: 'It is no JWT: it is mistyped, cut off, or a refresh token.',
      facts: {},
    }
  }
  const facts = await factsOf(ctx, says)
  if (examined.kind === 'ok') {
    const { principal, token } = examined
    const scopes = principal.scopes === 'all' ? 'everything' : principal.scopes.join(' ')
    const reason =
      token.jkt === undefined ? {} : { reason: 'Its sender needs a DPoP proof with the key it is bound to.' }
    return { isValid: true, kind: 'access token', ...reason, facts: { ...facts, user: principal.userName, scopes } }
  }
  const reason =
    examined.kind === 'inactive'
      ? 'Its user was switched off or deleted, or its client acts as nobody.'
      : await whyDenied(ctx, says, { hint: examined.hint, issuer })
  return { isValid: false, kind: 'access token', reason, facts }
}

type Said = { readonly header: { alg?: string; typ?: string; kid?: string }; readonly claims: Saying }

function read(text: string): Said | undefined {
  try {
    const claims = saying.safeParse(decodeJwt(text))
    return claims.success ? { header: decodeProtectedHeader(text), claims: claims.data } : undefined
  } catch {
    return undefined
  }
}

async function whyDenied(
  { sql, now }: Context,
  { header, claims }: Said,
  { hint, issuer }: { hint: string; issuer: string },
): Promise<string> {
  if (claims.exp !== undefined && claims.exp * 1000 <= now().getTime()) return 'It has expired.'
  if (hint === hints.revoked) {
    const [client] = await sql`select from oauth2clients where id = ${keyOf(clientOf(claims))} and not deleted`
    return client
      ? 'It was revoked: by signing out, by a refresh, or for all of its user or API client.'
      : 'Its API client was deleted.'
  }
  const [key] = await sql`select from oauth_key where kid = ${keyOf(header.kid)} and alg = ${keyOf(header.alg)}`
  if (!key) return 'It is signed with a key that this house does not have, or has no more.'
  if (header.typ === 'at+jwt' && claims.iss !== issuer) {
    return `It is from ${claims.iss ?? 'nobody'}, and this house is ${issuer} (PUBLIC_URL, HOST, PORT).`
  }
  return 'Its signature does not fit: it was changed since it was made.'
}

/** What a token says can be anything; PostgreSQL takes no NUL. */
const keyOf = (said = '') => said.replaceAll('\0', '')

/** SuiteCRM's form names the client as the audience. */
const clientOf = ({ client_id: id, aud }: Saying) => id ?? (typeof aud === 'string' ? aud : undefined)

async function factsOf({ sql }: Context, { header, claims }: Said): Promise<Record<string, string>> {
  const clientId = clientOf(claims)
  const userId = claims.sub === clientId ? undefined : claims.sub
  const [names] = await sql<{ client: string | null; user: string | null }[]>`
    select (select name from oauth2clients where id = ${keyOf(clientId)}) as client,
      (select user_name from users where id = ${keyOf(userId)}) as user`
  const facts = {
    form: `${header.typ ?? '-'} ${header.alg ?? '-'}`,
    key: header.kid,
    client: clientId && `${names?.client ?? 'unknown'} (${clientId})`,
    user: names?.user ?? userId,
    scopes: claims.scope,
    issued: momentOf(claims.iat),
    expires: momentOf(claims.exp),
  }
  return Object.fromEntries(Object.entries(facts).flatMap(([name, fact]) => (fact ? [[name, fact]] : [])))
}

const momentOf = (seconds: number | undefined) =>
  seconds === undefined || !Number.isFinite(seconds) || Math.abs(seconds) > 1e11
    ? undefined
    : new Date(seconds * 1000).toISOString()
