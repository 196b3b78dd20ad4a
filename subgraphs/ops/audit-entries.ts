import type { Context } from '../../drizzle/context.ts'
import { decodeCursor, encodeCursor } from '../../drizzle/page.ts'
import { auditSubjects } from '../../schema/audited.ts'
import { HouseError } from '../../schema/errors.ts'
import { momentOf, refused } from './argument.ts'
import type { PageInfo } from './page-info.ts'

/** One change, as the audit trail tells it. */
export type AuditEntry = {
  /** Entries are numbered from 1, without a gap. */
  readonly id: string
  readonly at: string
  readonly action: string
  readonly subjectId: string
  readonly relatedId: string | null
  readonly userId: string
  readonly userName: string
  readonly clientId: string | null
  readonly keyId: string | null
  readonly door: string | null
  readonly requestId: string
  readonly before: Readonly<Record<string, unknown>> | null
  readonly after: Readonly<Record<string, unknown>> | null
  readonly hash: string
}

/** What is left out does not narrow. */
export type AuditFilter = {
  /** A kind of thing: `client`, `role`. */
  readonly subject?: string | null
  /** Of what was changed, or of the other thing that the change is about. */
  readonly id?: string | null
  readonly action?: string | null
  /** Who did it. */
  readonly userId?: string | null
  readonly clientId?: string | null
  readonly keyId?: string | null
  readonly requestId?: string | null
  readonly door?: string | null
  /** From this moment on, and before that one, as ISO 8601. */
  readonly from?: string | null
  readonly to?: string | null
}

export type AuditPage = {
  readonly nodes: readonly AuditEntry[]
  readonly pageInfo: Readonly<PageInfo>
}

export const auditPageMax = 1_000

const order = 'audit seq desc'

/**
 * A page of the audit trail, the newest first.
 *
 * @throws FORBIDDEN    the principal is no administrator
 * @throws BAD_REQUEST  a filter that cannot be understood, or a cursor of another list
 */
export async function listAudit(
  ctx: Context,
  filter: AuditFilter = {},
  { first, after }: { first: number; after?: string | null },
): Promise<AuditPage> {
  if (first < 1 || first > auditPageMax) throw refused('first', `A page has 1 to ${auditPageMax} entries`)
  const { sql } = ctx
  const [before = ''] = after ? decodeCursor(after, order, 1) : []
  if (after && !/^\d{1,15}$/.test(before)) throw refused('after', 'This is no cursor that a list has given')
  const rows = await readEntries(
    ctx,
    filter,
    sql`
    ${after ? sql`and seq < ${before}::bigint` : sql``} order by seq desc limit ${first + 1}`,
  )
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

/** Entries after one, the oldest first, at most a page of them. For those who look on. */
export const auditSince = (ctx: Context, filter: AuditFilter, id: string): Promise<AuditEntry[]> =>
  readEntries(ctx, filter, ctx.sql`and seq > ${id}::bigint order by seq limit ${auditPageMax}`)

const cursorOf = (entry: AuditEntry | undefined) => (entry ? encodeCursor(order, [entry.id]) : null)

async function readEntries(ctx: Context, filter: AuditFilter, end: ReturnType<Context['sql']>): Promise<AuditEntry[]> {
  const { sql, principal } = ctx
  if (!principal.isAdmin) throw new HouseError('FORBIDDEN', 'Only administrators may do this')
  const { subject, id, action, userId, clientId, keyId, requestId, door, from, to } = filter
  if (subject != null && !auditSubjects.includes(subject))
    throw refused('subject', `A subject is one of ${auditSubjects.join(', ')}`)
  const equal = (column: string, value: string | null | undefined) =>
    value == null ? sql`` : sql`and ${sql(column)} = ${storable(value)}`
  return sql<AuditEntry[]>`
    select seq::text as id, at, action, subject_id as "subjectId", related_id as "relatedId", user_id as "userId",
      user_name as "userName", client_id as "clientId", key_id as "keyId", door, request_id as "requestId", before, after, hash
    from audit_entry where true
    ${subject == null ? sql`` : sql`and starts_with(action, ${`${subject}.`})`}
    ${id == null ? sql`` : sql`and (subject_id = ${storable(id)} or related_id = ${storable(id)})`}
    ${equal('action', action)} ${equal('user_id', userId)} ${equal('client_id', clientId)} ${equal('key_id', keyId)}
    ${equal('request_id', requestId)} ${equal('door', door)}
    ${from == null ? sql`` : sql`and at >= ${momentOf('from', from)}::timestamp`}
    ${to == null ? sql`` : sql`and at < ${momentOf('to', to)}::timestamp`} ${end}`
}

const storable = (text: string) => text.replaceAll('\0', '')
