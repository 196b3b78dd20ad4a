import type { Connection } from '../../drizzle/client.ts'
import type { Context } from '../../drizzle/context.ts'
import { coreCatalog } from '../../schema/catalog.ts'
import { systemPrincipal } from '../../schema/principal.ts'

/** A context of our own work on a database. */
export const contextOn = (sql: Connection): Context => ({
  sql,
  catalog: coreCatalog,
  principal: systemPrincipal,
  now: () => new Date(),
  requestId: 'bench',
  validation: 'strict',
  filesDir: '',
  batches: new Map(),
})
