import { sql } from 'drizzle-orm'
import { jsonb, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core'
import { large } from './column-types.ts'

/**
 * What has happened: one row a change of a record or a link, written by the transaction that made the change. Its
 * migration makes it a table in partitions, one a day, with one more for days that nobody made room for; see
 * drizzle/event-days.ts.
 *
 * Readers go by (position, id). See drizzle/event-log.ts for why no event appears behind one that was read.
 */
export const eventLog = pgTable(
  'event_log',
  {
    id: large().notNull().generatedAlwaysAsIdentity(),
    at: timestamp({ precision: 3, mode: 'string' }).notNull(),
    /** The transaction that wrote it. (drizzle-kit would take a cast at the end of a default away.) */
    xid: large()
      .notNull()
      .default(sql`greatest(pg_current_xact_id()::text::bigint, 0)`),
    /**
     * No less than the transaction's number, and no less than that of any transaction which had ended when the event
     * was written: what happened to a record later also stands later.
     */
    position: large()
      .notNull()
      .default(
        sql`greatest(pg_current_xact_id()::text::bigint, pg_snapshot_xmax(pg_current_snapshot())::text::bigint - 1)`,
      ),
    /** `Accounts.updated`. */
    type: text().notNull(),
    module: text(),
    record_id: text(),
    /** Counts the events of a record, without gaps. */
    sequence: large(),
    /** Of the fields that have changed only. */
    before: jsonb(),
    after: jsonb(),
    /** Of `related` and `unrelated`: the link, and the record at its other end. */
    link: jsonb(),
    /** Of a record that was deleted: the security groups that it was in. */
    groups: text().array(),
    /** Who did it, by what. */
    origin: jsonb().notNull(),
  },
  table => [primaryKey({ columns: [table.position, table.id, table.at] })],
)

/** The last number that an event of a record was given. */
export const eventSequence = pgTable(
  'event_sequence',
  { module: text().notNull(), record_id: text().notNull(), last: large().notNull() },
  table => [primaryKey({ columns: [table.module, table.record_id] })],
)

/** One row: which log this is, and up to where it has been forgotten. */
export const eventStream = pgTable('event_stream', {
  one: text().primaryKey(),
  /** Positions of one database mean nothing in another. */
  epoch: text().notNull(),
  forgotten_position: large().notNull().default(0),
  forgotten_id: large().notNull().default(0),
})
