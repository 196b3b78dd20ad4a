import { doublePrecision, jsonb, pgTable, text } from 'drizzle-orm/pg-core'
import { moment } from '../columns.ts'

// What callers may spend, and what they have spent. See gateway/limits/README.md.

const number = () => doublePrecision().notNull()

/**
 * What one caller has left under one policy, as the moment at which it is full again. The rest of the row is the last
 * settlement of a process: `on conflict` can read nothing else. Unlogged, with room in its pages for rows that change
 * often (see its migration): after a crash it is empty, and limits start afresh.
 */
export const limitAccount = pgTable('limit_account', {
  key: text().primaryKey(),
  /** Milliseconds since 2026, by the database's clock. */
  full_at: number(),
  counted_at: number(),
  step: number(),
  size: number(),
  paid: number(),
  wanted: number(),
  first: number(),
  granted: number(),
})

/** What an administrator allows an API client in place of its class's defaults, until it expires. */
export const limitOverride = pgTable('limit_override', {
  client_id: text().primaryKey(),
  class: text().$type<'ui' | 'machine' | 'bulk'>(),
  /** `{"burst": 100, "daily": "unlimited"}`; what is left out stays as its class has it. */
  bounds: jsonb().$type<Record<string, number | 'unlimited'>>().notNull(),
  note: text(),
  set_by: text(),
  set_at: moment().notNull(),
  expires_at: moment(),
})
