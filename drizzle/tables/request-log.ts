import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  date,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  real,
  smallint,
  text,
} from 'drizzle-orm/pg-core'
import { instant } from './column-types.ts'

/**
 * One row a request, refused ones too. Its migration makes it a table in partitions, one a day: they are made ahead and
 * dropped as a whole; see drizzle/request-log.ts. A row with `dropped` stands for a gap: rows that could not be written.
 */
export const requestLog = pgTable(
  'request_log',
  {
    id: bigint({ mode: 'number' }).notNull().generatedAlwaysAsIdentity(),
    /** When the request began. */
    at: instant().notNull(),
    request_id: text(),
    trace_id: text(),
    client_id: text(),
    key_id: text(),
    user_id: text(),
    door: text(),
    version: text(),
    method: text(),
    /** The address with its variable parts as names. */
    route: text(),
    operation: text(),
    status: smallint(),
    code: text(),
    outcome: text().notNull(),
    /** Why, where the caller is not told: fixed words. */
    reason: text(),
    /** What was used that clients should leave behind. */
    deprecated: text(),
    ms: real(),
    /** With at least one statement of the request under way. */
    database_ms: real(),
    /** That the database gave. */
    rows: integer(),
    bytes_in: bigint({ mode: 'number' }),
    bytes_out: bigint({ mode: 'number' }),
    address: text(),
    limited_by: text(),
    limit_left: bigint({ mode: 'number' }),
    cost: real(),
    dropped: integer(),
  },
  table => [
    primaryKey({ columns: [table.at, table.id] }),
    index('request_log_request').on(table.request_id),
    index('request_log_trace').on(table.trace_id),
    index('request_log_client').on(table.client_id, table.at),
    index('request_log_user').on(table.user_id, table.at),
    index('request_log_operation').on(table.operation, table.at),
    // What most rows do not have costs them nothing.
    index('request_log_status')
      .on(table.status, table.at)
      .where(sql`status >= 400`),
    index('request_log_failed')
      .on(table.at)
      .where(sql`status >= 500`),
    index('request_log_code')
      .on(table.code, table.at)
      .where(sql`code is not null`),
    index('request_log_slow')
      .on(table.at)
      .where(sql`ms >= 1000`),
  ],
)

/** How many requests there were on a day; stays when their rows have gone. */
export const requestCount = pgTable(
  'request_count',
  {
    day: date({ mode: 'string' }).notNull(),
    door: text().notNull(),
    client_id: text().notNull(),
    outcome: text().notNull(),
    count: bigint({ mode: 'number' }).notNull(),
  },
  table => [primaryKey({ columns: [table.day, table.door, table.client_id, table.outcome] })],
)

/** What was sent and answered, redacted, while an administrator has it logged for an API client. */
export const requestBody = pgTable(
  'request_body',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    at: instant().notNull(),
    request_id: text().notNull(),
    client_id: text().notNull(),
    headers: jsonb().notNull(),
    query: jsonb(),
    request: jsonb(),
    response: jsonb(),
  },
  table => [index('request_body_request').on(table.request_id), index('request_body_at').on(table.at)],
)

/** What the log keeps of an API client, or API key, besides one row a request, or in place of it. */
export const logPolicy = pgTable('log_policy', {
  client_id: text().primaryKey(),
  bodies_until: instant(),
  /** Of its requests no more is kept than how many there were, and how they ended. */
  counts_only: boolean().default(false).notNull(),
  set_by: text().notNull(),
  set_at: instant().notNull(),
})
