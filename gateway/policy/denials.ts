import type { Pool } from '../../drizzle/client.ts'
import type { Principal } from '../../schema/principal.ts'
import type { Report } from '../error-mask.ts'
import { gather } from '../gather.ts'
import type { Denied } from './denied.ts'

/** In whose request something was denied. */
export type DeniedTo = {
  readonly requestId: string
  readonly principal: Principal
  readonly now: () => Date
  readonly door?: string
}

/** Remembers what requests were not given, off their path, for `explainDenial`. */
export type Denials = {
  note(to: DeniedTo, denied: readonly Denied[]): void
  /** Writes what is waiting. */
  close(): Promise<void>
}

/** Denials wait at most this long, so that a flood of them is a statement a second. */
const writeMs = 1_000

/** More than these in one second are not remembered: somebody is trying ids, and has shown it. */
const waitingMax = 1_000

const keptDays = 7

export function createDenials(sql: Pool, report: Report): Denials {
  const rows = gather<Row>({
    ...{ name: 'denials', everyMs: writeMs, waitingMax, report },
    write: rows => insert(sql, rows),
  })
  return {
    note(to, denied) {
      for (const each of denied) rows.add(rowOf(to, each))
    },
    close: rows.close,
  }
}

/** A chore: forgets what is older than a week. */
export const sweepDenials = (sql: Pool, now: Date) =>
  sql`delete from access_denial where at < ${new Date(now.getTime() - keptDays * 86_400_000).toISOString()}`

type Row = ReturnType<typeof rowOf>

/** One statement for any number of rows, so that it is prepared once. */
const insert = (sql: Pool, rows: readonly Row[]) => sql`
  insert into access_denial (request_id, at, door, operation, user_id, client_id, key_id, scopes, kind, missing_scope,
    module, action, record_id, field)
  select request_id, at, door, operation, user_id, client_id, key_id, scopes, kind, missing_scope, module, action,
    record_id, field from jsonb_populate_recordset(null::access_denial, ${JSON.stringify(rows)}::jsonb)`

const rowOf = ({ requestId, principal, now, door }: DeniedTo, denied: Denied) => ({
  request_id: requestId,
  at: now().toISOString(),
  door: door ?? null,
  operation: denied.operation ?? null,
  user_id: principal.userId,
  client_id: principal.clientId ?? null,
  key_id: principal.keyId ?? null,
  scopes: principal.scopes === 'all' ? null : [...principal.scopes],
  kind: denied.kind,
  missing_scope: denied.missingScope ?? null,
  module: denied.module ?? null,
  action: denied.action ?? null,
  record_id: denied.recordId ?? null,
  field: denied.field ?? null,
})
