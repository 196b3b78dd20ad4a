import type { Context } from '../drizzle/context.ts'
import { cancellable } from '../drizzle/cancel.ts'
import type { Pool } from '../drizzle/client.ts'
import type { PasswordHashes } from '../drizzle/password-hash.ts'
import type { Catalog } from '../schema/catalog.ts'
import type { Principal } from '../schema/principal.ts'

/** What a process has: the same for all its requests until the catalog changes. */
export type House = {
  readonly pool: Pool
  readonly catalog: Catalog
  readonly filesDir: string
  readonly passwords: PasswordHashes
  readonly now: () => Date
}

/** What a request brings. */
export type Caller = {
  readonly principal: Principal
  readonly requestId: string
  readonly validation: Context['validation']
  readonly signal?: AbortSignal
}

/** The Context of one operation. Statements end when the caller's signal does. */
export function contextFor({ pool, catalog, filesDir, passwords, now }: House, caller: Caller): Context {
  const { principal, requestId, validation, signal } = caller
  const sql = signal ? cancellable(pool, signal) : pool
  return { sql, catalog, principal, now, requestId, validation, filesDir, passwords, batches: new Map(), signal }
}
