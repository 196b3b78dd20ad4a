import { hash, randomBytes } from 'node:crypto'
import type { Pool } from '../drizzle/client.ts'
import type { Session, Sessions } from '../rest-compat/v4_1/session.ts'
import { principalOf } from './authenticate.ts'
import type { Notices } from './oauth/notices.ts'
import { remembering } from './oauth/remembered.ts'
import type { User, Users } from './oauth/users.ts'
import type { Passwords } from './passwords.ts'

/** What the legacy API asks for. Ids are 256 random bits; only their hash is stored. */
export type KeptSessions = Omit<Sessions, 'open'> & {
  /** @throws RATE_LIMITED  too many passwords are being checked right now */
  open(...given: Parameters<Sessions['open']>): Promise<Session | undefined>
}

type Row = { user_id: string; address: string; seen_at: string }
type Known = { readonly userId: string; readonly address: string; seenAt: number; writtenAt: number }

/** PHP's session.gc_maxlifetime. */
const idleMs = 1_440_000
/** A session that another process has closed is believed no longer than this, even when its notice is lost. */
const rememberMs = 5_000
/** The database learns of use this often, so a session may end this much too early, never too late. */
const writeMs = 60_000

export function createSessions(deps: {
  sql: Pool
  notices: Notices
  users: Users
  passwords: Passwords
  now: () => Date
}): KeptSessions {
  const { sql, notices, users, passwords, now } = deps
  const known = remembering<Known>({
    countMax: 20_000,
    forMs: rememberMs,
    read: async key => {
      const [row] = await sql<Row[]>`select user_id, address, seen_at from legacy_session where id = ${key}`
      if (!row) return undefined
      const seenAt = Date.parse(`${row.seen_at}Z`)
      return { userId: row.user_id, address: row.address, seenAt, writtenAt: seenAt }
    },
  })
  notices.on('session', ({ id }) => known.forget(id))

  return {
    async open(userName, credential, address) {
      const user = await passwords.signIn(userName, credential)
      if (!user?.isPerson) return undefined
      const id = BigInt(`0x${randomBytes(32).toString('hex')}`)
        .toString(36)
        .padStart(50, '0')
      const opened = now().toISOString()
      await sql`insert into legacy_session (id, user_id, address, opened_at, seen_at)
        values (${keyOf(id)}, ${user.id}, ${plainAddress(address)}, ${opened}, ${opened})`
      return sessionOf(id, user)
    },

    async find(id, address) {
      const key = keyOf(id)
      const session = await known.find(key)
      const time = now().getTime()
      if (!session || time - session.seenAt > idleMs || !isNear(session.address, plainAddress(address)))
        return undefined
      const user = await users.find(session.userId)
      if (!user || user.isInactive) return undefined
      session.seenAt = time
      if (time - session.writtenAt > writeMs) {
        session.writtenAt = time
        await sql`update legacy_session set seen_at = ${now().toISOString()} where id = ${key}`
      }
      return sessionOf(id, user)
    },

    async close(id) {
      await sql`delete from legacy_session where id = ${keyOf(id)}`
      await notices.send({ kind: 'session', id: keyOf(id) })
    },
  }
}

/** Deletes the sessions that nobody has used for too long. */
export const sweepSessions = (sql: Pool, now: Date) =>
  sql`delete from legacy_session where seen_at < ${new Date(now.getTime() - idleMs).toISOString()}`

const keyOf = (id: string) => hash('sha256', id, 'base64url')

const sessionOf = (id: string, user: User): Session => ({
  id,
  principal: principalOf(user),
  preferences: user.preferences,
})

/** An IPv4 client of an IPv6 socket is an IPv4 client. */
const plainAddress = (address: string) => address.replace(/^::ffff:(?=[\d.]+$)/i, '')

/** SuiteCRM's rule: the first three octets must stay; other addresses, as a whole. */
function isNear(opened: string, now: string) {
  const network = (address: string) => /^(\d+\.\d+\.\d+)\.\d+$/.exec(address)?.[1] ?? address
  return network(opened) === network(now)
}
