import { bigint, boolean, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { instant } from './column-types.ts'

/**
 * Who uses what of the APIs, how often, and when last: one row for each name and caller, so it does not grow with the
 * requests. Its rows change often; its migration leaves room in their pages. Texts that do not apply are empty, since
 * they are part of the key.
 */
export const apiUsage = pgTable(
  'api_usage',
  {
    /** `Accounts.phone_office`, `Query.accounts`; of an operation of a REST API its own, `getRecords`. */
    name: text().notNull(),
    kind: text().$type<'field' | 'operation'>().notNull(),
    client_id: text().notNull(),
    key_id: text().notNull(),
    /** Of sessions of the legacy API, which come through no client. */
    user_id: text().notNull(),
    door: text().notNull(),
    version: text().notNull(),
    /** Of requests. */
    count: bigint({ mode: 'number' }).notNull(),
    first_at: instant().notNull(),
    last_at: instant().notNull(),
    deprecated: boolean().notNull(),
  },
  table => [
    primaryKey({ columns: [table.name, table.client_id, table.key_id, table.user_id, table.door, table.version] }),
  ],
)
