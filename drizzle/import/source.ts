import mysql, { type Connection, type RowDataPacket } from 'mysql2'
import { once } from 'node:events'
import { StartupError } from '../startup-error.ts'
import { lotsOf, reasonOf, unreadable, type SourceRow } from './lots.ts'

/** A column of the source, as its information_schema describes it. */
export type SourceColumn = {
  readonly name: string
  /** `varchar`, `datetime`, `decimal`, ... */
  readonly type: string
  readonly precision: number | undefined
  readonly scale: number | undefined
  /** Characters at most. */
  readonly length: number | undefined
  /** A `tinyint(1)`, in which MySQL keeps true and false. */
  readonly isFlag: boolean
}

export type SourceTable = {
  readonly name: string
  /** By name in lower case, because MySQL's names have no case. */
  readonly columns: ReadonlyMap<string, SourceColumn>
  /** Columns (lower case) of which no two rows have the same value. */
  readonly unique: ReadonlySet<string>
  /** MySQL's own guess; exact only for small tables, and not always there. */
  readonly rowsAbout: number
  /** The number that MySQL would give to the next row. */
  readonly nextNumber: number | undefined
}

/** A SuiteCRM database as it was at the moment it was opened. */
export type Source = {
  /** `host:port/database`. */
  readonly name: string
  readonly tables: ReadonlyMap<string, SourceTable>
  /** The first column of the first row as text. */
  readonly value: (sql: string, values?: readonly unknown[]) => Promise<string | null>
  readonly count: (sql: string, values?: readonly unknown[]) => Promise<number>
  /** Rows, a few at a time. */
  readonly read: (sql: string, values?: readonly unknown[]) => AsyncGenerator<SourceRow[], void>
  readonly close: () => void
}

/** A name in MySQL's quotes. */
export const quoted = (name: string) => `\`${name.replaceAll('`', '``')}\``

/**
 * Opens a SuiteCRM database for reading. All reads see the same moment, however long they take (InnoDB's consistent
 * snapshot); nothing is locked, nothing written. Values come as the text that MySQL writes: no number passes through a
 * double, no date through a time zone.
 *
 * @param url  mysql://user:password@host:port/database; further options of mysql2 as its query, e.g. `?ssl={}`
 * @throws StartupError  the address is wrong, the server refuses, or the database is none of SuiteCRM's
 */
export async function openSource(url: string): Promise<Source> {
  const { name, database } = addressOf(url)
  const connection = await connect(url, name)
  try {
    await prepareSession(connection)
    const tables = await tablesOf(connection, database)
    const missing = ['users', 'config', 'accounts'].filter(table => !tables.has(table))
    if (missing.length > 0)
      throw new StartupError(`${name} is no SuiteCRM database: it has no table ${missing.join(', ')}.`)
    const value = async (sql: string, values: readonly unknown[] = []) => {
      const [row] = await connection
        .promise()
        .query<RowDataPacket[][]>({ sql, values: [...values], rowsAsArray: true })
        .catch((error: unknown) => {
          throw unreadable(error)
        })
      const cell: unknown = row[0]?.[0]
      return cell == null ? null : String(cell)
    }
    return {
      name,
      tables,
      value,
      count: async (sql, values) => Number(await value(sql, values)),
      read: (sql, values = []) => lotsOf(connection, sql, values),
      close: () => connection.destroy(),
    }
  } catch (error) {
    connection.destroy()
    throw error
  }
}

function addressOf(url: string) {
  const address = URL.canParse(url) ? new URL(url) : undefined
  const database = address && unescaped(address.pathname.slice(1))
  if (!address || !database || !['mysql:', 'mariadb:'].includes(address.protocol))
    throw new StartupError('The source must be an address like mysql://user:password@host:3306/suitecrm.')
  return { name: `${address.hostname}:${address.port || 3306}/${database}`, database }
}

function unescaped(text: string) {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

async function connect(url: string, name: string): Promise<Connection> {
  const connection = mysql.createConnection({
    uri: url.replace(/^mariadb:/, 'mysql:'),
    charset: 'utf8mb4_general_ci',
    supportBigNumbers: true,
    bigNumberStrings: true,
    dateStrings: true,
    jsonStrings: true,
    enableKeepAlive: true,
    multipleStatements: false,
  })
  try {
    await once(connection, 'connect')
  } catch (error) {
    connection.destroy()
    throw new StartupError(`${name} cannot be opened: ${reasonOf(error)}`, { cause: error })
  }
  // Whoever waits for an answer is told; without a listener Node would end the process as well.
  connection.on('error', () => {})
  return connection
}

/** The defaults cut connections that pause for a minute, pad `char` columns, or shift times. */
async function prepareSession(connection: Connection) {
  const db = connection.promise()
  await db.query(`set session sql_mode = '', time_zone = '+00:00', net_write_timeout = 3600, net_read_timeout = 3600,
    wait_timeout = 28800, group_concat_max_len = 1000000`)
  await db.query('set session transaction isolation level repeatable read')
  for (const optional of ['max_statement_time = 0', 'max_execution_time = 0', 'information_schema_stats_expiry = 0'])
    await db.query(`set session ${optional}`).catch(() => {}) // each exists in MySQL or MariaDB only
  await db.query('start transaction with consistent snapshot')
}

async function tablesOf(connection: Connection, database: string): Promise<Map<string, SourceTable>> {
  const ask = async (sql: string) => {
    const [rows] = await connection.promise().query<RowDataPacket[]>(sql, [database])
    return rows
  }
  const tables = await ask(`select table_name as name, table_rows as rows_about, auto_increment as next_number
    from information_schema.tables where table_schema = ? and table_type = 'BASE TABLE' order by table_name`)
  const columns = await ask(`select table_name as table_name, column_name as name, data_type as type,
      numeric_precision as digits, numeric_scale as scale, character_maximum_length as length,
      column_type = 'tinyint(1)' as is_flag
    from information_schema.columns where table_schema = ? order by table_name, ordinal_position`)
  const uniques = await ask(`select table_name as table_name, min(column_name) as name
    from information_schema.statistics where table_schema = ? and non_unique = 0
    group by table_name, index_name having count(*) = 1 and max(sub_part) is null`)

  const ofTable = <T>(rows: RowDataPacket[], table: string, make: (row: RowDataPacket) => T) =>
    rows.filter(row => row.table_name === table).map(make)
  return new Map(
    tables.map(row => {
      const name = String(row.name)
      const own = ofTable(columns, name, columnOf)
      return [
        name,
        {
          name,
          columns: new Map(own.map(column => [column.name.toLowerCase(), column])),
          unique: new Set(ofTable(uniques, name, unique => String(unique.name).toLowerCase())),
          rowsAbout: Number(row.rows_about ?? 0),
          nextNumber: row.next_number === null ? undefined : Number(row.next_number),
        },
      ]
    }),
  )
}

const columnOf = (row: RowDataPacket): SourceColumn => ({
  name: String(row.name),
  type: String(row.type).toLowerCase(),
  precision: row.digits === null ? undefined : Number(row.digits),
  scale: row.scale === null ? undefined : Number(row.scale),
  length: row.length === null ? undefined : Number(row.length),
  isFlag: Number(row.is_flag) === 1,
})
