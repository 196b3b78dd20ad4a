import { bigint, customType, integer, timestamp } from 'drizzle-orm/pg-core'

// Types of columns that several of our own tables have; the columns of records come from their fields.

/** A moment to the millisecond, in UTC: `2030-03-04 10:30:00.123`. */
export const instant = () => timestamp({ precision: 3, mode: 'string' })

/** A number that outgrows 32 bits and stays below 2^53. */
export const large = () => bigint({ mode: 'number' })

/** Counts from 0. */
export const count = () => integer().notNull().default(0)

export const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' })
