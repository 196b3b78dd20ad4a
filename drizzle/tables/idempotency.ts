import { index, integer, jsonb, pgTable, primaryKey, smallint, text } from 'drizzle-orm/pg-core'
import { instant } from './column-types.ts'

// What is remembered of requests with an Idempotency-Key.

/** A request and what was answered to it. */
export const idempotencyRequest = pgTable(
  'idempotency_request',
  {
    /** Who sent it: API client, key and user. */
    caller: text().notNull(),
    key: text().notNull(),
    /** SHA-256 of what was asked; the same key with another is refused. */
    fingerprint: text().notNull(),
    /** The process that answers it holds it until then, and longer as long as it lives. */
    leased_until: instant().notNull(),
    /** What the caller might see when it was answered; somebody who might see less is not given the same answer. */
    sight: text(),
    status: smallint(),
    headers: jsonb().$type<Record<string, string>>(),
    /** Sealed: an answer may hold what is kept nowhere else, such as a new secret. */
    sealed_body: text(),
    created_at: instant().notNull(),
  },
  table => [
    primaryKey({ columns: [table.caller, table.key] }),
    index('idempotency_request_created').on(table.created_at),
  ],
)

/** A write of such a request, stored by the write's own transaction: who repeats it changes nothing. */
export const idempotencyStep = pgTable(
  'idempotency_step',
  {
    caller: text().notNull(),
    key: text().notNull(),
    /** Which write of the request. */
    step: integer().notNull(),
    fingerprint: text().notNull(),
    result: jsonb(),
    created_at: instant().notNull(),
  },
  table => [
    primaryKey({ columns: [table.caller, table.key, table.step] }),
    index('idempotency_step_created').on(table.created_at),
  ],
)
