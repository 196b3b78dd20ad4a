import { timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Pool } from '../drizzle/client.ts'
import type { Principal } from '../schema/principal.ts'
import { looksLikeKey, readKeyText } from '../subgraphs/identity/key-text.ts'
import { principalOf, type Authentication } from './authenticate.ts'
import type { Report } from './error-mask.ts'
import type { Notices } from './oauth/notices.ts'
import { remembering } from './oauth/remembered.ts'
import type { User, Users } from './oauth/users.ts'

export type ApiKeys = {
  /** Is it for us to decide about? */
  isKey(text: string): boolean
  /** Who acts with a key: its owner, with the scopes of the key. Known from memory, but for the first time. */
  authenticate(text: string, address?: string): Promise<Authentication>
  /** Writes the last uses that are not written yet. */
  close(): Promise<void>
}

/** What is known of a prefix: a key by its present or its previous secret, or that there is none. */
type Known = { readonly found?: Found }
type Found = {
  readonly id: string
  readonly userId: string
  readonly hash: Buffer
  /** Milliseconds since 1970. */
  readonly until: number
  readonly scopes: Principal['scopes']
  readonly isRevoked: boolean
  usedAt: number
  acting?: { readonly user: User; readonly principal: Principal }
}

type Row = {
  id: string
  user_id: string
  scopes: string[] | null
  hash: string
  until: string | null
  revoked_at: string | null
  last_used_at: string | null
}

/** A key that was revoked is believed no longer than this, even when its notice is lost. */
const rememberMs = 2_000
/** The database learns of use this often. */
const writeMs = 60_000
/** Uses are written together, and off the path of the request. */
const gatherMs = 500

export function createApiKeys(deps: {
  sql: Pool
  notices: Notices
  users: Users
  report: Report
  now: () => Date
}): ApiKeys {
  const { sql, notices, users, now } = deps
  const known = remembering<Known>({ countMax: 10_000, forMs: rememberMs, read: prefix => read(sql, prefix) })
  notices.on('key', ({ id }) => known.forget(id))
  const uses = createUses(deps)

  return {
    isKey: looksLikeKey,

    async authenticate(text, address) {
      const given = readKeyText(text)
      if (!given) return denied('This is no API key of ours: it is mistyped or cut off')
      const { found } = (await known.find(given.prefix)) ?? {}
      if (!found || !isSame(found.hash, given.hash)) return denied('There is no such API key')
      const time = now().getTime()
      if (found.isRevoked) return denied('The API key has been revoked')
      if (found.until <= time) return denied('The API key has expired')
      const user = await users.find(found.userId)
      if (!user || user.isInactive) return { kind: 'inactive' }
      if (time - found.usedAt >= writeMs) {
        found.usedAt = time
        uses.add(found.id, { at: time, address: address ?? '' })
      }
      if (found.acting?.user !== user) {
        found.acting = { user, principal: { ...principalOf(user), keyId: found.id, scopes: found.scopes } }
      }
      return { kind: 'ok', principal: found.acting.principal }
    },

    close: () => uses.close(),
  }
}

/** What a request shows: `Authorization`, or without it an API key in `X-Api-Key`. */
export const credentialOf = ({ authorization, 'x-api-key': key }: IncomingHttpHeaders) =>
  authorization ?? (typeof key === 'string' ? `Bearer ${key}` : undefined)

const denied = (hint: string): Authentication => ({ kind: 'denied', hint })

const isSame = (stored: Buffer, presented: string) => {
  const bytes = Buffer.from(presented)
  return stored.length === bytes.length && timingSafeEqual(stored, bytes)
}

async function read(sql: Pool, prefix: string): Promise<Known> {
  const [row] = await sql<Row[]>`
    select id, user_id, scopes,
      case when prefix = ${prefix} then hash else previous_hash end as hash,
      case when prefix = ${prefix} then expires_at else previous_until end as until, revoked_at, last_used_at
    from api_key where prefix = ${prefix} or previous_prefix = ${prefix}`
  if (!row) return {}
  const found = {
    id: row.id,
    userId: row.user_id,
    scopes: row.scopes ?? ('all' as const),
    hash: Buffer.from(row.hash),
    until: timeOf(row.until) ?? Infinity,
    isRevoked: row.revoked_at !== null,
    usedAt: timeOf(row.last_used_at) ?? 0,
  }
  return { found }
}

const timeOf = (stored: string | null) => (stored === null ? undefined : Date.parse(`${stored}Z`))

type Use = { readonly at: number; readonly address: string }

/** Gathers when and from where keys were used, and writes it. */
function createUses({ sql, report }: { sql: Pool; report: Report }) {
  let gathered = new Map<string, Use>()
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> = Promise.resolve()

  const write = async () => {
    clearTimeout(timer)
    timer = undefined
    const uses = [...gathered]
    gathered = new Map()
    if (uses.length === 0) return
    await sql`
      update api_key k set last_used_at = u.at, last_address = nullif(u.address, '')
      from unnest(${uses.map(([id]) => id)}::text[], ${uses.map(([, use]) => new Date(use.at).toISOString())}::timestamp[],
        ${uses.map(([, use]) => use.address)}::text[]) as u (id, at, address)
      where k.id = u.id and (k.last_used_at is null or k.last_used_at < u.at)`
  }
  const writeQuietly = () => {
    writing = writing.then(write).catch((error: unknown) => report(error, 'use of API keys'))
    return writing
  }

  return {
    add(id: string, use: Use) {
      gathered.set(id, use)
      timer ??= setTimeout(() => void writeQuietly(), gatherMs).unref()
    },
    close: writeQuietly,
  }
}
