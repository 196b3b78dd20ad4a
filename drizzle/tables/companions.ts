import { boolean, index, integer, json, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { moment } from '../columns.ts'

// SuiteCRM's tables that belong to records or users without being modules of their own.

/** The addresses and bodies of an e-mail; one row for each row of `emails`. */
export const emailsText = pgTable('emails_text', {
  email_id: text().primaryKey(),
  from_addr: text(),
  reply_to_addr: text(),
  to_addrs: text(),
  cc_addrs: text(),
  bcc_addrs: text(),
  description: text(),
  description_html: text(),
  raw_source: text(),
  deleted: boolean().notNull().default(false),
})

/**
 * What a user has chosen, by category (`global`, a module's list view, ...). SuiteCRM keeps PHP-serialised text, whose
 * keys have an order that V8 answers; json keeps it, jsonb would not.
 */
export const userPreferences = pgTable(
  'user_preferences',
  {
    id: text().primaryKey(),
    category: text(),
    deleted: boolean().notNull().default(false),
    date_entered: moment(),
    date_modified: moment(),
    assigned_user_id: text(),
    contents: json().$type<Record<string, unknown>>(),
  },
  table => [index('user_preferences_of').on(table.assigned_user_id, table.category)],
)

/** The actions that roles can restrict, one row for each module (`category`) and action (`name`). */
export const aclActions = pgTable(
  'acl_actions',
  {
    id: text().primaryKey(),
    date_entered: moment(),
    date_modified: moment(),
    modified_user_id: text(),
    created_by: text(),
    name: text(),
    category: text(),
    acltype: text(),
    aclaccess: integer(),
    deleted: boolean().default(false),
  },
  table => [index('acl_actions_category').on(table.category, table.name)],
)

/** The access level that a role sets for an action. */
export const aclRolesActions = pgTable(
  'acl_roles_actions',
  {
    id: text().primaryKey(),
    role_id: text(),
    action_id: text(),
    access_override: integer(),
    date_modified: moment(),
    deleted: boolean().notNull().default(false),
  },
  table => [index('acl_roles_actions_role').on(table.role_id, table.action_id)],
)

/** Who looked at which record, newest last. */
export const tracker = pgTable(
  'tracker',
  {
    id: integer().primaryKey().generatedByDefaultAsIdentity(),
    monitor_id: text().notNull(),
    user_id: text(),
    module_name: text(),
    item_id: text(),
    item_summary: text(),
    date_modified: moment(),
    action: text(),
    session_id: text(),
    visible: boolean().default(false),
    deleted: boolean().default(false),
  },
  table => [index('tracker_user').on(table.user_id, table.visible, table.id), index('tracker_item').on(table.item_id)],
)

/** Fields that this installation added to a module, in SuiteCRM's own description of them. */
export const fieldsMetaData = pgTable('fields_meta_data', {
  id: text().primaryKey(),
  name: text(),
  vname: text(),
  comments: text(),
  help: text(),
  custom_module: text(),
  type: text(),
  len: integer(),
  required: boolean().default(false),
  default_value: text(),
  date_modified: moment(),
  deleted: boolean().default(false),
  audited: boolean().default(false),
  massupdate: boolean().default(false),
  duplicate_merge: integer().default(0),
  reportable: boolean().default(true),
  importable: text(),
  ext1: text(),
  ext2: text(),
  ext3: text(),
  ext4: text(),
  /** Ours: SuiteCRM keeps labels in files. */
  label: text(),
  /** Ours: it never leaves the system through any API. */
  sensitive: boolean(),
})

/** Settings of the installation by category and name. */
export const config = pgTable('config', { category: text(), name: text(), value: text() }, table => [
  index('config_category').on(table.category, table.name),
])

/** The addresses of an e-mail as records: `address_type` is from, to, cc or bcc. */
export const emailsEmailAddrRel = pgTable(
  'emails_email_addr_rel',
  {
    id: text().primaryKey(),
    email_id: text().notNull(),
    address_type: text(),
    email_address_id: text().notNull(),
    deleted: boolean().notNull().default(false),
  },
  table => [
    index('emails_email_addr_rel_email').on(table.email_id, table.address_type),
    index('emails_email_addr_rel_address').on(table.email_address_id),
  ],
)

/**
 * What a role lets be done with single fields: NONE, READ or WRITE. SuiteCRM has no such rules; fields without one follow
 * the record.
 */
export const aclRolesFields = pgTable(
  'acl_roles_fields',
  {
    role_id: text().notNull(),
    module: text().notNull(),
    field: text().notNull(),
    access: text().notNull(),
    date_modified: moment(),
    modified_user_id: text(),
  },
  table => [primaryKey({ columns: [table.role_id, table.module, table.field] })],
)
