import { index, integer, pgTable, text } from 'drizzle-orm/pg-core'
import { instant } from './column-types.ts'

/** Keys with which scripts act as a user. The key itself is never at rest: `hash` is its SHA-256. */
export const apiKey = pgTable(
  'api_key',
  {
    id: text().primaryKey(),
    name: text().notNull(),
    /** Whom it acts as. */
    user_id: text().notNull(),
    /** Null: everything that the user may. */
    scopes: text().array(),
    /** The beginning of the key, by which people and the gateway recognise it. */
    prefix: text().notNull().unique(),
    hash: text().notNull(),
    /** The key before the last roll, which is good for a while longer. */
    previous_prefix: text().unique(),
    previous_hash: text(),
    previous_until: instant(),
    /** How long it is good after it was made or rolled; null: for ever. */
    lifetime_days: integer(),
    created_at: instant().notNull(),
    created_by: text().notNull(),
    rolled_at: instant(),
    expires_at: instant(),
    revoked_at: instant(),
    revoked_by: text(),
    last_used_at: instant(),
    last_address: text(),
  },
  table => [index('api_key_user').on(table.user_id)],
)
