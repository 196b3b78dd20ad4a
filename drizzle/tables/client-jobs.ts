import { bigint, index, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import type { Principal } from '../../schema/principal.ts'
import { bytea, count, instant } from './column-types.ts'

/** Work that a client has started and asks after: writes of many records. How far it is stands here; the queue only says whose turn it is. */
export const clientJob = pgTable(
  'client_job',
  {
    id: text().primaryKey(),
    kind: text().$type<'BULK_UPSERT' | 'EXPORT'>().notNull(),
    module: text().notNull(),
    /** Of its kind: how rows find their records; what is exported, and how far it is. */
    settings: jsonb().$type<Readonly<Record<string, unknown>>>().notNull(),
    validation: text().$type<'strict' | 'lenient'>().notNull(),
    user_id: text().notNull(),
    /** Who started it. Whether they still may is judged while it runs. */
    principal: jsonb().$type<Principal>().notNull(),
    /** OPEN takes rows still; FAILED, FINISHED and CANCELLED are its ends. */
    status: text().$type<'OPEN' | 'QUEUED' | 'RUNNING' | 'FINISHED' | 'FAILED' | 'CANCELLED'>().notNull(),
    total: count(),
    done: count(),
    created: count(),
    updated: count(),
    unchanged: count(),
    failed: count(),
    /** Of the file that an export has written so far. */
    bytes: bigint({ mode: 'number' }).notNull().default(0),
    /** Why it failed as a whole. */
    error_code: text(),
    error_message: text(),
    created_at: instant().notNull(),
    started_at: instant(),
    finished_at: instant(),
  },
  table => [index('client_job_user').on(table.user_id, table.created_at), index('client_job_status').on(table.status)],
)

/** A row of a bulk write: what was sent until it is done, and what became of it. */
export const bulkRow = pgTable(
  'bulk_row',
  {
    job: text().notNull(),
    /** From 1, in the order in which they were sent. */
    n: integer().notNull(),
    input: jsonb().$type<Readonly<Record<string, unknown>>>(),
    outcome: text().$type<'CREATED' | 'UPDATED' | 'UNCHANGED' | 'FAILED'>(),
    record_id: text(),
    code: text(),
    message: text(),
    field: text(),
  },
  table => [
    primaryKey({ columns: [table.job, table.n] }),
    index('bulk_row_outcome').on(table.job, table.outcome, table.n),
  ],
)

/** A part of the file of an export. It is kept in the database, where every process finds it and where it commits with how far the job is. */
export const exportPart = pgTable(
  'export_part',
  {
    job: text().notNull(),
    /** The place of its first byte in the file. */
    start: bigint({ mode: 'number' }).notNull(),
    bytes: bytea().notNull(),
  },
  table => [primaryKey({ columns: [table.job, table.start] })],
)

/** What another system calls a record of ours. */
export const externalLink = pgTable(
  'external_link',
  {
    system: text().notNull(),
    module: text().notNull(),
    external_id: text().notNull(),
    record_id: text().notNull(),
    created_at: instant().notNull(),
  },
  table => [
    primaryKey({ columns: [table.system, table.module, table.external_id] }),
    index('external_link_record').on(table.module, table.record_id),
  ],
)
