import { describe } from 'vitest'

/** A MySQL or MariaDB server on which tests may create databases, or nothing. */
export const mysqlUrl = process.env.TEST_MYSQL_URL || undefined

/** `describe` for tests that need that server: skipped, and named at the end of the run, without it. */
export const describeWithMysql = describe.skipIf(!mysqlUrl)
