import { execute, parse, type GraphQLSchema } from 'graphql'
import type { Pool } from '../../drizzle/client.ts'
import type { Context } from '../../drizzle/context.ts'
import { build, run } from '../../drizzle/client.ts'
import { joinTables, recordTables } from '../../drizzle/tables/records.ts'
import { fullAccess } from '../../schema/access.ts'
import { coreCatalog, type Catalog } from '../../schema/catalog.ts'
import { systemPrincipal } from '../../schema/principal.ts'
import { crmSubgraph } from '../../subgraphs/crm/schema.ts'
import { passwordsOf } from '../passwords.ts'

/** A context as a request of the first administrator would have it. */
export const contextOf = (sql: Pool, overrides: Partial<Context> = {}): Context => ({
  sql,
  catalog: coreCatalog,
  principal: systemPrincipal,
  access: fullAccess,
  now: () => new Date(),
  requestId: 'test',
  validation: 'strict',
  filesDir: '',
  passwords: passwordsOf(sql),
  batches: new Map(),
  ...overrides,
})

/** Puts rows into a module's table or a join table as they are. */
export async function insertRows(sql: Pool, table: string, rows: readonly Record<string, unknown>[]) {
  const target = recordTables[table] ?? joinTables[table]
  if (!target) throw new Error(`no table ${table}`)
  await run(sql, build.insert(target).values([...rows] as never))
}

/** The crm subgraph on a database, asked in process, with the statements that each operation sent. */
export function crmGraph(sql: Pool, catalog: Catalog = coreCatalog) {
  const schema: GraphQLSchema = crmSubgraph(catalog)
  return async (operation: string, variables: Record<string, unknown> = {}, overrides: Partial<Context> = {}) => {
    const statements: string[] = []
    const watched = new Proxy(sql, {
      get(target, name, receiver) {
        if (name !== 'unsafe') return Reflect.get(target, name, receiver) as unknown
        return (text: string, ...rest: [never[], never]) => {
          statements.push(text)
          return target.unsafe(text, ...rest)
        }
      },
    })
    const contextValue = contextOf(watched, { catalog, ...overrides })
    const result = await execute({ schema, document: parse(operation), variableValues: variables, contextValue })
    return { ...result, data: result.data as Record<string, never> | null | undefined, statements }
  }
}
