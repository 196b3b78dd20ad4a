import { pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { moment } from '../columns.ts'

/** GraphQL documents that an administrator has registered for an API client. */
export const trustedDocument = pgTable(
  'trusted_document',
  {
    client_id: text().notNull(),
    /** `sha256:` and the SHA-256 of the text in hexadecimal. */
    id: text().notNull(),
    text: text().notNull(),
    registered_by: text().notNull(),
    registered_at: moment().notNull(),
  },
  table => [primaryKey({ columns: [table.client_id, table.id] })],
)
