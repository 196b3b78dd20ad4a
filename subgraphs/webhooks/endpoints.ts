import { randomUUID } from 'node:crypto'
import { audit } from '../../drizzle/audit.ts'
import { transaction, type Context } from '../../drizzle/context.ts'
import { outsideOf } from '../../drizzle/outside.ts'
import { HouseError } from '../../schema/errors.ts'
import { defaultDateStyle, type Principal } from '../../schema/principal.ts'
import { expiryOf, sealedCredentials, type Credentials } from './authentication.ts'
import { activate, type Recovery } from './activate.ts'
import { checkInput, invalid, type EndpointColumns, type EndpointInput, type Sealed } from './endpoint-input.ts'
import { addSecret, type NewSecret, type SecretShown } from './endpoint-secrets.ts'
import { checkSample } from './preview.ts'
import { payloadDefault } from './payload.ts'
import { sealedPlace } from './prepared-endpoint.ts'

/** An endpoint as its owner and administrators see it; nothing of it is secret. */
export type Endpoint = {
  readonly id: string
  readonly url: string
  readonly description: string
  readonly owner: { readonly id: string }
  readonly status: 'ACTIVE' | 'PAUSED' | 'DISABLED'
  readonly statusReason: string | null
  readonly statusAt: string | null
  readonly eventTypes: readonly string[]
  readonly filter: unknown
  readonly payload: unknown
  /** Only their names. */
  readonly headerNames: readonly string[]
  readonly authenticationKind: string | null
  readonly certificateExpiresAt: string | null
  /** What its owner should see to, such as a certificate that ends soon. */
  readonly warnings: readonly string[]
  readonly ratePerSecond: number | null
  readonly concurrency: number
  readonly schedule: readonly number[]
  readonly timeoutMs: number
  readonly ordered: boolean
  readonly onUnknown: string
  readonly atMostOnce: boolean
  readonly skipOwn: boolean
  readonly version: number
  readonly revision: number
  readonly createdAt: string
  readonly updatedAt: string
  readonly breaker: string
  readonly failingSince: string | null
  readonly delivered: number
  readonly failed: number
  readonly lastDeliveredAt: string | null
  readonly lastFailedAt: string | null
  readonly ownChanges: number
  readonly filterErrors: number
  readonly filterError: string | null
}

export type NewEndpoint = EndpointInput & NewSecret & { readonly ownerId?: string | null }

export type EndpointWithSecret = { readonly endpoint: Endpoint } & SecretShown

const endpointsMax = 1_000
const endpointsOfOwnerMax = 100

/** The principal's own endpoints, the newest first; for administrators everybody's. */
export async function listEndpoints(ctx: Context): Promise<Endpoint[]> {
  const { sql, principal } = ctx
  return readEndpoints(ctx, principal.isAdmin ? sql`true` : sql`e.user_id = ${principal.userId}`)
}

/** @returns undefined when there is none, or it is somebody else's */
export async function findEndpoint(ctx: Context, id: string): Promise<Endpoint | undefined> {
  const { sql, principal } = ctx
  const isTheirs = principal.isAdmin ? sql`true` : sql`e.user_id = ${principal.userId}`
  const [found] = await readEndpoints(ctx, sql`e.id = ${storable(id)} and ${isTheirs}`)
  return found
}

/**
 * Makes an endpoint that acts with the rights of its owner, and never with more than the token it is made with. It gets
 * what happens from now on.
 *
 * @throws INVALID    `field` says where
 * @throws FORBIDDEN  for somebody else, and the principal is no administrator
 */
export async function createEndpoint(ctx: Context, input: NewEndpoint): Promise<EndpointWithSecret> {
  if (input.url == null || input.url === '') throw invalid('url', 'is missing')
  const owner = await ownerOf(ctx, input.ownerId)
  const { columns, sealed } = await checkInput(
    ctx,
    { ...input, eventTypes: input.eventTypes ?? [] },
    { eventTypes: [] },
  )
  const payload = columns.payload ?? payloadDefault
  await checkSample(ctx, payload, columns.event_types as readonly string[])
  return transaction(ctx, async tx => {
    await checkCount(tx, owner.userId)
    const id = randomUUID()
    const at = tx.now().toISOString()
    const stamps = { id, user_id: owner.userId, principal: owner, created_at: at, updated_at: at, status_at: at }
    const row = { ...columns, payload, ...sealedColumns(tx, id, sealed, {}), ...stamps }
    await tx.sql`insert into webhook_endpoint ${tx.sql(written(tx, row) as never)}`
    await tx.sql`insert into webhook_health (endpoint_id) values (${id}) on conflict do nothing`
    const secret = await addSecret(tx, id, input)
    const endpoint = await readBack(tx, id)
    audit(tx, { action: 'webhook.created', id, relatedId: owner.userId, after: told(endpoint) })
    return { endpoint, ...secret }
  })
}

/**
 * Changes settings; they hold for the next event and the next attempt. What is left out stays.
 *
 * @throws NOT_FOUND, INVALID, FORBIDDEN
 */
export async function updateEndpoint(ctx: Context, id: string, input: EndpointInput): Promise<Endpoint> {
  const known = await endpointOf(ctx, id)
  const { columns, sealed } = await checkInput(ctx, input, known)
  const types = (columns.event_types as readonly string[] | undefined) ?? known.eventTypes
  if (columns.payload !== undefined) await checkSample(ctx, columns.payload, types)
  return changing(ctx, id, 'webhook.updated', async (tx, row) => {
    const change = { ...columns, ...sealedColumns(tx, id, sealed, credentialsOf(tx, id, row.sealed)) }
    if (Object.keys(change).length === 0) return
    await tx.sql`update webhook_endpoint set ${tx.sql(written(tx, { ...change, updated_at: tx.now().toISOString() }) as never)},
      revision = revision + 1 where id = ${id}`
  })
}

/** Holds an endpoint: what happens from now on waits until it is resumed. */
export const pauseEndpoint = (ctx: Context, id: string) =>
  changing(ctx, id, 'webhook.paused', async (tx, { status }) => {
    if (status === 'DISABLED') throw new HouseError('CONFLICT', 'The endpoint is disabled already', { id })
    await setStatus(tx, id, 'PAUSED', null)
  })

/**
 * Makes an endpoint active again that was paused or disabled.
 *
 * @param recovery  ALL of what happened meanwhile, the LATEST of each record, or NONE
 */
export const enableEndpoint = (ctx: Context, id: string, recovery: Recovery) =>
  changing(ctx, id, 'webhook.enabled', async tx => {
    if (await activate(tx.sql, id, recovery))
      await tx.sql`update webhook_endpoint set revision = revision + 1 where id = ${id}`
  })

/** Removes an endpoint with its secrets and deliveries: nothing is sent any more. */
export async function deleteEndpoint(ctx: Context, id: string): Promise<string> {
  return transaction(ctx, async tx => {
    const before = await endpointOf(tx, id)
    await tx.sql`delete from webhook_endpoint where id = ${id}`
    for (const table of ['webhook_secret', 'webhook_health', 'webhook_token', 'webhook_delivery', 'webhook_attempt'])
      await tx.sql`delete from ${tx.sql(table)} where endpoint_id = ${id}`
    audit(tx, { action: 'webhook.deleted', id, relatedId: before.owner.id, before: told(before) })
    return id
  })
}

/**
 * The endpoint, for whoever may manage it.
 *
 * @throws NOT_FOUND  there is none, or it is somebody else's: the two look alike on purpose
 */
export async function endpointOf(ctx: Context, id: string): Promise<Endpoint> {
  const found = await findEndpoint(ctx, id)
  if (!found) throw new HouseError('NOT_FOUND', `There is no webhook endpoint ${id.slice(0, 100)}`, { id })
  return found
}

type Locked = { readonly status: Endpoint['status']; readonly sealed: string | null }

async function changing(
  ctx: Context,
  id: string,
  action: `webhook.${string}`,
  change: (tx: Context, row: Locked) => Promise<unknown>,
): Promise<Endpoint> {
  return transaction(ctx, async tx => {
    const before = await endpointOf(tx, id)
    const [row] = await tx.sql<Locked[]>`
      select status, authentication as sealed from webhook_endpoint where id = ${id} for update`
    if (row) await change(tx, row)
    const after = await readBack(tx, id)
    audit(tx, { action, id, relatedId: before.owner.id, before: told(before), after: told(after) })
    return after
  })
}

const setStatus = (tx: Context, id: string, status: Endpoint['status'], reason: string | null) => tx.sql`
  update webhook_endpoint set status = ${status}, status_reason = ${reason}, status_at = ${tx.now().toISOString()},
    revision = revision + 1 where id = ${id}`

/** Whose rights count: the caller's as they are, or all that somebody else has. */
async function ownerOf({ sql, principal }: Context, ownerId: string | null | undefined): Promise<Principal> {
  if (principal.kind === 'user' && (ownerId == null || ownerId === principal.userId)) return principal
  if (!principal.isAdmin) throw new HouseError('FORBIDDEN', 'Only administrators make endpoints for somebody else')
  if (ownerId == null) throw invalid('ownerId', 'is missing: say with whose rights events are chosen')
  const [user] = await sql<{ id: string; name: string; isAdmin: boolean }[]>`
    select id, user_name as name, coalesce(is_admin, false) as "isAdmin" from users
    where id = ${storable(ownerId)} and not deleted and status is distinct from 'Inactive'`
  if (!user) throw invalid('ownerId', 'is no user who may act')
  const { id: userId, name: userName, isAdmin } = user
  return { kind: 'user', userId, userName, isAdmin, scopes: 'all', dateStyle: defaultDateStyle }
}

async function checkCount({ sql }: Context, owner: string) {
  const [row] = await sql<{ all: number; own: number }[]>`
    select count(*)::integer as all, count(*) filter (where user_id = ${owner})::integer as own from webhook_endpoint`
  if ((row?.all ?? 0) >= endpointsMax) throw invalid('url', `: there are ${endpointsMax} endpoints already`)
  if ((row?.own ?? 0) >= endpointsOfOwnerMax)
    throw invalid('url', `: the owner has ${endpointsOfOwnerMax} endpoints already`)
}

function sealedColumns(ctx: Context, id: string, sealed: Sealed, before: Credentials): EndpointColumns {
  const { secrets } = outsideOf(ctx)
  const { headers, authentication, certificate } = sealed
  const columns: Record<string, unknown> = {}
  if (headers !== undefined) {
    const isNone = headers === null || Object.keys(headers).length === 0
    columns.headers = isNone ? null : secrets.seal(JSON.stringify(headers), sealedPlace.headers(id))
  }
  if (authentication !== undefined || certificate !== undefined) {
    const given = {
      authentication: authentication === undefined ? before.authentication : (authentication ?? undefined),
      certificate: certificate === undefined ? before.certificate : (certificate ?? undefined),
    }
    const isNone = given.authentication === undefined && given.certificate === undefined
    columns.authentication = isNone ? null : secrets.seal(JSON.stringify(given), sealedPlace.authentication(id))
  }
  return columns
}

const credentialsOf = (ctx: Context, id: string, sealed: string | null): Credentials =>
  sealed === null ? {} : sealedCredentials(outsideOf(ctx).secrets.open(sealed, sealedPlace.authentication(id)))

/** As the driver takes it. */
const written = ({ sql }: Context, row: EndpointColumns) =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      ['filter', 'payload', 'principal'].includes(name) && value !== null ? sql.json(value as never) : value,
    ]),
  )

/** What somebody has set; the address without its path, which may hold a secret. */
const told = (endpoint: Endpoint) => {
  const { description, status, eventTypes, filter, payload, headerNames, authenticationKind, ...more } = endpoint
  const { ratePerSecond, concurrency, schedule, timeoutMs, ordered, onUnknown, atMostOnce, skipOwn, version } = more
  return {
    ...{ owner: endpoint.owner.id, host: new URL(endpoint.url).host, description, status, eventTypes, filter, payload },
    ...{ headerNames, authenticationKind, ratePerSecond, concurrency, schedule, timeoutMs, ordered, onUnknown },
    ...{ atMostOnce, skipOwn, version, certificateExpiresAt: endpoint.certificateExpiresAt },
  }
}

async function readBack(ctx: Context, id: string): Promise<Endpoint> {
  const [endpoint] = await readEndpoints(ctx, ctx.sql`e.id = ${id}`)
  if (!endpoint) throw new Error('The endpoint is not there any more')
  return endpoint
}

type Row = Omit<Endpoint, 'owner' | 'headerNames' | 'authenticationKind' | 'certificateExpiresAt' | 'warnings'> & {
  readonly userId: string
  readonly headers: string | null
  readonly authentication: string | null
}

async function readEndpoints(ctx: Context, which: ReturnType<Context['sql']>): Promise<Endpoint[]> {
  const rows = await ctx.sql<Row[]>`
    select e.id, e.url, e.description, e.user_id as "userId", e.status, e.status_reason as "statusReason",
      e.status_at as "statusAt", e.event_types as "eventTypes", e.filter, e.payload, e.headers, e.authentication,
      e.rate_per_second as "ratePerSecond", e.concurrency, e.schedule, e.timeout_ms as "timeoutMs",
      e.is_ordered as ordered, e.on_unknown as "onUnknown", e.at_most_once as "atMostOnce", e.skip_own as "skipOwn",
      e.version, e.revision, e.created_at as "createdAt", e.updated_at as "updatedAt",
      coalesce(h.breaker, 'CLOSED') as breaker, h.failing_since as "failingSince",
      coalesce(h.delivered, 0)::float8 as delivered, coalesce(h.failed, 0)::float8 as failed,
      h.last_delivered_at as "lastDeliveredAt", h.last_failed_at as "lastFailedAt",
      coalesce(h.own_changes, 0)::float8 as "ownChanges", coalesce(h.filter_errors, 0)::float8 as "filterErrors",
      h.filter_error as "filterError"
    from webhook_endpoint e left join webhook_health h on h.endpoint_id = e.id
    where ${which} order by e.created_at desc, e.id limit ${endpointsMax}`
  return rows.map(row => shown(ctx, row))
}

function shown(ctx: Context, { userId, headers, authentication, ...row }: Row): Endpoint {
  const { secrets } = outsideOf(ctx)
  const credentials = credentialsOf(ctx, row.id, authentication)
  const expires = credentials.certificate && expiryOf(credentials.certificate)
  const names = headers === null ? {} : (JSON.parse(secrets.open(headers, sealedPlace.headers(row.id))) as object)
  return {
    ...row,
    owner: { id: userId },
    headerNames: Object.keys(names),
    authenticationKind: credentials.authentication?.kind ?? null,
    certificateExpiresAt: expires ? expires.toISOString().slice(0, 19).replace('T', ' ') : null,
    warnings: expires ? certificateWarnings(expires, ctx.now()) : [],
  }
}

/** Thirty, seven and one days before a certificate ends. */
export function certificateWarnings(expires: Date, now: Date): readonly string[] {
  const days = (expires.getTime() - now.getTime()) / 86_400_000
  if (days <= 0) return ['The client certificate is over: receivers refuse it']
  const level = [1, 7, 30].find(each => days <= each)
  return level === undefined ? [] : [`The client certificate ends within ${level} day${level === 1 ? '' : 's'}`]
}

const storable = (text: string) => text.replaceAll('\0', '')
