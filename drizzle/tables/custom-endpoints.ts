import { boolean, integer, jsonb, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { moment } from '../columns.ts'

/** Endpoints below /custom that an administrator has declared. */
export const customEndpoint = pgTable(
  'custom_endpoint',
  {
    id: text().primaryKey(),
    method: text().notNull(),
    /** The path without the names in it: two endpoints of one method cannot share it. */
    path_key: text().notNull(),
    /** The version that is called unless another one is asked for. */
    version: integer().notNull(),
    enabled: boolean().notNull(),
  },
  table => [uniqueIndex('custom_endpoint_path').on(table.method, table.path_key)],
)

/** Every declaration that was saved for an endpoint; none is ever changed. */
export const customEndpointVersion = pgTable(
  'custom_endpoint_version',
  {
    endpoint_id: text().notNull(),
    version: integer().notNull(),
    declaration: jsonb().notNull(),
    saved_by: text().notNull(),
    saved_at: moment().notNull(),
  },
  table => [primaryKey({ columns: [table.endpoint_id, table.version] })],
)
