import { is, SQL } from 'drizzle-orm'
import { getTableConfig, PgDialect, type PgTable } from 'drizzle-orm/pg-core'
import type { Connection } from './client.ts'
import { ident, literal } from './names.ts'

const dialect = new PgDialect()

/** Makes a table that is defined at run time: its columns, its key, and its indexes, which are on expressions. */
export async function createTable(sql: Connection, table: PgTable): Promise<void> {
  const { name, columns, indexes } = getTableConfig(table)
  const defined = columns.map(column =>
    [
      ident(column.name),
      column.getSQLType(),
      column.primary ? 'primary key' : '',
      column.notNull && !column.primary ? 'not null' : '',
      column.default === undefined ? '' : `default ${literal(String(column.default))}`,
    ]
      .filter(Boolean)
      .join(' '),
  )
  await sql.unsafe(`create table ${ident(name)} (${defined.join(', ')})`)
  for (const { config } of indexes) {
    const expressions = config.columns.filter(each => is(each, SQL)).map(textOf)
    const where = config.where ? ` where ${textOf(config.where)}` : ''
    await sql.unsafe(`create index ${ident(config.name ?? '')} on ${ident(name)} (${expressions.join(', ')})${where}`)
  }
}

const textOf = (expression: SQL) => dialect.sqlToQuery(expression).sql
