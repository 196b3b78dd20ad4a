import { randomUUID } from 'node:crypto'
import { audit } from '../../drizzle/audit.ts'
import { transaction, type Context } from '../../drizzle/context.ts'
import { HouseError } from '../../schema/errors.ts'
import { newKeyText } from './key-text.ts'
import { checkedScopes, everything } from './scopes.ts'

/** A key with which a script acts as a user; never the key itself. */
export type Key = {
  readonly id: string
  readonly name: string
  readonly prefix: string
  readonly owner: { readonly id: string }
  /** Null: everything that the owner may. */
  readonly scopes: readonly string[] | null
  readonly state: KeyState
  readonly createdAt: string
  readonly createdBy: { readonly id: string }
  /** Null: never. */
  readonly expiresAt: string | null
  /** To the minute. */
  readonly lastUsedAt: string | null
  readonly lastAddress: string | null
  /** The key before the last roll, while it is still good. */
  readonly previousPrefix: string | null
  readonly previousExpiresAt: string | null
}

export const keyStates = ['ACTIVE', 'EXPIRED', 'REVOKED'] as const
export type KeyState = (typeof keyStates)[number]

/** How long a key is good: so many days, or for ever, which has to be said. */
export type Lifetime = { readonly expiresInDays?: number | null; readonly neverExpires?: boolean | null }

export type NewKey = Lifetime & {
  readonly name: string
  /** `*` alone stands for everything that the owner may. */
  readonly scopes: readonly string[]
  /** Whom it acts as; left out, the caller. */
  readonly userId?: string | null
}

export type Roll = Lifetime & { readonly overlapHours?: number | null }

/** The `secret` is the whole key, for the only time. */
export type KeyWithSecret = { readonly key: Key; readonly secret: string }

const daysDefault = 90
const daysMax = 3_650
const overlapHoursDefault = 24
const overlapHoursMax = 720
const nameLengthMax = 100
/** Of one user, those that are revoked or expired left out. */
const keysMax = 100
const listMax = 1_000

/**
 * The principal's own keys; an administrator's list has everybody's.
 *
 * @param userId  only those of this user
 * @throws FORBIDDEN  somebody else's, and the principal is no administrator
 */
export async function listKeys(ctx: Context, userId?: string | null): Promise<Key[]> {
  const { principal, sql } = ctx
  if (userId && !principal.isAdmin && userId !== principal.userId) {
    throw new HouseError('FORBIDDEN', 'Only the owner and administrators may see these keys')
  }
  const owner = userId ?? (principal.isAdmin ? undefined : principal.userId)
  return readKeys(ctx, owner === undefined ? sql`true` : sql`user_id = ${owner}`)
}

/**
 * Makes a key. It may never do more than who makes it, and not more than whom it acts as.
 *
 * @throws FORBIDDEN  for another user, and the principal is no administrator; or the principal came with a key itself
 * @throws INVALID    `field` says where
 */
export async function createKey(ctx: Context, wanted: NewKey): Promise<KeyWithSecret> {
  const { principal } = ctx
  refuseKeys(ctx)
  const userId = wanted.userId ?? principal.userId
  if (userId !== principal.userId && !principal.isAdmin) {
    throw new HouseError('FORBIDDEN', 'Only administrators make keys that act as somebody else')
  }
  const name = wanted.name.trim()
  if (name === '' || name.length > nameLengthMax) {
    throw invalid('name', `A key needs a name of at most ${nameLengthMax} characters`)
  }
  const scopes = checkedScopes(ctx, wanted.scopes)
  const days = daysOf(wanted, daysDefault)
  const { text, prefix, hash } = newKeyText()
  return transaction(ctx, async tx => {
    await checkOwner(tx, userId)
    const id = randomUUID()
    await tx.sql`insert into api_key ${tx.sql({
      id,
      name,
      user_id: userId,
      scopes: scopes && [...scopes],
      prefix,
      hash,
      lifetime_days: days,
      created_at: tx.now().toISOString(),
      created_by: principal.userId,
      expires_at: laterBy(tx, days),
    })}`
    await tell(tx, [prefix])
    const key = await findKey(tx, id)
    audit(tx, { action: 'key.created', id, relatedId: userId, after: told(key) })
    return { key, secret: text }
  })
}

/**
 * Replaces a key by another one with the same rights. The old one is good for a while longer, so that scripts can be
 * changed one by one; the one before it ends now.
 *
 * @throws NOT_FOUND  there is none, or it is somebody else's
 * @throws CONFLICT   it is revoked
 * @throws FORBIDDEN  it may do more than the principal, or the principal came with a key itself
 */
export async function rollKey(ctx: Context, id: string, { overlapHours, ...lifetime }: Roll = {}) {
  refuseKeys(ctx)
  const hours = overlapHours ?? overlapHoursDefault
  if (!Number.isInteger(hours) || hours < 0 || hours > overlapHoursMax) {
    throw invalid('overlapHours', `The overlap is 0 to ${overlapHoursMax} hours`)
  }
  const { text, prefix, hash } = newKeyText()
  return transaction(ctx, async tx => {
    const before = await lockKey(tx, id)
    const old = await findKey(tx, id)
    if (before.revoked_at !== null) throw new HouseError('CONFLICT', 'This key is revoked; make another one', { id })
    checkedScopes(tx, before.scopes ?? [everything])
    const days = daysOf(lifetime, before.lifetime_days)
    const until = new Date(tx.now().getTime() + hours * 3_600_000).toISOString()
    await tx.sql`update api_key set prefix = ${prefix}, hash = ${hash}, previous_prefix = prefix, previous_hash = hash,
      previous_until = least(expires_at, ${until}), rolled_at = ${tx.now().toISOString()}, lifetime_days = ${days},
      expires_at = ${laterBy(tx, days)} where id = ${id}`
    await tell(tx, [prefix, before.prefix, before.previous_prefix])
    const key = await findKey(tx, id)
    audit(tx, { action: 'key.rolled', id, relatedId: key.owner.id, before: told(old), after: told(key) })
    return { key, secret: text }
  })
}

/**
 * Ends a key: it is refused from now on, within two seconds in every process.
 *
 * @throws NOT_FOUND  there is none, or it is somebody else's
 */
export const revokeKey = (ctx: Context, id: string): Promise<Key> =>
  transaction(ctx, async tx => {
    const before = await lockKey(tx, id)
    const old = await findKey(tx, id)
    await tx.sql`update api_key set revoked_at = ${tx.now().toISOString()}, revoked_by = ${tx.principal.userId}
      where id = ${id} and revoked_at is null`
    await tell(tx, [before.prefix, before.previous_prefix])
    const key = await findKey(tx, id)
    audit(tx, { action: 'key.revoked', id, relatedId: key.owner.id, before: told(old), after: told(key) })
    return key
  })

/** Of a key what decides about it, not when and from where it was used. */
const told = ({ name, prefix, owner, scopes, state, expiresAt, previousPrefix, previousExpiresAt }: Key) => ({
  ...{ name, prefix, owner: owner.id, scopes, state, expiresAt, previousPrefix, previousExpiresAt },
})

/** A key that makes keys, or rolls itself, would never end, whoever has it. */
function refuseKeys({ principal }: Context) {
  if (principal.keyId !== undefined) throw new HouseError('FORBIDDEN', 'An API key may not make or roll API keys')
}

function daysOf({ expiresInDays, neverExpires }: Lifetime, otherwise: number | null): number | null {
  if (neverExpires && expiresInDays != null) {
    throw invalid('neverExpires', 'A key that never expires cannot expire in some days')
  }
  if (neverExpires) return null
  const days = expiresInDays ?? otherwise
  if (days !== null && (!Number.isInteger(days) || days < 1 || days > daysMax)) {
    throw invalid('expiresInDays', `A key expires in 1 to ${daysMax} days; neverExpires is to be said`)
  }
  return days
}

async function checkOwner({ sql, now }: Context, userId: string) {
  const [user] = await sql`select from users where id = ${userId} and not deleted
    and status is distinct from 'Inactive' for update`
  if (!user) throw invalid('userId', 'There is no such active user')
  const [row] = await sql<{ count: number }[]>`select count(*)::int as count from api_key where user_id = ${userId}
    and revoked_at is null and (expires_at is null or expires_at > ${now().toISOString()})`
  if ((row?.count ?? 0) >= keysMax) {
    throw invalid('userId', `This user has ${keysMax} keys already; revoke those that are not needed`)
  }
}

const laterBy = ({ now }: Context, days: number | null) =>
  days === null ? null : new Date(now().getTime() + days * 86_400_000).toISOString()

type Locked = {
  prefix: string
  previous_prefix: string | null
  scopes: string[] | null
  lifetime_days: number | null
  revoked_at: string | null
}

async function lockKey({ sql, principal }: Context, id: string): Promise<Locked> {
  const [row] = await sql<Locked[]>`select prefix, previous_prefix, scopes, lifetime_days, revoked_at from api_key
    where id = ${id} and ${principal.isAdmin ? sql`true` : sql`user_id = ${principal.userId}`} for update`
  if (!row) throw noKey(id)
  return row
}

/** All processes remember keys for a while; see gateway/api-keys.ts. */
async function tell({ sql }: Context, prefixes: readonly (string | null)[]) {
  for (const prefix of prefixes) {
    if (prefix !== null) await sql`select pg_notify('identity', ${JSON.stringify({ kind: 'key', id: prefix })})`
  }
}

async function findKey(ctx: Context, id: string): Promise<Key> {
  const [key] = await readKeys(ctx, ctx.sql`id = ${id}`)
  if (!key) throw noKey(id)
  return key
}

type Row = Omit<Key, 'owner' | 'createdBy' | 'state'> & { userId: string; creatorId: string; revokedAt: string | null }

async function readKeys({ sql, now }: Context, which: ReturnType<Context['sql']>): Promise<Key[]> {
  const at = now().toISOString()
  const rows = await sql<(Row & { isExpired: boolean })[]>`
    select id, name, prefix, user_id as "userId", scopes, created_at as "createdAt", created_by as "creatorId",
      expires_at as "expiresAt", last_used_at as "lastUsedAt", last_address as "lastAddress",
      revoked_at as "revokedAt", coalesce(expires_at <= ${at}, false) as "isExpired",
      case when previous_until > ${at} then previous_prefix end as "previousPrefix",
      case when previous_until > ${at} then previous_until end as "previousExpiresAt"
    from api_key where ${which} order by created_at desc, id limit ${listMax}`
  return rows.map(({ userId, creatorId, revokedAt, isExpired, ...row }) => ({
    ...row,
    owner: { id: userId },
    createdBy: { id: creatorId },
    state: revokedAt !== null ? 'REVOKED' : isExpired ? 'EXPIRED' : 'ACTIVE',
  }))
}

const invalid = (field: string, message: string) => new HouseError('INVALID', message, { field })

const noKey = (id: string) => new HouseError('NOT_FOUND', `API key ${id.slice(0, 100)} does not exist`, { id })
