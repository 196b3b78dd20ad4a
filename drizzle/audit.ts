import { createHash } from 'node:crypto'
import { auditedFields, type AuditAction } from '../schema/audited.ts'
import { isMaking, subjectOfAction } from '../schema/platform-subjects.ts'
import { canonicalJson } from './canonical-json.ts'
import type { Context } from './context.ts'
import { appendEvents, type EventFields, type NewEvent } from './outbox.ts'
import type { auditEntry } from './tables/audit.ts'

type Values = Readonly<Record<string, unknown>>

/** A change that is to be told of for ever. */
export type AuditedChange = {
  readonly action: AuditAction
  /** Of what was changed. */
  readonly id: string
  /** Of another thing that the change is about: who was taken into the group. */
  readonly relatedId?: string | null
  /** The fields before and after the change; null or absent when there was nothing, or is nothing any more. */
  readonly before?: Values | null
  readonly after?: Values | null
}

/** A change as its entry will show it. */
type Told = Pick<AuditRow, 'action' | 'subject_id' | 'related_id' | 'before' | 'after'>

/** What a transaction leaves in the audit trail when it commits. */
export type Trail = Told[]

export type AuditRow = Omit<typeof auditEntry.$inferSelect, 'before' | 'after'> & {
  readonly before: Values | null
  readonly after: Values | null
}

/** Where the chain stands after an entry. */
export type Head = Pick<AuditRow, 'seq' | 'hash'>

/** Before the first entry. */
export const chainStart: Head = { seq: 0, hash: '0'.repeat(64) }

const lockKey = 74_120_041

/** Longer text is cut; whether it changed is decided before. */
const charactersMax = 10_000

/**
 * Tells the audit trail of a change, in the transaction that makes it. Of two states only the fields that differ are kept,
 * and when none does there is no entry. Which values may be shown says schema/audited.ts.
 *
 * @param tx  of `transaction`: the entry is stored when that one commits, and forgotten with it
 */
export function audit(tx: Context, { action, id, relatedId, before, after }: AuditedChange): void {
  if (!tx.trail) throw new Error(`${action} is to be audited, and there is no transaction`)
  const names = changedFields(before, after)
  if (before && after && names.length === 0) return
  tx.trail.push({
    action,
    subject_id: storable(id),
    related_id: relatedId == null ? null : storable(relatedId),
    before: shown(action, before, names),
    after: shown(action, after, names),
  })
}

/**
 * Stores what a transaction has told, as its last statements: from here to the commit all other transactions with entries
 * wait, so that the chain never forks. Nothing is locked after this, so nobody waits in a circle. What the trail alone
 * knows is told by events too.
 */
export async function storeTrail(ctx: Context): Promise<void> {
  const { sql, trail, principal, door, requestId, now } = ctx
  if (!trail || trail.length === 0) return
  await appendEvents(ctx, trail.flatMap(eventsOf))
  await sql`select pg_advisory_xact_lock(${lockKey})`
  // A statement of its own: one that had waited for the lock would not see the entries it waited for.
  const [last] = await sql<Head[]>`select seq::float8 as seq, hash from audit_entry order by seq desc limit 1`
  const who = {
    at: now().toISOString(),
    user_id: principal.userId,
    user_name: storable(principal.userName),
    client_id: principal.clientId ?? null,
    key_id: principal.keyId ?? null,
    door: door ?? null,
    request_id: storable(requestId),
  }
  let head = last ?? chainStart
  const rows: AuditRow[] = []
  for (const told of trail) {
    const content = { ...who, ...told, seq: head.seq + 1 }
    const row = { ...content, hash: hashOf(head.hash, content) }
    rows.push(row)
    head = row
  }
  await sql`insert into audit_entry select * from json_populate_recordset(null::audit_entry, ${JSON.stringify(rows)}::json)`
}

/** The event that tells what the entry does; none of a record, which has one of its own. */
function eventsOf({ action, subject_id: id, related_id: related, before, after }: Told): readonly NewEvent[] {
  const subject = subjectOfAction(action)
  if (!subject) return []
  const { name, verb, relatedAs } = subject
  const other = relatedAs !== undefined && related !== null ? { [relatedAs]: related } : {}
  const state = (values: Values | null) => (values ? ({ ...values, ...other } as EventFields) : undefined)
  return [
    {
      type: `${name}.${verb}`,
      module: name,
      recordId: id,
      before: state(before),
      after: state(after),
      isFirst: isMaking(verb),
    },
  ]
}

/** The hash of an entry: over that of the entry before it, and all that it says. */
export function hashOf(previous: string, content: Omit<AuditRow, 'hash'>): string {
  return createHash('sha256')
    .update(canonicalJson({ ...content, previous }))
    .digest('hex')
}

function changedFields(before: Values | null | undefined, after: Values | null | undefined): readonly string[] {
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])]
  return names.filter(name => canonicalJson(before?.[name] ?? null) !== canonicalJson(after?.[name] ?? null))
}

function shown(action: AuditAction, values: Values | null | undefined, names: readonly string[]): Values | null {
  if (!values) return null
  const subject = Object.entries(auditedFields).find(([name]) => action.startsWith(`${name}.`))
  const allowed: readonly string[] = subject?.[1] ?? []
  return Object.fromEntries(
    names.map(name => {
      const value = values[name] ?? null
      return [storable(name), value === null || allowed.includes(name) ? keepable(value) : '[redacted]']
    }),
  )
}

/** The value as JSON has it, its texts cut. */
const keepable = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (_name, part: unknown) => (typeof part === 'string' ? storable(part) : part))

/** Without what PostgreSQL cannot hold. */
function storable(text: string): string {
  const kept = text.length > charactersMax ? `${text.slice(0, charactersMax)}… (${text.length} characters)` : text
  return kept.toWellFormed().replaceAll('\0', '')
}
