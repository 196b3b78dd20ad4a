import type { Pool } from '../../drizzle/client.ts'
import { defaultDateStyle, type DateStyle } from '../../schema/principal.ts'
import { bridgeMs } from './clients.ts'
import type { Notices } from './notices.ts'
import { remembering } from './remembered.ts'

/** A user as far as signing in and acting needs. */
export type User = {
  readonly id: string
  readonly name: string
  readonly isAdmin: boolean
  /** Switched off: may neither sign in nor use a token made before. */
  readonly isInactive: boolean
  /** Group and portal users do not sign in to the legacy API. */
  readonly isPerson: boolean
  readonly dateStyle: DateStyle
  /** SuiteCRM's `global` preferences. */
  readonly preferences: Readonly<Record<string, unknown>>
}

export type Users = {
  /** Remembered for a short time; undefined when there is no such user, or it is deleted. */
  find(id: string): Promise<User | undefined>
  /** By name without case, with the stored hash of the password. Never remembered. */
  findToSignIn(name: string): Promise<{ user: User; hash: string } | undefined>
  /** How often each kind of hash is stored, `$2y$10$` and the like; see passwords.ts. */
  hashPrefixes(): Promise<{ prefix: string; count: number }[]>
  /** Stores the same password in another way, unless it has been changed meanwhile. */
  replaceHash(id: string, hash: { from: string; to: string }): Promise<void>
}

type Row = {
  id: string
  user_name: string | null
  user_hash: string | null
  status: string | null
  is_admin: boolean | null
  is_group: boolean | null
  portal_only: boolean | null
  preferences: unknown
}

/** A user who was switched off behind our back is refused after this time at the latest. */
const rememberMs = 2_000

export function createUsers(sql: Pool, notices: Notices): Users {
  const known = remembering({
    countMax: 10_000,
    forMs: rememberMs,
    bridgeMs,
    read: async id => {
      const [row] = await sql<Row[]>`${columns()} where u.id = ${id} and not u.deleted`
      return row && userOf(row)
    },
  })
  notices.on('user', ({ id }) => known.forget(id))
  const columns = () => sql`select u.id, u.user_name, u.user_hash, u.status, u.is_admin, u.is_group, u.portal_only,
    (select p.contents from user_preferences p where p.assigned_user_id = u.id and p.category = 'global'
      and not p.deleted order by p.date_modified desc nulls last limit 1) as preferences
    from users u`

  return {
    find: id => known.find(id),
    async findToSignIn(name) {
      if (name.includes('\0')) return undefined
      const [row] = await sql<Row[]>`${columns()} where lower(u.user_name) collate "C" = lower(${name})
        and not u.deleted order by u.user_name = ${name} desc, u.id limit 1`
      return row && { user: userOf(row), hash: row.user_hash ?? '' }
    },
    hashPrefixes: () => sql`select left(user_hash, 7) as prefix, count(*)::int as count from users
      where user_hash <> '' and not deleted group by 1 order by 1`,
    async replaceHash(id, { from, to }) {
      await sql`update users set user_hash = ${to} where id = ${id} and user_hash = ${from}`
    },
  }
}

function userOf(row: Row): User {
  const preferences = asRecord(row.preferences)
  return {
    id: row.id,
    name: row.user_name ?? '',
    isAdmin: row.is_admin === true,
    isInactive: row.status === 'Inactive',
    isPerson: row.is_group !== true && row.portal_only !== true,
    dateStyle: dateStyleOf(preferences),
    preferences,
  }
}

function dateStyleOf({ timezone, datef, timef }: Readonly<Record<string, unknown>>): DateStyle {
  return {
    timezone: isTimeZone(timezone) ? timezone : defaultDateStyle.timezone,
    dateFormat: isText(datef) ? datef : defaultDateStyle.dateFormat,
    timeFormat: isText(timef) ? timef : defaultDateStyle.timeFormat,
  }
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

const asRecord = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value)) : {}

function isTimeZone(value: unknown): value is string {
  if (!isText(value)) return false
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: value }))
  } catch {
    return false
  }
}
