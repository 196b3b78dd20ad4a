import { bigint, index, jsonb, pgTable, text, timestamp } from 'drizzle-orm/pg-core'

/**
 * One row for each change of what decides about this installation: who, what, before and after; see drizzle/audit.md. Its
 * migration adds a trigger that refuses every statement but insert.
 */
export const auditEntry = pgTable(
  'audit_entry',
  {
    /** 1, 2, 3 and so on, without a gap. */
    seq: bigint({ mode: 'number' }).primaryKey(),
    at: timestamp({ precision: 3, mode: 'string' }).notNull(),
    /** What was changed and how: `client.created`. */
    action: text().notNull(),
    subject_id: text().notNull(),
    /** Another thing that the change is about, such as who was taken into a group. */
    related_id: text(),
    user_id: text().notNull(),
    user_name: text().notNull(),
    client_id: text(),
    key_id: text(),
    /** `graphql`, `v8`, `v4_1`, or `cli` for whoever runs commands on this installation. */
    door: text(),
    request_id: text().notNull(),
    before: jsonb(),
    after: jsonb(),
    /** SHA-256 over the hash of the row before it and all of its own content, in hexadecimal. */
    hash: text().notNull(),
  },
  table => [
    index('audit_entry_subject').on(table.subject_id, table.seq),
    index('audit_entry_related').on(table.related_id, table.seq),
    index('audit_entry_action').on(table.action, table.seq),
    index('audit_entry_user').on(table.user_id, table.seq),
    index('audit_entry_client').on(table.client_id, table.seq),
    index('audit_entry_at').on(table.at),
    index('audit_entry_hash').on(table.hash),
  ],
)
