import { pgTable, text, timestamp } from 'drizzle-orm/pg-core'

/** Background work that comes round: when a process last took each chore on, and when one last came to its end. */
export const chores = pgTable('chores', {
  name: text().primaryKey(),
  started_at: timestamp({ precision: 3, mode: 'string' }).notNull(),
  finished_at: timestamp({ precision: 3, mode: 'string' }),
})
