import { transaction, type Context } from '../../drizzle/context.ts'
import { HouseError } from '../../schema/errors.ts'

/** What the log keeps of an API client besides one row a request. */
export type LogPolicy = {
  readonly clientId: string
  /** What is sent and answered is kept until then, redacted; null: not at all. */
  readonly bodiesUntil: string | null
}

/** Stands for the sessions of the legacy API, which come through no API client. */
export const legacySessions = 'legacy'

const minutesMax = 1_440

/** The API clients whose bodies are kept now. */
export async function listLogPolicies({ sql, now }: Context): Promise<LogPolicy[]> {
  return sql<LogPolicy[]>`select client_id as "clientId", bodies_until as "bodiesUntil" from log_policy
    where bodies_until > ${now().toISOString()} order by client_id limit 1000`
}

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
  return transaction(ctx, async ({ sql, principal, now }) => {
    const [client] = await sql`select from oauth2clients where id = ${clientId} and not deleted`
    if (!client && clientId !== legacySessions) {
      throw new HouseError('NOT_FOUND', 'There is no such API client', { id: clientId })
    }
    const row = { bodies_until: bodiesUntil, set_by: principal.userId, set_at: now().toISOString() }
    await sql`insert into log_policy ${sql({ client_id: clientId, ...row })}
      on conflict (client_id) do update set ${sql(row)}`
    return { clientId, bodiesUntil: bodiesUntil?.replace('T', ' ').slice(0, 23) ?? null }
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

/** What was kept of the requests of an id, the newest first; ids are the clients' own, so there may be several. */
export async function bodiesOf({ sql }: Context, requestId: string): Promise<LoggedBodies[]> {
  return sql<LoggedBodies[]>`select request_id as "requestId", at, client_id as "clientId", headers, query, request,
    response from request_body where request_id = ${requestId} order by id desc limit 20`
}
