import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { audit } from '../../drizzle/audit.ts'
import { momentOf, transaction, type Context } from '../../drizzle/context.ts'
import { notFound } from '../../schema/errors.ts'
import {
  checkChanges,
  checkUser,
  clientGrants,
  extraGrants,
  invalid,
  settingsOf,
  type ClientChanges,
  type ClientGrant,
  type ExtraGrant,
  type TokenFormat,
} from './client-settings.ts'
import { requireAdmin } from './permission.ts'

/** An API client; its secret is stored as a hash only. */
export type Client = {
  readonly id: string
  readonly name: string
  /** SuiteCRM's one. */
  readonly grant: ClientGrant | null
  readonly extraGrants: readonly ExtraGrant[]
  readonly passwordGrant: boolean
  /** The first of `redirectUrls`. */
  readonly redirectUrl: string | null
  readonly redirectUrls: readonly string[]
  readonly isConfidential: boolean
  /** Null: everything that its user may. */
  readonly scopes: readonly string[] | null
  readonly tokenFormat: TokenFormat
  readonly tokenSeconds: number | null
  readonly requiresDpop: boolean
  /** Null: the first one. */
  readonly apiVersion: string | null
  readonly requiresIfMatch: boolean
  readonly requiresIdempotencyKey: boolean
  readonly createdAt: string | null
  readonly actsAs: { readonly id: string } | null
}

export type NewClient = ClientChanges & {
  readonly name: string
  readonly grant: ClientGrant
  /** The same as one of `redirectUrls`. */
  readonly redirectUrl?: string | null
  readonly isConfidential?: boolean | null
}

export type ClientWithSecret = { readonly client: Client; readonly secret: string }

/** All API clients by name. */
export async function listClients(ctx: Context): Promise<Client[]> {
  requireAdmin(ctx)
  return (await readClients(ctx)).map(clientOf)
}

/** @returns undefined when there is none */
export async function findClient(ctx: Context, id: string): Promise<Client | undefined> {
  requireAdmin(ctx)
  const [row] = await readClients(ctx, id)
  return row && clientOf(row)
}

/**
 * Makes an API client and answers its secret, for the only time. Its tokens are of the new form, and only one that is
 * made for the password grant has it.
 *
 * @throws INVALID  what its grant needs is missing, or the user does not exist; `field` says where
 */
export async function createClient(ctx: Context, wanted: NewClient): Promise<ClientWithSecret> {
  requireAdmin(ctx)
  const { grant, redirectUrl, userId } = wanted
  const redirectUrls = wanted.redirectUrls ?? (redirectUrl == null ? [] : [redirectUrl])
  const changes = { ...wanted, redirectUrls }
  const extraGrants = [...new Set(wanted.extraGrants)]
  const passwordGrant = wanted.passwordGrant ?? grant === 'password'
  checkChanges(changes)
  checkGrants({ grants: [grant, ...extraGrants], userId, redirectUrls })
  await checkUser(ctx, userId)
  const settings = settingsOf(ctx, changes, { extraGrants, passwordGrant })
  const { id, secret, now } = { id: randomUUID(), secret: newSecret(), now: momentOf(ctx.now()) }
  return transaction(ctx, async tx => {
    await tx.sql`insert into oauth2clients ${tx.sql({
      id,
      name: wanted.name,
      date_entered: now,
      date_modified: now,
      created_by: tx.principal.userId,
      modified_user_id: tx.principal.userId,
      secret: hashOf(secret),
      allowed_grant_type: grant,
      assigned_user_id: userId ?? null,
      redirect_url: redirectUrls[0] ?? null,
      is_confidential: wanted.isConfidential ?? true,
    })}`
    await tx.sql`insert into api_client_settings ${tx.sql({ client_id: id, ...settings })}`
    const client = await readBack(tx, id)
    audit(tx, { action: 'client.created', id, after: client })
    return { client, secret }
  })
}

/**
 * Changes what is given of an API client. One that came from SuiteCRM stays what it is in all that is not given.
 *
 * @throws INVALID  a grant that it has would lack what it needs; `field` says where
 */
export async function updateClient(ctx: Context, id: string, changes: ClientChanges): Promise<Client> {
  requireAdmin(ctx)
  checkChanges(changes)
  await checkUser(ctx, changes.userId)
  return transaction(ctx, async tx => {
    await tx.sql`select from oauth2clients where id = ${id} for update`
    const before = await readBack(tx, id)
    const extraGrants = [...new Set(changes.extraGrants ?? before.extraGrants)]
    const passwordGrant = changes.passwordGrant ?? before.passwordGrant
    checkGrants({
      grants: [before.grant, ...extraGrants],
      userId: changes.userId === undefined ? before.actsAs?.id : changes.userId,
      redirectUrls: changes.redirectUrls ?? before.redirectUrls,
    })
    const settings = settingsOf(
      tx,
      { ...changes, tokenFormat: changes.tokenFormat ?? before.tokenFormat },
      { extraGrants, passwordGrant },
    )
    await tx.sql`insert into api_client_settings ${tx.sql({ client_id: id, ...settings })}
      on conflict (client_id) do update set ${tx.sql(settings)}`
    await change(tx, id, {
      ...(changes.name == null ? {} : { name: changes.name }),
      ...(changes.userId === undefined ? {} : { assigned_user_id: changes.userId }),
      ...(changes.redirectUrls == null ? {} : { redirect_url: changes.redirectUrls[0] ?? null }),
    })
    const after = await readBack(tx, id)
    audit(tx, { action: 'client.changed', id, before, after })
    return after
  })
}

/** Gives an API client another secret; the old one is refused from now on. */
export async function rotateSecret(ctx: Context, id: string): Promise<ClientWithSecret> {
  requireAdmin(ctx)
  const secret = newSecret()
  return transaction(ctx, async tx => {
    await change(tx, id, { secret: hashOf(secret) })
    audit(tx, { action: 'client.secret_rotated', id, after: { secret } })
    return { client: await readBack(tx, id), secret }
  })
}

/** Deletes an API client: its tokens are refused from now on. */
export async function deleteClient(ctx: Context, id: string): Promise<string> {
  requireAdmin(ctx)
  return transaction(ctx, async tx => {
    const before = await readBack(tx, id)
    await change(tx, id, { deleted: true })
    audit(tx, { action: 'client.deleted', id, before })
    return id
  })
}

/** Does the client have what its grants need? */
function checkGrants(of: {
  grants: readonly (ClientGrant | ExtraGrant | null)[]
  userId?: string | null | undefined
  redirectUrls: readonly string[]
}) {
  if (of.grants.includes('client_credentials') && !of.userId) {
    throw invalid('userId', 'client_credentials needs the user it acts as')
  }
  if (of.grants.includes('authorization_code') && of.redirectUrls.length === 0) {
    throw invalid('redirectUrl', 'authorization_code needs a redirect URL, written in full')
  }
}

/** Writes and tells all processes, which remember clients for a while; see gateway/oauth/notices.ts. */
async function change({ sql, now, principal }: Context, id: string, values: Record<string, string | boolean | null>) {
  const stamped = { ...values, date_modified: momentOf(now()), modified_user_id: principal.userId }
  const changed = await sql`update oauth2clients set ${sql(stamped)} where id = ${id} and not deleted`
  if (changed.count === 0) throw notFound('OAuth2Clients', id)
  await sql`select pg_notify('identity', ${JSON.stringify({ kind: 'client', id })})`
}

async function readBack(ctx: Context, id: string): Promise<Client> {
  const [row] = await readClients(ctx, id)
  if (!row) throw notFound('OAuth2Clients', id)
  return clientOf(row)
}

type Row = {
  id: string
  name: string | null
  grant: string | null
  redirectUrl: string | null
  isConfidential: boolean | null
  createdAt: string | null
  userId: string | null
  /** Null for clients that came from SuiteCRM, and so is all that follows. */
  settingsOf: string | null
  scopes: string[] | null
  extraGrants: string[] | null
  passwordGrant: boolean | null
  tokenFormat: TokenFormat | null
  tokenSeconds: number | null
  requiresDpop: boolean | null
  apiVersion: string | null
  requiresIfMatch: boolean | null
  requiresIdempotencyKey: boolean | null
  redirectUrls: string[] | null
}

const readClients = (ctx: Context, id?: string) => ctx.sql<Row[]>`
  select c.id, c.name, c.allowed_grant_type as grant, c.redirect_url as "redirectUrl",
    c.is_confidential as "isConfidential", c.date_entered as "createdAt", c.assigned_user_id as "userId",
    s.client_id as "settingsOf", s.scopes, s.extra_grants as "extraGrants", s.password_grant as "passwordGrant",
    s.token_format as "tokenFormat", s.token_seconds as "tokenSeconds", s.dpop_required as "requiresDpop", s.api_version as "apiVersion", s.if_match_required as "requiresIfMatch",
    s.idempotency_key_required as "requiresIdempotencyKey",
    s.redirect_urls as "redirectUrls"
  from oauth2clients c left join api_client_settings s on s.client_id = c.id
  where not c.deleted ${id === undefined ? ctx.sql`` : ctx.sql`and c.id = ${id}`}
  order by lower(c.name), c.id limit 1000`

function clientOf({ userId, settingsOf: settings, ...row }: Row): Client {
  const grant = clientGrants.find(known => known === row.grant) ?? null
  const redirectUrls = row.redirectUrls ?? (row.redirectUrl ? [row.redirectUrl] : [])
  return {
    id: row.id,
    name: row.name ?? row.id,
    grant,
    extraGrants: extraGrants.filter(known => row.extraGrants?.includes(known)),
    passwordGrant: row.passwordGrant ?? (settings === null && grant === 'password'),
    redirectUrl: redirectUrls[0] ?? null,
    redirectUrls,
    isConfidential: row.isConfidential ?? true,
    scopes: row.scopes,
    tokenFormat: row.tokenFormat ?? 'legacy',
    tokenSeconds: row.tokenSeconds,
    requiresDpop: row.requiresDpop ?? false,
    apiVersion: row.apiVersion,
    requiresIfMatch: row.requiresIfMatch ?? false,
    requiresIdempotencyKey: row.requiresIdempotencyKey ?? false,
    createdAt: row.createdAt,
    actsAs: userId ? { id: userId } : null,
  }
}

const newSecret = () => randomBytes(32).toString('base64url')

/** As SuiteCRM stores it; enough for a secret that is long and random. */
const hashOf = (secret: string) => createHash('sha256').update(secret).digest('hex')
