import { createHash, createHmac } from 'node:crypto'
import { errors, type Adapter, type AdapterPayload } from 'oidc-provider'
import type { Pool } from '../../drizzle/client.ts'
import type { Secrets } from '../../drizzle/secrets.ts'
import { begin } from '../../drizzle/transaction.ts'
import { accessTokenSecondsMax, endFamilies, everyGeneration, tombstoned } from '../../subgraphs/identity/tokens.ts'
import { metadataOf, type Clients } from './clients.ts'
import type { Revocations } from './revocations.ts'
import { familyOf } from './token-id.ts'

export type Storage = {
  /** What oidc-provider asks for, one for each of its models. */
  readonly adapterOf: (model: string) => Adapter
  /** Ends all that was granted together: access tokens, refresh tokens, codes and the grant itself. */
  endFamily(family: string): Promise<void>
}

export type StorageDeps = {
  readonly sql: Pool
  readonly secrets: Secrets
  readonly revocations: Revocations
  readonly clients: Clients
  readonly now: () => Date
}

type Row = { id: string; payload: AdapterPayload; expires_at: string; consumed_at: string | null }
type Used = { family: string | null; rotations: number | null }

/** For entries whose life oidc-provider leaves open. */
const entrySeconds = 86_400
/** Somebody who sends a refresh token twice within this time lost a race; later it is a thief, or met one. */
const graceMs = 2_000
/** They hold the bearer values of others: the cookie of the login session, the address that resumes it. */
const sealed = ['Interaction']

export function createStorage(deps: StorageDeps): Storage {
  const { sql, now } = deps
  const clients = clientAdapter(deps.clients)

  async function endFamily(family: string) {
    await begin(sql, tx => endFamilies(tx, [family], now()))
    // Every process is told by the statement above; this one must know before the answer leaves.
    deps.revocations.remember(family, everyGeneration, later(now(), accessTokenSecondsMax))
  }

  return {
    adapterOf: model => (model === 'Client' ? clients : entryAdapter(model, deps, endFamily)),
    endFamily,
  }
}

/** Deletes what has expired. */
export async function sweepTokens(sql: Pool, now: Date) {
  const before = now.toISOString()
  await sql`delete from oauth_entry where expires_at < ${before}`
  await sql`delete from oauth_revocation where expires_at < ${before}`
  await sql`delete from oauth_epoch where expires_at < ${before}`
}

/**
 * Ids are what the bearer presents, so only their hash is kept. A row that was found by another name has no id that we
 * know; oidc-provider, which saves it under its id, is given a handle that nobody else can make.
 */
function namingOf(secrets: Secrets) {
  const secret = secrets.derive('handles of entries')
  const handleOf = (key: string) => `row.${key}.${createHmac('sha256', secret).update(key).digest('base64url')}`
  return {
    handleOf,
    keyOf(id: string) {
      const key = /^row\.([\w-]{43})\./.exec(id)?.[1]
      return key && handleOf(key) === id ? key : createHash('sha256').update(id).digest('base64url')
    },
  }
}

const later = (now: Date, seconds: number) => new Date(now.getTime() + seconds * 1000)

const revokeBelow = ({ revocations, now }: StorageDeps, family: string, generation: number) =>
  revocations.revoke(family, generation, later(now(), accessTokenSecondsMax))

/** Where the payload of an entry is sealed for. */
export const placeOfEntry = (model: string, key: string) => `oauth_entry/${model}/${key}`

/**
 * The rows of `oauth_entry` as oidc-provider uses them.
 *
 * @see https://github.com/panva/node-oidc-provider/blob/main/example/my_adapter.js read 2026-11
 */
function entryAdapter(model: string, deps: StorageDeps, endFamily: Storage['endFamily']): Adapter {
  const { sql, secrets, now } = deps
  const { handleOf, keyOf } = namingOf(secrets)
  const isSealed = sealed.includes(model)
  const place = (key: string) => placeOfEntry(model, key)
  const read = (row: Row | undefined, id = row && handleOf(row.id)) => {
    if (!row || id === undefined) return undefined
    const payload: AdapterPayload = isSealed
      ? JSON.parse(secrets.open(String(row.payload.sealed), place(row.id)))
      : row.payload
    return payloadOf(model, { ...row, payload }, now(), id)
  }

  return {
    async upsert(id, { jti: _id, ...payload }, expiresIn = entrySeconds) {
      const key = keyOf(id)
      const grantId = model === 'Grant' ? id : payload.grantId
      const family = grantId ? familyOf(grantId) : null
      const expiresAt = later(now(), expiresIn).toISOString()
      if (model === 'ReplayDetection') return insertOnce(sql, key, expiresAt)
      const kept = isSealed ? { sealed: secrets.seal(JSON.stringify(payload), place(key)) } : payload
      await sql`
        insert into oauth_entry (model, id, payload, family, uid, user_code, expires_at)
        values (${model}, ${key}, ${JSON.stringify(kept)}, ${family}, ${payload.uid ?? null},
          ${payload.userCode ?? null}, ${expiresAt})
        on conflict (model, id) do update set payload = excluded.payload, family = excluded.family, uid = excluded.uid,
          user_code = excluded.user_code, expires_at = excluded.expires_at`
      if (model !== 'RefreshToken') return
      // A grant lives as long as it can be refreshed.
      await sql`update oauth_entry set expires_at = greatest(expires_at, ${expiresAt})
        where family = ${family} and model = 'Grant'`
    },

    async find(id) {
      const [row] = await sql<Row[]>`select * from oauth_entry where model = ${model} and id = ${keyOf(id)}`
      return read(row, id)
    },

    async findByUid(uid) {
      const [row] = await sql<Row[]>`select * from oauth_entry where model = ${model} and uid = ${uid}`
      return read(row)
    },

    async findByUserCode(code) {
      const [row] = await sql<Row[]>`select * from oauth_entry where model = ${model} and user_code = ${code}`
      return read(row)
    },

    /** Of several who use it at the same time exactly one succeeds. */
    async consume(id) {
      const [used] = await sql<Used[]>`
        update oauth_entry set consumed_at = ${now().toISOString()}
        where model = ${model} and id = ${keyOf(id)} and consumed_at is null
        returning family, (payload ->> 'rotations')::int as rotations`
      if (!used) throw new errors.InvalidGrant('already consumed')
      // The access token that came with a refresh token ends with it.
      if (model === 'RefreshToken' && used.family) await revokeBelow(deps, used.family, (used.rotations ?? 0) + 1)
    },

    async destroy(id) {
      if (tombstoned.includes(model)) {
        await sql`update oauth_entry set consumed_at = coalesce(consumed_at, ${now().toISOString()})
          where model = ${model} and id = ${keyOf(id)}`
      } else await sql`delete from oauth_entry where model = ${model} and id = ${keyOf(id)}`
    },

    /** Asked of each model in turn; access tokens have no rows, so this one stands for the whole family. */
    async revokeByGrantId(grantId) {
      if (model === 'AccessToken') await endFamily(familyOf(grantId))
    },
  }
}

/** oidc-provider looks first and writes then; two proofs that come at the same time must not both be the first. */
async function insertOnce(sql: Pool, key: string, expiresAt: string) {
  const { count } = await sql`insert into oauth_entry (model, id, payload, expires_at)
    values ('ReplayDetection', ${key}, '{}', ${expiresAt}) on conflict do nothing`
  if (count === 0) throw new errors.InvalidDpopProof('DPoP proof JWT Replay detected')
}

function payloadOf(model: string, row: Row, now: Date, id: string): AdapterPayload {
  const consumedMs = row.consumed_at === null ? undefined : Date.parse(`${row.consumed_at}Z`)
  const isRace = model === 'RefreshToken' && consumedMs !== undefined && now.getTime() - consumedMs < graceMs
  return {
    ...row.payload,
    jti: id,
    exp: Math.floor(Date.parse(`${row.expires_at}Z`) / 1000),
    ...(consumedMs === undefined || isRace ? {} : { consumed: Math.floor(consumedMs / 1000) }),
  }
}

/** API clients are rows of `oauth2clients`; oidc-provider only reads them. */
function clientAdapter(clients: Clients): Adapter {
  const never = () => Promise.reject(new Error('oidc-provider does not change API clients'))
  return {
    async find(id) {
      const client = await clients.find(id)
      return client && metadataOf(client)
    },
    upsert: never,
    findByUid: never,
    findByUserCode: never,
    consume: never,
    destroy: never,
    revokeByGrantId: never,
  }
}
