import type { Context } from '../../drizzle/context.ts'
import { decodeCursor, encodeCursor } from '../../drizzle/page.ts'
import { isOneOf, nameOfCaller } from '../../drizzle/usage.ts'
import { momentOf, refused } from './argument.ts'

/** That one caller uses one thing, through one API. */
export type UsageEntry = {
  readonly name: string
  readonly kind: 'field' | 'operation'
  readonly clientId: string | null
  readonly clientName: string | null
  readonly keyId: string | null
  readonly keyName: string | null
  readonly userId: string | null
  readonly userName: string | null
  readonly door: string
  readonly version: string | null
  readonly count: number
  readonly firstAt: string
  readonly lastAt: string
  readonly deprecated: boolean
}

/** What is left out does not narrow. */
export type UsageFilter = {
  /** `Accounts.phone_office`, `Query.accounts`, `getRecords`; `Accounts` for all fields of the module. */
  readonly name?: string | null
  readonly kind?: 'field' | 'operation' | null
  readonly clientId?: string | null
  readonly keyId?: string | null
  readonly userId?: string | null
  readonly door?: string | null
  readonly version?: string | null
  readonly deprecated?: boolean | null
  /** Last used from then on, and before then, as ISO 8601. */
  readonly from?: string | null
  readonly to?: string | null
}

export type UsagePage = {
  readonly nodes: readonly UsageEntry[]
  readonly pageInfo: {
    readonly hasNextPage: boolean
    readonly hasPreviousPage: boolean
    readonly startCursor: string | null
    readonly endCursor: string | null
  }
}

export const usagePageMax = 1_000

const order = 'api_usage name, caller, door, version'
const keyColumns = ['name', 'client_id', 'key_id', 'user_id', 'door', 'version'] as const

type Row = UsageEntry & { readonly key: readonly string[] }

/**
 * A page of who uses what, by name and caller.
 *
 * @throws BAD_REQUEST  a filter that cannot be understood, or a cursor of another list
 */
export async function listUsage(
  { sql }: Context,
  filter: UsageFilter = {},
  { first, after }: { first: number; after?: string | null },
): Promise<UsagePage> {
  if (first < 1 || first > usagePageMax) throw refused('first', `A page has 1 to ${usagePageMax} entries`)
  const is = (column: string, wanted: string | boolean | null | undefined) =>
    wanted == null ? sql`` : sql`and ${sql(column)} = ${wanted}`
  const rows = await sql<Row[]>`
    select u.name, u.kind, nullif(u.client_id, '') as "clientId", c.name as "clientName", nullif(u.key_id, '') as "keyId",
      k.name as "keyName", nullif(u.user_id, '') as "userId", p.user_name as "userName", u.door,
      nullif(u.version, '') as version, u.count::float8 as count, u.first_at as "firstAt", u.last_at as "lastAt",
      u.deprecated, array[u.name, u.client_id, u.key_id, u.user_id, u.door, u.version] as key
    from (
      select * from api_usage
      where ${filter.name == null ? sql`true` : isOneOf(sql, [filter.name])}
        ${is('kind', filter.kind)} ${is('client_id', filter.clientId)} ${is('key_id', filter.keyId)}
        ${is('user_id', filter.userId)} ${is('door', filter.door)} ${is('version', filter.version)}
        ${is('deprecated', filter.deprecated)}
        ${filter.from == null ? sql`` : sql`and last_at >= ${momentOf('from', filter.from)}::timestamp`}
        ${filter.to == null ? sql`` : sql`and last_at < ${momentOf('to', filter.to)}::timestamp`}
        ${after ? sql`and (name, client_id, key_id, user_id, door, version) > ${keyOf(sql, after)}` : sql``}
      order by name, client_id, key_id, user_id, door, version limit ${first + 1}
    ) u
    ${nameOfCaller(sql)}
    order by u.name, u.client_id, u.key_id, u.user_id, u.door, u.version`
  const page = rows.slice(0, first)
  return {
    nodes: page,
    pageInfo: {
      hasNextPage: rows.length > first,
      hasPreviousPage: Boolean(after),
      startCursor: cursorOf(page[0]),
      endCursor: cursorOf(page.at(-1)),
    },
  }
}

const cursorOf = (row: Row | undefined) => (row ? encodeCursor(order, [...row.key]) : null)

function keyOf(sql: Context['sql'], after: string) {
  const [name = '', client = '', key = '', user = '', door = '', version = ''] = decodeCursor(
    after,
    order,
    keyColumns.length,
  )
  return sql`(${name}::text, ${client}::text, ${key}::text, ${user}::text, ${door}::text, ${version}::text)`
}
