import { bigint, index, pgTable, text, timestamp } from 'drizzle-orm/pg-core'

/** What was refused, or hidden as if it did not exist, for administrators to ask why. Kept for seven days. */
export const accessDenial = pgTable(
  'access_denial',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    request_id: text().notNull(),
    at: timestamp({ precision: 3, mode: 'string' }).notNull(),
    door: text(),
    /** The GraphQL operation, by its kind and name. */
    operation: text(),
    user_id: text().notNull(),
    client_id: text(),
    key_id: text(),
    /** What the principal's scopes were; null for all. */
    scopes: text().array(),
    kind: text().$type<'scope' | 'administrators' | 'forbidden' | 'not_found'>().notNull(),
    /** The scopes that were missing, between blanks. */
    missing_scope: text(),
    module: text(),
    action: text(),
    record_id: text(),
    field: text(),
  },
  table => [index('access_denial_request').on(table.request_id), index('access_denial_at').on(table.at)],
)
