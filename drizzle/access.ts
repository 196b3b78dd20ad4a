import { LRUCache } from 'lru-cache'
import { accessBy, fieldRights, fullAccess, type Access, type Rule } from '../schema/access.ts'
import type { Principal } from '../schema/principal.ts'
import type { Connection, Pool } from './client.ts'

/** What was changed behind our back holds after this time at the latest. */
const rememberMs = 2_000
const usersMax = 10_000

/** What a process remembers of its users' access. */
type Memory = { readonly known: LRUCache<string, Access>; readonly reading: Map<string, Promise<Access>> }

const memories = new WeakMap<Pool, Memory>()

/** Who remembers also listens for what is no longer true; should that fail, the time is up soon. */
function memoryOf(pool: Pool): Memory {
  const memory = memories.get(pool)
  if (memory) return memory
  const made: Memory = { known: new LRUCache({ max: usersMax, ttl: rememberMs }), reading: new Map() }
  memories.set(pool, made)
  const forget = () => {
    made.known.clear()
    made.reading.clear()
  }
  const onNotice = (text: string) => {
    if (text === accessChanged) forget()
  }
  pool.listen(noticeChannel, onNotice, forget).catch(() => undefined)
  return made
}

/** The channel of gateway/oauth/notices.ts, which tells of users, clients and sessions. */
const noticeChannel = 'identity'
const accessChanged = JSON.stringify({ kind: 'access' })

/** Roles, security groups or who is in them have changed: once that is committed, all processes read access anew. */
export const tellAccessChanged = (sql: Connection) =>
  sql.unsafe('select pg_notify($1, $2)', [noticeChannel, accessChanged], { prepare: true })

/**
 * What a principal may do with records. Administrators may all, and nothing is read for them; others are read by one
 * statement and remembered for two seconds, so that a request costs no question of its own.
 */
export async function accessFor(pool: Pool, { userId, isAdmin }: Principal): Promise<Access> {
  if (isAdmin) return fullAccess
  const { known, reading } = memoryOf(pool)
  const found = known.get(userId) ?? reading.get(userId)
  if (found) return found
  const promise = readAccess(pool, userId)
    .then(access => {
      if (reading.get(userId) === promise) known.set(userId, access)
      return access
    })
    .finally(() => {
      if (reading.get(userId) === promise) reading.delete(userId)
    })
  reading.set(userId, promise)
  return promise
}

type Row = { module: string; action: string | null; field: string | null; level: number | null; right: string | null }

/**
 * Roles count as SuiteCRM counts them with its default settings: a user's own roles if there are any, else those of their
 * security groups; of several the most generous, and where none says anything, the action's own default.
 *
 * @see SuiteCRM 7.15.0 modules/ACLActions/ACLAction.php getUserActions()
 */
export async function readAccess(sql: Connection, userId: string): Promise<Access> {
  const rows = await sql<Row[]>`
    with own as (
      select role_id from acl_roles_users where user_id = ${userId} and not deleted
    ), held as (
      select role_id from own
      union all
      select r.role_id from securitygroups_users u
      join securitygroups_acl_roles r on r.securitygroup_id = u.securitygroup_id and not r.deleted
      where u.user_id = ${userId} and not u.deleted and not exists (select from own)
    ), stated as (
      select o.action_id, max(o.access_override) as level from acl_roles_actions o
      where o.role_id in (select role_id from held) and not o.deleted and o.access_override <> 0
      group by 1
    )
    select a.category as module, a.name as action, null as field, coalesce(s.level, a.aclaccess) as level, null as right
    from acl_actions a left join stated s on s.action_id = a.id
    where not a.deleted and a.acltype = 'module'
      and coalesce(s.level, a.aclaccess, 0) not in (0, case a.name when 'access' then 89 else 90 end)
    union all
    select f.module, null, f.field, null, f.access from acl_roles_fields f
    where f.role_id in (select role_id from held)`
  return accessBy(userId, rows.flatMap(ruleOf))
}

function ruleOf({ module, action, field, level, right }: Row): Rule[] {
  const known = fieldRights.find(each => each === right)
  if (field !== null && known) return [{ module, field, right: known }]
  return action !== null && level !== null ? [{ module, action, level }] : []
}
