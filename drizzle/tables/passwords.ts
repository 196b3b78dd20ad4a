import { sql } from 'drizzle-orm'
import { pgTable, text, timestamp, uniqueIndex } from 'drizzle-orm/pg-core'

/** The keys that are mixed into passwords before they are hashed; see drizzle/peppers.ts. */
export const passwordPepper = pgTable(
  'password_pepper',
  {
    id: text().primaryKey(),
    /** New hashes use the `active` one; `old` ones still verify what was stored under them. */
    state: text().$type<'active' | 'old'>().notNull(),
    /** The key, sealed by drizzle/secrets.ts. */
    sealed: text().notNull(),
    created_at: timestamp({ precision: 3, mode: 'string' }).notNull(),
  },
  table => [
    uniqueIndex('password_pepper_active')
      .on(table.state)
      .where(sql`state = 'active'`),
  ],
)
