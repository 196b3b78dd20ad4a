import { audit } from '../../drizzle/audit.ts'
import { momentOf, transaction, type Context } from '../../drizzle/context.ts'
import { HouseError, notFound } from '../../schema/errors.ts'
import { requireAdmin } from './permission.ts'

/** 0 blocks; that nothing is limited has a word of its own. */
export type Bound = number | 'unlimited'

export type CallerClass = 'ui' | 'machine' | 'bulk'

/** What an API client, a key or the legacy sessions are allowed in place of the defaults of a class. */
export type ClientLimit = {
  readonly clientId: string
  readonly class: CallerClass | null
  readonly burst: Bound | null
  readonly sustained: Bound | null
  readonly daily: Bound | null
  readonly concurrent: Bound | null
  readonly note: string | null
  readonly setBy: string | null
  readonly setAt: string
  readonly expiresAt: string | null
}

export type NewClientLimit = {
  readonly clientId: string
  readonly class?: CallerClass | null
  readonly burst?: Bound | null
  readonly sustained?: Bound | null
  readonly daily?: Bound | null
  readonly concurrent?: Bound | null
  readonly note?: string | null
  /** Never, when it is left out. */
  readonly expiresInMinutes?: number | null
}

const names = ['burst', 'sustained', 'daily', 'concurrent'] as const
const boundMax = 1_000_000_000
const minutesMax = 10 * 365 * 24 * 60
const noteMax = 500

/** Sessions of the legacy API are counted as an API client of this name. */
const sessions = 'session'

/** What is set and has not expired, by client. */
export async function listClientLimits(ctx: Context): Promise<ClientLimit[]> {
  requireAdmin(ctx)
  return (await readLimits(ctx)).map(limitOf)
}

/**
 * Sets what a client is allowed, in place of what was set before. It holds in every process within two seconds.
 *
 * @throws INVALID  nothing is set, or a number is out of range
 * @throws NOT_FOUND  no API client, key or the word `session`
 */
export async function setClientLimit(ctx: Context, wanted: NewClientLimit): Promise<ClientLimit> {
  requireAdmin(ctx)
  check(wanted)
  const { clientId, class: callerClass = null, note = null, expiresInMinutes } = wanted
  await assertClient(ctx, clientId)
  const bounds = Object.fromEntries(names.flatMap(name => (wanted[name] == null ? [] : [[name, wanted[name]]])))
  const now = ctx.now()
  const row = {
    client_id: clientId,
    class: callerClass,
    bounds: JSON.stringify(bounds),
    note,
    set_by: ctx.principal.userId,
    set_at: momentOf(now),
    expires_at: expiresInMinutes == null ? null : momentOf(new Date(now.getTime() + expiresInMinutes * 60_000)),
  }
  return transaction(ctx, async tx => {
    const before = await findLimit(tx, clientId)
    await tx.sql`insert into limit_override ${tx.sql(row)} on conflict (client_id) do update set class = excluded.class,
      bounds = excluded.bounds, note = excluded.note, set_by = excluded.set_by, set_at = excluded.set_at,
      expires_at = excluded.expires_at`
    const after = await findLimit(tx, clientId)
    if (!after) throw notFound('limit of', clientId)
    audit(tx, { action: 'limit.set', id: clientId, before: before && told(before), after: told(after) })
    return after
  })
}

/**
 * Back to the defaults.
 *
 * @throws NOT_FOUND  nothing was set
 */
export async function clearClientLimit(ctx: Context, clientId: string): Promise<string> {
  requireAdmin(ctx)
  return transaction(ctx, async tx => {
    const before = await findLimit(tx, clientId)
    const { count } = await tx.sql`delete from limit_override where client_id = ${clientId}`
    if (count === 0) throw new HouseError('NOT_FOUND', `No limit is set for ${clientId}`, { id: clientId })
    audit(tx, { action: 'limit.cleared', id: clientId, before: before && told(before) })
    return clientId
  })
}

/** Without who set it and when: the entry says so itself. */
const told = ({ class: callerClass, burst, sustained, daily, concurrent, note, expiresAt }: ClientLimit) => ({
  ...{ class: callerClass, burst, sustained, daily, concurrent, note, expiresAt },
})

async function findLimit(ctx: Context, clientId: string): Promise<ClientLimit | undefined> {
  const [row] = await readLimits(ctx, clientId)
  return row && limitOf(row)
}

function check(wanted: NewClientLimit) {
  const invalid = (field: string, message: string) => new HouseError('INVALID', message, { field })
  if (wanted.class == null && names.every(name => wanted[name] == null))
    throw invalid('clientId', 'Say what to set: a class, burst, sustained, daily or concurrent')
  for (const name of names) {
    const bound = wanted[name]
    if (bound == null || bound === 'unlimited') continue
    if (!Number.isInteger(bound) || bound < 0 || bound > boundMax)
      throw invalid(name, `${name} is a whole number from 0 (blocked) to ${boundMax}, or "unlimited"`)
  }
  const { expiresInMinutes: minutes, note } = wanted
  if (minutes != null && (!Number.isInteger(minutes) || minutes < 1 || minutes > minutesMax))
    throw invalid('expiresInMinutes', `expiresInMinutes is a whole number from 1 to ${minutesMax}`)
  if (note != null && (note.length > noteMax || note.includes('\0')))
    throw invalid('note', `A note has at most ${noteMax} characters`)
}

async function assertClient(ctx: Context, id: string) {
  if (id === sessions) return
  const [known] = id.includes('\0')
    ? []
    : await ctx.sql`select from oauth2clients where id = ${id} and not deleted
        union all select from api_key where id = ${id}`
  if (!known) throw new HouseError('NOT_FOUND', `There is no API client or key ${id}`, { id })
}

type Row = Pick<ClientLimit, 'clientId' | 'class' | 'note' | 'setBy' | 'setAt' | 'expiresAt'> & {
  bounds: Partial<Record<(typeof names)[number], Bound>>
}

const readLimits = (ctx: Context, clientId?: string) => ctx.sql<Row[]>`
  select client_id as "clientId", class, bounds, note, set_by as "setBy", set_at as "setAt", expires_at as "expiresAt"
  from limit_override where (expires_at is null or expires_at > ${momentOf(ctx.now())})
  ${clientId === undefined ? ctx.sql`` : ctx.sql`and client_id = ${clientId}`} order by client_id limit 1000`

const limitOf = ({ bounds, ...row }: Row): ClientLimit => ({
  ...row,
  burst: bounds.burst ?? null,
  sustained: bounds.sustained ?? null,
  daily: bounds.daily ?? null,
  concurrent: bounds.concurrent ?? null,
})
