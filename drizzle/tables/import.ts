import { boolean, index, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { moment } from '../columns.ts'

// What is known about imports of SuiteCRM databases: the runs, and how far each came.

/** One import of one database. A run that is still `running` while nobody works on it was interrupted, and is resumed. */
export const importRuns = pgTable(
  'import_runs',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    /** `host:port/database`: never who signs in there. */
    source: text().notNull(),
    status: text().$type<'running' | 'finished' | 'failed'>().notNull().default('running'),
    started_at: moment().notNull(),
    finished_at: moment(),
    report: jsonb(),
  },
  table => [index('import_runs_source').on(table.source, table.id)],
)

/** Rows that were stored in one transaction: the checkpoint that an interrupted run resumes from, and what came of them. */
export const importBatches = pgTable(
  'import_batches',
  {
    run_id: integer().notNull(),
    table_name: text().notNull(),
    number: integer().notNull(),
    /** Which columns were read; a table whose columns have changed since is read again from its beginning. */
    columns: text().notNull(),
    /** The source's primary key of the last row, in the source's order. */
    last_key: text(),
    /** The table's last batch. */
    complete: boolean().notNull().default(false),
    /** The rows that are here now. */
    ids: text().array().notNull(),
    counts: jsonb().notNull(),
    findings: jsonb().notNull(),
  },
  table => [primaryKey({ columns: [table.run_id, table.table_name, table.number] })],
)
