import { audit } from '../../drizzle/audit.ts'
import { transaction, type Context } from '../../drizzle/context.ts'
import { HouseError } from '../../schema/errors.ts'
import { redactAgain } from '../../schema/redact/again.ts'

/** What the log keeps of an API client or key: more than one row a request for a while, or less. */
export type LogPolicy = {
  readonly clientId: string
  /** What is sent and answered is kept until then, redacted; null: not at all. */
  readonly bodiesUntil: string | null
  /** Nothing is kept of its requests but how many there were and how they ended. */
  readonly countsOnly: boolean
}

/** Stands for the sessions of the legacy API, which come through no API client. */
export const legacySessions = 'legacy'

const minutesMax = 1_440

/** The API clients and keys of which the log keeps more or less than of others. */
export const listLogPolicies = ({ sql, now }: Context) => sql<LogPolicy[]>`
  select ${columns({ sql, now })} from log_policy
  where bodies_until > ${now().toISOString()} or counts_only order by client_id limit 1000`

const columns = ({
  sql,
  now,
}: Pick<Context, 'sql' | 'now'>) => sql`client_id as "clientId", counts_only as "countsOnly",
  case when bodies_until > ${now().toISOString()}::timestamp then bodies_until end as "bodiesUntil"`

/**
 * Keeps what an API client sends and is answered, redacted, for a limited time. Every process knows within two seconds.
 *
 * @param minutes  0 ends it
 * @throws INVALID    longer than a day
 * @throws NOT_FOUND  there is no such API client
 */
export async function keepBodies(ctx: Context, clientId: string, minutes: number): Promise<LogPolicy> {
  if (!Number.isInteger(minutes) || minutes < 0 || minutes > minutesMax) {
    throw new HouseError('INVALID', `Bodies are kept for 0 to ${minutesMax} minutes`, { field: 'minutes' })
  }
  const bodiesUntil = minutes === 0 ? null : new Date(ctx.now().getTime() + minutes * 60_000).toISOString()
  return setPolicy(ctx, clientId, { bodies_until: bodiesUntil })
}

/**
 * Says whether the log keeps details of the requests of an API client or key: who, what, from where, how long. Every
 * process knows within two seconds.
 *
 * @throws NOT_FOUND  there is no such API client or key
 */
export const keepDetails = (ctx: Context, clientId: string, details: boolean): Promise<LogPolicy> =>
  setPolicy(ctx, clientId, { counts_only: !details })

async function setPolicy(
  ctx: Context,
  clientId: string,
  change: { bodies_until: string | null } | { counts_only: boolean },
): Promise<LogPolicy> {
  return transaction(ctx, async tx => {
    const { sql, principal, now } = tx
    const [known] = await sql`select from oauth2clients where id = ${clientId} and not deleted
      union all select from api_key where id = ${clientId}`
    if (!known && clientId !== legacySessions) {
      throw new HouseError('NOT_FOUND', 'There is no such API client or key', { id: clientId })
    }
    const [before] = await sql<LogPolicy[]>`
      select ${columns({ sql, now })} from log_policy where client_id = ${clientId} for update`
    const row = { ...change, set_by: principal.userId, set_at: now().toISOString() }
    const [policy] = await sql<LogPolicy[]>`insert into log_policy ${sql({ client_id: clientId, ...row })}
      on conflict (client_id) do update set ${sql(row)} returning ${columns({ sql, now })}`
    if (!policy) throw new Error('An upsert has answered nothing')
    audit(tx, {
      action: 'log_policy.set',
      id: clientId,
      before: { bodiesUntil: before?.bodiesUntil ?? null, countsOnly: before?.countsOnly ?? false },
      after: { bodiesUntil: policy.bodiesUntil, countsOnly: policy.countsOnly },
    })
    return policy
  })
}

/** What was sent and answered, as far as it may be shown. */
export type LoggedBodies = {
  readonly requestId: string
  readonly at: string
  readonly clientId: string
  readonly headers: unknown
  readonly query: unknown
  readonly request: unknown
  readonly response: unknown
}

/**
 * What was kept of the requests of an id, the newest first; ids are the clients' own, so there may be several. What has
 * become secret since is not shown.
 */
export async function bodiesOf({ sql, catalog }: Context, requestId: string): Promise<LoggedBodies[]> {
  const rows = await sql<LoggedBodies[]>`select request_id as "requestId", at, client_id as "clientId", headers, query,
    request, response from request_body where request_id = ${requestId} order by id desc limit 20`
  const now = (kept: unknown) => redactAgain(catalog, kept)
  return rows.map(({ headers, query, request, response, ...row }) => ({
    ...row,
    ...{ headers: now(headers), query: now(query), request: now(request), response: now(response) },
  }))
}
