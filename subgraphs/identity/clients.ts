import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { momentOf, transaction, type Context } from '../../drizzle/context.ts'
import { HouseError, notFound } from '../../schema/errors.ts'
import { requireAdmin } from './permission.ts'

/** The grants of which an API client has exactly one; every client may also refresh. */
export const clientGrants = ['password', 'client_credentials', 'authorization_code'] as const

export type ClientGrant = (typeof clientGrants)[number]

/** An API client; its secret is stored as a hash only. */
export type Client = {
  readonly id: string
  readonly name: string
  readonly grant: ClientGrant | null
  readonly redirectUrl: string | null
  readonly isConfidential: boolean
  readonly createdAt: string | null
  readonly actsAs: { readonly id: string } | null
}

export type NewClient = {
  readonly name: string
  readonly grant: ClientGrant
  /** Whom client_credentials acts as. */
  readonly userId?: string | null
  readonly redirectUrl?: string | null
  readonly isConfidential?: boolean | null
}

export type ClientWithSecret = { readonly client: Client; readonly secret: string }

/** All API clients by name. */
export async function listClients(ctx: Context): Promise<Client[]> {
  requireAdmin(ctx)
  return (await readClients(ctx)).map(clientOf)
}

/**
 * Makes an API client and answers its secret, for the only time.
 *
 * @throws INVALID  what its grant needs is missing, or the user does not exist
 */
export async function createClient(ctx: Context, wanted: NewClient): Promise<ClientWithSecret> {
  requireAdmin(ctx)
  await check(ctx, wanted)
  const { id, secret, now } = { id: randomUUID(), secret: newSecret(), now: momentOf(ctx.now()) }
  await ctx.sql`insert into oauth2clients ${ctx.sql({
    id,
    name: wanted.name,
    date_entered: now,
    date_modified: now,
    created_by: ctx.principal.userId,
    modified_user_id: ctx.principal.userId,
    secret: hashOf(secret),
    allowed_grant_type: wanted.grant,
    assigned_user_id: wanted.userId ?? null,
    redirect_url: wanted.redirectUrl ?? null,
    is_confidential: wanted.isConfidential ?? true,
  })}`
  return { client: await findClient(ctx, id), secret }
}

/** Gives an API client another secret; the old one is refused from now on. */
export async function rotateSecret(ctx: Context, id: string): Promise<ClientWithSecret> {
  requireAdmin(ctx)
  const secret = newSecret()
  await change(ctx, id, { secret: hashOf(secret) })
  return { client: await findClient(ctx, id), secret }
}

/** Deletes an API client: its tokens are refused from now on. */
export async function deleteClient(ctx: Context, id: string): Promise<string> {
  requireAdmin(ctx)
  await change(ctx, id, { deleted: true })
  return id
}

async function check(ctx: Context, { name, grant, userId, redirectUrl }: NewClient) {
  const invalid = (field: string, message: string) => new HouseError('INVALID', message, { field })
  if (!name.trim()) throw invalid('name', 'An API client needs a name')
  if (grant === 'client_credentials' && !userId) throw invalid('userId', 'client_credentials needs the user it acts as')
  if (grant === 'authorization_code' && !URL.canParse(redirectUrl ?? '')) {
    throw invalid('redirectUrl', 'authorization_code needs the redirect URL, written in full')
  }
  if (!userId) return
  const [user] = await ctx.sql`select from users where id = ${userId} and not deleted`
  if (!user) throw invalid('userId', 'There is no such user')
}

/** Writes and tells all processes, which remember clients for a while; see gateway/oauth/notices.ts. */
const change = (ctx: Context, id: string, values: Record<string, string | boolean>) =>
  transaction(ctx, async ({ sql, now, principal }) => {
    const stamped = { ...values, date_modified: momentOf(now()), modified_user_id: principal.userId }
    const changed = await sql`update oauth2clients set ${sql(stamped)} where id = ${id} and not deleted`
    if (changed.count === 0) throw notFound('OAuth2Clients', id)
    await sql`select pg_notify('identity', ${JSON.stringify({ kind: 'client', id })})`
  })

async function findClient(ctx: Context, id: string): Promise<Client> {
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
}

const readClients = (ctx: Context, id?: string) => ctx.sql<Row[]>`
  select id, name, allowed_grant_type as grant, redirect_url as "redirectUrl", is_confidential as "isConfidential",
    date_entered as "createdAt", assigned_user_id as "userId"
  from oauth2clients where not deleted ${id === undefined ? ctx.sql`` : ctx.sql`and id = ${id}`}
  order by lower(name), id limit 1000`

const clientOf = ({ userId, grant, ...row }: Row): Client => ({
  ...row,
  name: row.name ?? row.id,
  grant: clientGrants.find(known => known === grant) ?? null,
  isConfidential: row.isConfidential ?? true,
  actsAs: userId ? { id: userId } : null,
})

const newSecret = () => randomBytes(32).toString('base64url')

/** As SuiteCRM stores it; enough for a secret that is long and random. */
const hashOf = (secret: string) => createHash('sha256').update(secret).digest('hex')
