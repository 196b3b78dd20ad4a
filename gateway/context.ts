import { accessFor } from '../drizzle/access.ts'
import type { Context } from '../drizzle/context.ts'
import { cancellable } from '../drizzle/cancel.ts'
import type { Pool } from '../drizzle/client.ts'
import type { Repeatable } from '../drizzle/once.ts'
import type { EventLog } from '../drizzle/event-log.ts'
import type { Meter } from '../drizzle/meter.ts'
import type { Outside } from '../drizzle/outside.ts'
import type { PasswordHashes } from '../drizzle/password-hash.ts'
import type { Access } from '../schema/access.ts'
import type { Catalog } from '../schema/catalog.ts'
import type { Principal } from '../schema/principal.ts'

/** What a process has: the same for all its requests until the catalog changes. */
export type House = {
  readonly pool: Pool
  readonly catalog: Catalog
  readonly filesDir: string
  readonly passwords: PasswordHashes
  /** Absent where nobody deals with other services. */
  readonly outside?: Outside
  /** Absent in commands, whose changes are found by looking. */
  readonly events?: EventLog
  readonly now: () => Date
}

/** What a request brings. */
export type Caller = {
  readonly principal: Principal
  readonly requestId: string
  readonly door?: string
  readonly validation: Context['validation']
  readonly repeatable?: Repeatable
  readonly meter?: Meter
  readonly uses?: Context['uses']
  readonly traceparent?: string
  readonly isRehearsal?: boolean
  readonly signal?: AbortSignal
}

/** The Context of one operation, with what the caller may do. */
export const contextFor = async (house: House, caller: Caller): Promise<Context> =>
  contextWith(house, caller, await accessFor(house.pool, caller.principal))

/** The same where it is known what the caller may do. Statements end when the caller's signal does. */
export function contextWith(house: House, caller: Caller, access: Access): Context {
  const { pool, catalog, filesDir, passwords, outside, events, now } = house
  const { principal, requestId, door, validation, isRehearsal, repeatable, meter, uses, traceparent, signal } = caller
  const sql = signal ? cancellable(pool, signal, meter) : pool
  return {
    sql,
    catalog,
    // Commands that ask for no schema do without the machinery that makes it.
    api: async () => (await import('./supergraph/graph.ts')).apiOf(catalog),
    principal,
    access,
    now,
    requestId,
    door,
    validation,
    repeatable,
    isRehearsal,
    filesDir,
    passwords,
    outside,
    events,
    batches: new Map(),
    meter,
    uses,
    traceparent,
    signal,
  }
}
