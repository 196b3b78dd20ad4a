import { chainStart, hashOf, type AuditRow, type Head } from './audit.ts'
import type { Connection } from './client.ts'

/** What a look at the audit trail came to. */
export type Verdict = {
  /** So many entries were looked at, up to the first that is wrong. */
  readonly count: number
  /** The newest of them; absent when there is none. */
  readonly head?: Head
  readonly fault?: { readonly seq: number; readonly why: string }
}

const batchSize = 1_000

/**
 * Computes the chain of the audit trail anew, from its beginning or among its newest entries.
 *
 * @param head    the hash of an entry as it was shown before: it must be in the chain, or the trail was cut or rewritten
 * @param newest  only so many of the newest entries; what stands before them is believed
 */
export async function verifyTrail(
  sql: Connection,
  { head, newest }: { readonly head?: string; readonly newest?: number } = {},
): Promise<Verdict> {
  let last = newest === undefined ? chainStart : await entryBefore(sql, newest)
  let count = 0
  for (;;) {
    const rows = await readAfter(sql, last.seq)
    for (const { hash, ...content } of rows) {
      const fault = faultOf(last, content, hash)
      if (fault) return { count, ...(count > 0 && { head: last }), fault }
      last = { seq: content.seq, hash }
      count += 1
    }
    if (rows.length === batchSize) continue
    const cut = head === undefined ? undefined : await missing(sql, head, last.seq)
    return { count, ...(count > 0 && { head: last }), ...(cut && { fault: cut }) }
  }
}

function faultOf(last: Head, content: Omit<AuditRow, 'hash'>, hash: string): Verdict['fault'] {
  const seq = last.seq + 1
  if (content.seq !== seq) return { seq, why: `entry ${seq} is missing: the next one is ${content.seq}` }
  if (hashOf(last.hash, content) === hash) return undefined
  const before = last.seq === 0 ? '' : `, or entry ${last.seq} was changed together with its hash`
  return { seq, why: `entry ${seq} is not as it was written: its hash does not fit${before}` }
}

async function missing(sql: Connection, head: string, seq: number): Promise<Verdict['fault']> {
  const [known] = await sql`select from audit_entry where hash = ${head.toLowerCase()}`
  if (known) return undefined
  return { seq: seq + 1, why: `no entry has the hash ${head}: the trail was cut or rewritten since that was noted` }
}

async function entryBefore(sql: Connection, newest: number): Promise<Head> {
  const [entry] = await sql<Head[]>`
    select seq::float8 as seq, hash from audit_entry order by seq desc offset ${newest} limit 1`
  return entry ?? chainStart
}

const readAfter = async (sql: Connection, seq: number): Promise<readonly AuditRow[]> => {
  const rows = await sql<AuditRow[]>`
    select seq::float8 as seq, at, action, subject_id, related_id, user_id, user_name, client_id, key_id, door, request_id,
      before, after, hash
    from audit_entry where seq > ${seq} order by seq limit ${batchSize}`
  return rows.map(row => ({ ...row, at: new Date(`${row.at.replace(' ', 'T')}Z`).toISOString() }))
}
