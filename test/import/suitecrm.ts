import mysql, { type Connection, type RowDataPacket } from 'mysql2/promise'
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { afterAll, beforeAll } from 'vitest'
import { mysqlUrl } from '../mysql.ts'

/** A SuiteCRM database that one test file has for itself. */
export type Suitecrm = {
  readonly url: string
  /** Runs statements, several at once if need be. */
  readonly change: (sql: string, values?: unknown[]) => Promise<void>
  /** Rows with every value as the text that MySQL sends. */
  readonly rows: (sql: string) => Promise<Record<string, string | null>[]>
}

/**
 * A fresh database with one of the reference dumps in it, made before the tests of this file (or group) and dropped
 * after them. Takes some seconds.
 */
export function suitecrm(dump: 'clean' | 'demo'): Suitecrm {
  const name = `sy_test_${randomBytes(5).toString('hex')}`
  const url = new URL(mysqlUrl ?? 'mysql://nowhere')
  let server: Connection

  beforeAll(async () => {
    server = await mysql.createConnection({ uri: url.href, multipleStatements: true, charset: 'utf8mb4_general_ci' })
    await server.query(`create database ${name} character set utf8mb4; use ${name}`)
    const file = fileURLToPath(new URL(`../../../shared/suitecrm/dumps/${dump}.sql.gz`, import.meta.url))
    await server.query((await promisify(gunzip)(await readFile(file))).toString())
    // Values that SuiteCRM's own old servers let in.
    await server.query("set session sql_mode = 'ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO'")
  })
  afterAll(async () => {
    await server.query(`drop database ${name}`)
    await server.end()
  })
  return {
    url: Object.assign(new URL(url), { pathname: `/${name}` }).href,
    change: async (sql, values) => void (await server.query(sql, values)),
    rows: async sql => {
      const [rows] = await server.query<RowDataPacket[]>({ sql, typeCast: field => field.string() })
      return rows
    },
  }
}
