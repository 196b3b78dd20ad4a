import { integer, json, pgTable, text } from 'drizzle-orm/pg-core'
import type { CustomLink } from '../../schema/custom-module.ts'
import { moment } from '../columns.ts'

// What an installation adds to the definitions. Its fields are rows of SuiteCRM's own `fields_meta_data`.

/** One row, which whoever changes definitions holds: how often they were changed. */
export const metadataVersion = pgTable('metadata_version', {
  id: integer().primaryKey().default(1),
  version: integer().notNull(),
  changed_at: moment().notNull(),
})

/** Lists of options beside SuiteCRM's: `[["key", "Label"], ...]`, in their order. */
export const optionLists = pgTable('option_lists', {
  name: text().primaryKey(),
  options: json().$type<readonly (readonly [key: string, label: string])[]>().notNull(),
  date_modified: moment().notNull(),
  modified_user_id: text(),
})

/** Modules beside SuiteCRM's. Their fields are rows of `fields_meta_data`, their records rows of a table of their own. */
export const customModules = pgTable('custom_modules', {
  name: text().primaryKey(),
  label: text().notNull(),
  /** The names of its type and its queries in GraphQL. */
  type: text().notNull(),
  one: text().notNull(),
  many: text().notNull(),
  table_name: text().notNull().unique(),
  links: json().$type<readonly CustomLink[]>().notNull(),
  date_entered: moment().notNull(),
  date_modified: moment().notNull(),
  modified_user_id: text(),
  /** Since then it is not served; its table and records stay until it is purged. */
  removed_at: moment(),
})
