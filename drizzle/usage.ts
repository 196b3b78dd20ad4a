import type { Connection, Pool } from './client.ts'

/** What one caller has used how often since it was last told; see tables/usage.ts. */
export type UsageRow = {
  readonly name: string
  readonly kind: 'field' | 'operation'
  readonly client_id: string
  readonly key_id: string
  readonly user_id: string
  readonly door: string
  readonly version: string
  readonly count: number
  readonly first_at: string
  readonly last_at: string
  readonly deprecated: boolean
}

/**
 * Adds to what is known, by one statement. Rows are locked in the order of their keys, so that processes do not wait
 * for one another in circles.
 */
export async function addUsage(sql: Pool, rows: readonly UsageRow[]): Promise<void> {
  await sql`
    insert into api_usage as u (name, kind, client_id, key_id, user_id, door, version, count, first_at, last_at, deprecated)
    select name, kind, client_id, key_id, user_id, door, version, count, first_at, last_at, deprecated
    from json_populate_recordset(null::api_usage, ${JSON.stringify(rows)}::json)
    order by name, client_id, key_id, user_id, door, version
    on conflict (name, client_id, key_id, user_id, door, version) do update set
      count = u.count + excluded.count, first_at = least(u.first_at, excluded.first_at),
      last_at = greatest(u.last_at, excluded.last_at), deprecated = excluded.deprecated`
}

/** Says of what was used before which of it will go. */
export const markDeprecated = (sql: Pool, names: readonly string[]) => sql`
  update api_usage set deprecated = not deprecated where kind = 'field' and deprecated <> (name = any(${names}::text[]))`

/** What is used once a year still counts. */
const keptDays = 400

/** A chore: forgets what nobody has used for more than a year. */
export const sweepUsage = (sql: Pool, now: Date) =>
  sql`delete from api_usage where last_at < ${new Date(now.getTime() - keptDays * 86_400_000).toISOString()}`

/** Somebody who would miss what they use: an API client, an API key, or a user of the legacy API. */
export type FieldUser = {
  readonly clientId: string | null
  readonly clientName: string | null
  readonly keyId: string | null
  readonly keyName: string | null
  readonly userId: string | null
  readonly userName: string | null
  /** What of it they use, and through which APIs. */
  readonly names: readonly string[]
  readonly doors: readonly string[]
  /** Since it was first used; requests that use several of the names count for each. */
  readonly count: number
  readonly firstAt: string
  readonly lastAt: string
}

const usersMax = 1_000

/**
 * Who uses any of these, whoever used it last first: those whom a removal would break. What was used in the last five
 * seconds may be missing.
 *
 * @param names  `Accounts.phone_office`, `Query.accounts`; `Accounts` for everything of the module
 * @param since  only who has used it from then on
 */
export const usersOf = ({ sql }: { readonly sql: Connection }, names: readonly string[], since?: Date) =>
  sql<FieldUser[]>`
    select nullif(u.client_id, '') as "clientId", c.name as "clientName", nullif(u.key_id, '') as "keyId",
      k.name as "keyName", nullif(u.user_id, '') as "userId", p.user_name as "userName", u.names, u.doors,
      u.count::float8 as count, u."firstAt", u."lastAt"
    from (
      select client_id, key_id, user_id, array_agg(distinct name order by name) as names,
        array_agg(distinct door order by door) as doors, sum(count) as count, min(first_at) as "firstAt",
        max(last_at) as "lastAt"
      from api_usage where ${isOneOf(sql, names)} and last_at >= ${since?.toISOString() ?? '-infinity'}::timestamp
      group by 1, 2, 3 order by max(last_at) desc, 1, 2, 3 limit ${usersMax}
    ) u
    ${nameOfCaller(sql)}
    order by u."lastAt" desc, u.client_id, u.key_id, u.user_id`

/** Names that a module comes before are those of its fields. */
export const isOneOf = (sql: Connection, names: readonly string[]) => {
  const modules = names.filter(name => !name.includes('.')).map(name => `${name}.`)
  return modules.length === 0
    ? sql`name = any(${names}::text[])`
    : sql`(name = any(${names}::text[]) or name ^@ any(${modules}::text[]))`
}

/** Joins what the callers of rows `u` are called. */
export const nameOfCaller = (sql: Connection) => sql`
  left join oauth2clients c on c.id = u.client_id and not c.deleted
  left join api_key k on k.id = u.key_id
  left join users p on p.id = u.user_id and not p.deleted`
