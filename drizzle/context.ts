import type { GraphQLSchema } from 'graphql'
import type { Access } from '../schema/access.ts'
import type { Catalog } from '../schema/catalog.ts'
import type { Principal } from '../schema/principal.ts'
import type { Used } from '../schema/usage.ts'
import { storeTrail, type Trail } from './audit.ts'
import type { Connection, Pool } from './client.ts'
import type { EventLog } from './event-log.ts'
import type { Meter } from './meter.ts'
import type { PasswordHashes } from './password-hash.ts'
import { remembered, type Repeatable } from './once.ts'
import type { Outside } from './outside.ts'
import { begin } from './transaction.ts'

/**
 * What every domain function is given: who acts, on which connection, under which definitions. It knows no request.
 */
export type Context = {
  readonly sql: Connection
  readonly catalog: Catalog
  /** What clients see of the graph, to check what is stored and run later. */
  readonly api?: () => Promise<GraphQLSchema>
  readonly principal: Principal
  /** What the principal may do with records; see access.ts. */
  readonly access: Access
  readonly now: () => Date
  readonly requestId: string
  /** The door that the request came through, for logs: `graphql`, `v8`, `v4_1`; `cli` for commands. */
  readonly door?: string
  /** `lenient`: store what SuiteCRM would store; the legacy APIs. `strict`: required fields and options are checked. */
  readonly validation: 'strict' | 'lenient'
  /** The connection to another service on whose behalf this is done. */
  readonly connectionId?: string
  /** Its changes are told to nobody: an import, or demo data. See outbox.ts. */
  readonly isSilent?: boolean
  /** Whether the transaction has appended events; absent outside of one. */
  readonly appended?: { any: boolean }
  /** The log of events; told when a transaction that has appended some is committed. */
  readonly events?: EventLog
  /** The same caller as it stands now, for work that lasts: its rights may have changed since. */
  readonly renew?: () => Promise<Context>
  /** Every transaction is undone at its end: a client asks whether something would do. */
  readonly isRehearsal?: boolean
  /** Where uploaded files are. */
  readonly filesDir: string
  /** For dealing with other services; absent where nobody does. */
  readonly outside?: Outside
  /** How passwords are stored and checked. */
  readonly passwords: PasswordHashes
  /** Batches of this request, by what they load; see subgraphs/crm. */
  readonly batches: Map<string, unknown>
  /** Set when the client may send the request again; see once.ts. */
  readonly repeatable?: Repeatable
  /** The write that the next transaction is. */
  readonly step?: number
  /** What the transaction leaves in the audit trail; absent outside of one. See audit.ts. */
  readonly trail?: Trail
  /** Measures what the request has of the database. */
  readonly meter?: Meter
  /** Is told what the request uses, operation by operation. */
  readonly uses?: Set<Used>
  /** W3C `traceparent` of the request, for processes that are asked on its behalf. */
  readonly traceparent?: string
  /** Ends when the caller has gone or its time is over. */
  readonly signal?: AbortSignal
}

/**
 * Runs `work` in one transaction: all of it is stored, or nothing. Inside a transaction it joins that one. A rehearsal
 * answers what `work` answers and stores nothing.
 *
 * Two transactions that wait for each other are resolved by PostgreSQL, which ends one; that one is tried once more.
 */
export async function transaction<T>(ctx: Context, work: (ctx: Context) => Promise<T>): Promise<T> {
  if (!isPool(ctx.sql)) return work(ctx)
  const pool = ctx.sql
  return onceMore(async () => {
    const appended = { any: false }
    const run = async (sql: Connection) => {
      const tx = { ...ctx, sql, batches: new Map<string, unknown>(), trail: [], appended }
      const result = await remembered(tx, work)
      await storeTrail(tx)
      return result
    }
    if (ctx.isRehearsal) return rehearse(pool, run)
    const result = await begin(pool, run)
    if (appended.any) ctx.events?.tell()
    return result
  })
}

/**
 * The same for work that stores all it stores by one statement, which is a transaction by itself: without begin and
 * commit, two questions to the database less. Where more belongs to the transaction (a rehearsal, an Idempotency-Key, one
 * that it joins), it is one like any other. The audit trail is not written.
 */
export async function soleStatement<T>(ctx: Context, work: (ctx: Context) => Promise<T>): Promise<T> {
  if (!isPool(ctx.sql) || ctx.isRehearsal || ctx.step !== undefined) return transaction(ctx, work)
  return onceMore(async () => {
    const appended = { any: false }
    const result = await work({ ...ctx, batches: new Map<string, unknown>(), appended })
    if (appended.any) ctx.events?.tell()
    return result
  })
}

async function onceMore<T>(attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt()
  } catch (error) {
    if (!isDeadlock(error)) throw error
    return attempt()
  }
}

async function rehearse<T>(pool: Pool, work: (sql: Connection) => Promise<T>): Promise<T> {
  let done: { readonly result: T } | undefined
  const undo = new Error('A rehearsal is undone')
  await begin(pool, async sql => {
    done = { result: await work(sql) }
    throw undo
  }).catch((error: unknown) => {
    if (error !== undo) throw error
  })
  if (!done) throw undo
  return done.result
}

/**
 * Runs a part of a transaction that can be undone alone: when `work` fails, nothing of it stays, and the transaction
 * goes on.
 */
export async function undoable<T>(ctx: Context, work: (ctx: Context) => Promise<T>): Promise<T> {
  const { sql } = ctx
  const part = { ...ctx, batches: new Map<string, unknown>(), trail: [] }
  await sql.unsafe('savepoint part')
  try {
    const result = await work(part)
    await sql.unsafe('release savepoint part')
    ctx.trail?.push(...part.trail)
    return result
  } catch (error) {
    await sql.unsafe('rollback to savepoint part; release savepoint part')
    throw error
  }
}

const isDeadlock = (error: unknown) => error instanceof Error && 'code' in error && error.code === '40P01'

const isPool = (sql: Connection): sql is Pool => 'begin' in sql

/** A moment as tables hold it: UTC, whole seconds, `2030-03-04 10:30:00`. */
export const momentOf = (date: Date) => date.toISOString().slice(0, 19).replace('T', ' ')
