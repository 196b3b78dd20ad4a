import type { Context } from '../drizzle/context.ts'
import type { Pool } from '../drizzle/client.ts'
import { contextWith } from '../gateway/context.ts'
import { fullAccess } from '../schema/access.ts'
import { coreCatalog } from '../schema/catalog.ts'
import { systemPrincipal } from '../schema/principal.ts'
import { passwordsOf } from './passwords.ts'

/** The context of whoever runs commands on an installation. */
export const operatorOn = (pool: Pool): Context =>
  contextWith(
    { pool, catalog: coreCatalog, filesDir: '', passwords: passwordsOf(pool), now: () => new Date() },
    { principal: systemPrincipal, requestId: 'test', door: 'cli', validation: 'strict' },
    fullAccess,
  )
