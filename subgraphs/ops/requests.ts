import type { Context } from '../../drizzle/context.ts'
import { decodeCursor, encodeCursor } from '../../drizzle/page.ts'
import { momentOf, refused } from './argument.ts'
import type { PageInfo } from './page-info.ts'

/** A request as its log has it. All but the first three may be unknown: a request can be refused before it is read. */
export type LoggedRequest = {
  readonly id: string
  readonly at: string
  readonly outcome: string
  readonly requestId: string | null
  readonly traceId: string | null
  readonly clientId: string | null
  readonly keyId: string | null
  readonly userId: string | null
  readonly door: string | null
  readonly version: string | null
  readonly method: string | null
  readonly route: string | null
  readonly operation: string | null
  readonly status: number | null
  readonly code: string | null
  readonly reason: string | null
  readonly deprecated: string | null
  readonly ms: number | null
  readonly databaseMs: number | null
  readonly rows: number | null
  readonly bytesIn: number | null
  readonly bytesOut: number | null
  readonly address: string | null
  readonly limitedBy: string | null
  readonly limitLeft: number | null
  readonly cost: number | null
  /** Of a gap: so many rows could not be written. */
  readonly dropped: number | null
}

/** What is left out does not narrow. */
export type RequestFilter = {
  /** `404`, or a class: `5xx`. */
  readonly status?: string | null
  readonly outcome?: string | null
  readonly code?: string | null
  readonly operation?: string | null
  readonly door?: string | null
  readonly clientId?: string | null
  readonly keyId?: string | null
  readonly userId?: string | null
  readonly requestId?: string | null
  readonly traceId?: string | null
  /** From this moment on, and before that one, as ISO 8601. */
  readonly from?: string | null
  readonly to?: string | null
  readonly minMs?: number | null
  readonly maxMs?: number | null
}

export type RequestPage = {
  readonly nodes: readonly LoggedRequest[]
  readonly pageInfo: Readonly<PageInfo>
}

export const pageMax = 1_000

const order = 'request_log at desc, id desc'

/**
 * A page of the log, the newest first. Administrators see every request; others their own.
 *
 * @throws BAD_REQUEST  a filter that cannot be understood, or a cursor of another list
 */
export async function listRequests(
  ctx: Context,
  filter: RequestFilter = {},
  { first, after }: { first: number; after?: string | null },
): Promise<RequestPage> {
  if (first < 1 || first > pageMax) throw refused('first', `A page has 1 to ${pageMax} requests`)
  const conditions = conditionsOf(ctx, filter)
  if (after) {
    const [at = '', id = ''] = decodeCursor(after, order, 2)
    if (!/^\d{1,18}$/.test(id) || !isMoment(at)) throw refused('after', 'This is no cursor that a list has given')
    conditions.add(value => `(at, id) < (${value(at)}::timestamp, ${value(id)}::bigint)`)
  }
  const rows = await conditions.select(`order by at desc, id desc limit ${first + 1}`)
  const nodes = rows.slice(0, first)
  return {
    nodes,
    pageInfo: {
      hasNextPage: rows.length > first,
      hasPreviousPage: Boolean(after),
      startCursor: cursorOf(nodes[0]),
      endCursor: cursorOf(nodes.at(-1)),
    },
  }
}

/** Requests that were written after one that was: a page of them, the oldest first. For those who look on. */
export function requestsSince(ctx: Context, filter: RequestFilter, id: string): Promise<LoggedRequest[]> {
  const conditions = conditionsOf(ctx, filter)
  const since = new Date(ctx.now().getTime() - writtenWithinMs).toISOString()
  conditions.add(value => `id > ${value(id)}::bigint and at > ${value(since)}::timestamp`)
  return conditions.select(`order by id limit ${pageMax}`)
}

/** Rows are written soon after a request ends, and no request is under way for so long. */
const writtenWithinMs = 600_000

/** The id of the newest row of all. */
export async function newestId({ sql }: Context): Promise<string> {
  const [row] = await sql<{ id: string | null }[]>`
    select max(id)::text as id from request_log where at > (now() at time zone 'utc') - interval '1 hour'`
  return row?.id ?? '0'
}

const cursorOf = (request: LoggedRequest | undefined) =>
  request ? encodeCursor(order, [request.at, request.id]) : null

type Value = (value: string | number) => string

function conditionsOf({ sql, principal }: Context, filter: RequestFilter) {
  const values: (string | number)[] = []
  const value: Value = given => `$${values.push(given)}`
  const all: string[] = []
  const add = (condition: (value: Value) => string) => void all.push(condition(value))

  if (!principal.isAdmin) add(next => `user_id = ${next(principal.userId)}`)
  for (const [name, column] of Object.entries(equals)) {
    const wanted = filter[name as keyof typeof equals]
    if (wanted != null) add(next => `${column} = ${next(wanted)}`)
  }
  if (filter.status != null) all.push(statusCondition(filter.status))
  const { from, to } = filter
  if (from != null) add(next => `at >= ${next(momentOf('from', from))}::timestamp`)
  if (to != null) add(next => `at < ${next(momentOf('to', to))}::timestamp`)
  // Numbers stand in the text: the index of slow requests is only found by what is known when the plan is made.
  if (filter.minMs != null) all.push(`ms >= ${Number(filter.minMs)}`)
  if (filter.maxMs != null) all.push(`ms <= ${Number(filter.maxMs)}`)

  return {
    add,
    select: (end: string) =>
      sql.unsafe<LoggedRequest[]>(
        `select ${columns} from request_log ${all.length > 0 ? `where ${all.join(' and ')}` : ''} ${end}`,
        values,
      ),
  }
}

const equals = {
  outcome: 'outcome',
  code: 'code',
  operation: 'operation',
  door: 'door',
  clientId: 'client_id',
  keyId: 'key_id',
  userId: 'user_id',
  requestId: 'request_id',
  traceId: 'trace_id',
} as const satisfies Partial<Record<keyof RequestFilter, string>>

const columns = `id::text, at, outcome, request_id as "requestId", trace_id as "traceId", client_id as "clientId",
  key_id as "keyId", user_id as "userId", door, version, method, route, operation, status, code, reason, deprecated, ms,
  database_ms as "databaseMs", rows, bytes_in::float8 as "bytesIn", bytes_out::float8 as "bytesOut", address,
  limited_by as "limitedBy", limit_left::float8 as "limitLeft", cost, dropped`

function statusCondition(status: string) {
  const [, digit, rest] = /^([1-5])(xx|\d\d)$/i.exec(status) ?? []
  if (digit === undefined) throw refused('status', 'A status is a number such as 404, or a class such as 5xx')
  return rest?.toLowerCase() === 'xx' ? `status between ${digit}00 and ${digit}99` : `status = ${status}`
}

const isMoment = (text: string) => !Number.isNaN(Date.parse(text))
