import type { Pool } from '../../drizzle/client.ts'
import type { Context } from '../../drizzle/context.ts'
import { fullAccess } from '../../schema/access.ts'
import { coreCatalog } from '../../schema/catalog.ts'
import { systemPrincipal } from '../../schema/principal.ts'
import { passwordsOf } from '../passwords.ts'

/** A context of our own work on a database. */
export const contextOn = (sql: Pool): Context => ({
  sql,
  catalog: coreCatalog,
  principal: systemPrincipal,
  access: fullAccess,
  now: () => new Date(),
  requestId: 'bench',
  validation: 'strict',
  filesDir: '',
  passwords: passwordsOf(sql),
  batches: new Map(),
})
