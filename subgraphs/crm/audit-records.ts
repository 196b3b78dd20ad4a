import { audit, type AuditedChange } from '../../drizzle/audit.ts'
import type { Context } from '../../drizzle/context.ts'
import { ident } from '../../drizzle/names.ts'
import { versionColumn } from '../../drizzle/tables/records.ts'
import type { AuditSubject } from '../../schema/audited.ts'
import type { Link } from '../../schema/link.ts'
import type { Module } from '../../schema/module.ts'
import { lockPairs } from './pairs.ts'
import { stampFields } from './stamp.ts'
import type { Change, StoredRow } from './store.ts'

/** Modules whose records decide about the installation, and what the audit trail calls them. */
const subjects: Readonly<Record<string, AuditSubject>> = {
  Users: 'user',
  ACLRoles: 'role',
  SecurityGroups: 'group',
  Currencies: 'currency',
}

/** Does the audit trail tell of the module's records? */
export const isWitnessed = (module: Module) => Object.hasOwn(subjects, module.name)

/** Who is in what: the column of what has a member, and the action when one comes or goes. */
const memberships: Readonly<Record<string, { readonly of: string; readonly action: `${AuditSubject}.${string}` }>> = {
  acl_roles_users: { of: 'role_id', action: 'role.member' },
  securitygroups_users: { of: 'securitygroup_id', action: 'group.member' },
  securitygroups_acl_roles: { of: 'securitygroup_id', action: 'group.role' },
}

/** Tells the audit trail what came of a change, once it is made. */
export type Witness = (ids: readonly string[]) => void

/**
 * Looks at what a change is about to touch, where the audit trail is to know.
 *
 * @returns undefined when it need not
 */
export async function witness(ctx: Context, change: Change): Promise<Witness | undefined> {
  if ('link' in change) return witnessPairs(ctx, change)
  const subject = subjects[change.module.name]
  if (!subject) return undefined
  const tell = (verb: string, id: unknown, states: Pick<AuditedChange, 'before' | 'after'>) =>
    audit(ctx, { action: `${subject}.${verb}`, id: String(id), ...states })
  switch (change.kind) {
    case 'created':
      return () => tell('created', change.after.id, { after: told(change.after) })
    case 'updated':
      return () => tell('changed', change.after.id, { before: told(change.before), after: told(change.after) })
    case 'deleted':
      return () => tell('deleted', change.after.id, { before: told(change.before) })
    case 'cleared': {
      const { column, value } = change
      return ids => {
        for (const id of ids) tell('changed', id, { before: { [column]: value }, after: { [column]: null } })
      }
    }
    case 'set': {
      const rows = await rowsOf(ctx, change.module.table, change.ids)
      return ids => {
        for (const before of rows.filter(row => ids.includes(String(row.id)))) {
          tell('changed', before.id, { before: told(before), after: told({ ...before, ...change.values }) })
        }
      }
    }
  }
}

type PairChange = Extract<Change, { readonly link: Link }>

async function witnessPairs(ctx: Context, change: PairChange): Promise<Witness | undefined> {
  const { via } = change.link
  const membership = via.kind === 'join' ? memberships[via.table] : undefined
  if (via.kind !== 'join' || !membership) return undefined
  const { of, action } = membership
  const isAdded = change.kind === 'related'
  const known = isAdded ? await knownPairs(ctx, change, via) : new Set<string>()
  return far => {
    for (const id of far.filter(each => !known.has(each))) {
      const [subject, related] = via.near === of ? [change.id, id] : [id, change.id]
      const values = isAdded ? { after: change.values } : {}
      audit(ctx, { action: `${action}_${isAdded ? 'added' : 'removed'}`, id: subject, relatedId: related, ...values })
    }
  }
}

type Joined = Extract<Link['via'], { readonly kind: 'join' }>

/** With whom the record is related already. Two who relate the same records at once come one after the other. */
async function knownPairs(ctx: Context, change: Extract<PairChange, { kind: 'related' }>, via: Joined) {
  await lockPairs(ctx, via, change.id, change.relatedIds)
  const far = ident(via.far)
  const rows = await ctx.sql.unsafe<{ far: string }[]>(
    `select ${far} as far from ${ident(via.table)} where ${ident(via.near)} = $1 and ${far} = any ($2::text[]) and not deleted`,
    [change.id, change.relatedIds] as never[],
    { prepare: true },
  )
  return new Set(rows.map(row => row.far))
}

const rowsOf = (ctx: Context, table: string, ids: readonly string[]) =>
  ctx.sql.unsafe<StoredRow[]>(
    `select * from ${ident(table)} where id = any ($1::text[]) for update`,
    [ids] as never[],
    { prepare: true },
  )

const untold: ReadonlySet<string> = new Set(['id', 'deleted', versionColumn, ...stampFields])

/** Without what the entry says itself: which record, who changed it and when, whether it is deleted. */
const told = (row: StoredRow) =>
  Object.fromEntries(Object.entries(row).filter(([name, value]) => value !== null && value !== '' && !untold.has(name)))
