import { isConcealed } from '../../drizzle/concealed.ts'
import type { Context } from '../../drizzle/context.ts'
import type { StoredEvent } from '../../drizzle/event-log.ts'
import { scopeOf } from '../../drizzle/scope.ts'
import { findRecords } from '../../drizzle/select.ts'
import { guardOf, reachOf } from '../../schema/access.ts'
import type { Module } from '../../schema/module.ts'
import { platformSubjects, type PlatformSubject } from '../../schema/platform-subjects.ts'
import { covers } from '../../schema/scopes.ts'
import { eventAs, type RecordEvent, type Sighting } from './event.ts'

// Who may see an event is decided when it is given out, never when it is written.

/** An event that somebody may see, with the place behind it. */
export type Seen = { readonly stored: StoredEvent; readonly event: RecordEvent }

/**
 * What of a batch the principal may see.
 *
 * - Its token must let it read the module, and its roles the record, as it is now. Deleted records count as they were.
 * - Fields that roles hide are left out; a change of nothing else is none. A link is seen by who sees both ends.
 * - What takes a record out of its sight (another owner, another group) is told once, without values.
 * - What happened to the platform is for administrators whose token has the scope, and for whose it is.
 *
 * Reads the records of a module by one statement, and none for who sees all of them.
 */
export async function visibleEvents(ctx: Context, events: readonly StoredEvent[]): Promise<readonly Seen[]> {
  const judge = await judgeOf(ctx, events)
  return events.flatMap(stored => {
    const sighting = judge(stored)
    if (!sighting) return []
    const event = eventAs(sighting, stored)
    return isEmptyChange(event) ? [] : [{ stored, event }]
  })
}

type Judge = (event: StoredEvent) => Sighting | undefined

async function judgeOf(ctx: Context, events: readonly StoredEvent[]): Promise<Judge> {
  const named = recordsNamedBy(events)
  const seen = new Map<string, ReadonlySet<string> | 'all'>()
  await Promise.all(
    [...named].map(async ([name, ids]) => {
      const module = ctx.catalog.byName.get(name)
      if (module) seen.set(name, await visibleIds(ctx, module, [...ids]))
    }),
  )
  const isSeen = (name: string, id: string) => {
    const ids = seen.get(name)
    return ids === 'all' || ids?.has(id) === true
  }
  const groups = await groupsOf(ctx, events)

  return event => {
    const subject = platformSubjects.get(event.module ?? '')
    if (subject) return isForPrincipal(ctx, subject, event) ? { fields: () => true } : undefined
    const module = event.module === null ? undefined : ctx.catalog.byName.get(event.module)
    if (!module || event.recordId === null || !mayRead(ctx, module.name)) return undefined
    const { link } = event
    if (link && !mayFollow(ctx, module, link)) return undefined
    if (!isSeen(module.name, event.recordId)) return leaves(ctx, module, event, groups)
    if (link && !isSeen(link.module, link.id)) return undefined
    // An address that no record has any more keeps no secret; what it was is one while it may have been somebody's.
    const isLost = event.type.endsWith('.deleted') && guardOf(module.name).kind === 'shared' && !ctx.access.isFull
    return { fields: name => !isLost && !isConcealed(ctx, module, name) }
  }
}

function isForPrincipal({ principal }: Context, { scope, owner }: PlatformSubject, { before, after }: StoredEvent) {
  const isOwn = owner !== undefined && (after ?? before)?.[owner] === principal.userId
  return (principal.isAdmin || isOwn) && covers(principal.scopes, scope)
}

const mayRead = ({ principal }: Context, module: string) => covers(principal.scopes, `records:read:${module}`)

const mayFollow = (ctx: Context, module: Module, link: { readonly name: string; readonly module: string }) =>
  mayRead(ctx, link.module) && !isConcealed(ctx, module, link.name)

/** The records that are spoken of, by module. */
function recordsNamedBy(events: readonly StoredEvent[]): ReadonlyMap<string, ReadonlySet<string>> {
  const named = new Map<string, Set<string>>()
  const add = (module: string | null, id: string | null) => {
    if (module === null || id === null) return
    const ids = named.get(module)
    if (ids) ids.add(id)
    else named.set(module, new Set([id]))
  }
  for (const { module, recordId, link } of events) {
    add(module, recordId)
    if (link) add(link.module, link.id)
  }
  return named
}

async function visibleIds(ctx: Context, module: Module, ids: readonly string[]): Promise<ReadonlySet<string> | 'all'> {
  const scope = scopeOf(ctx, module, 'view', 't')
  if (scope === undefined) return 'all'
  if (scope === 'false') return new Set()
  return new Set((await findRecords(ctx, module, ids, ['id'], { deleted: 'INCLUDE' })).keys())
}

/** The principal's security groups, where an event asks for them. */
async function groupsOf(ctx: Context, events: readonly StoredEvent[]): Promise<ReadonlySet<string>> {
  if (ctx.access.isFull || !events.some(asksForGroups)) return new Set()
  const rows = await ctx.sql.unsafe<{ id: string }[]>(
    'select securitygroup_id as id from securitygroups_users where user_id = $1 and not deleted',
    [ctx.principal.userId],
    { prepare: true },
  )
  return new Set(rows.map(({ id }) => id))
}

const asksForGroups = ({ groups, link }: StoredEvent) => groups !== null || link?.module === 'SecurityGroups'

/** The record is out of sight. Was it in sight before this very event? */
function leaves(
  ctx: Context,
  module: Module,
  { type, before, link, groups }: StoredEvent,
  own: ReadonlySet<string>,
): Sighting | undefined {
  const reach = reachOf(ctx.access, module.name, 'view')
  if (guardOf(module.name).kind !== 'roles' || (reach !== 'owner' && reach !== 'group')) return undefined
  const isOfGroup = (id: string) => reach === 'group' && own.has(id)
  if (groups?.some(isOfGroup)) return { fields: name => !isConcealed(ctx, module, name) }
  const wasOwn = before?.assigned_user_id === ctx.principal.userId
  const leftGroup = type.endsWith('.unrelated') && link?.module === 'SecurityGroups' && isOfGroup(link.id)
  return wasOwn || leftGroup ? { fields: () => false, leftSight: true } : undefined
}

const stamps: ReadonlySet<string> = new Set(['date_modified', 'modified_user_id'])

/** Of what has changed nothing may be seen but who changed it and when. */
const isEmptyChange = ({ type, changes, leftSight }: RecordEvent) =>
  !leftSight && type.endsWith('.updated') && Object.keys(changes).every(name => stamps.has(name))
