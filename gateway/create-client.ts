import type { Pool } from '../drizzle/client.ts'
import { createPasswordHashes } from '../drizzle/password-hash.ts'
import { openSecrets } from '../drizzle/secrets.ts'
import { StartupError } from '../drizzle/startup-error.ts'
import { coreCatalog } from '../schema/catalog.ts'
import { systemPrincipal } from '../schema/principal.ts'
import type { ClientGrant } from '../subgraphs/identity/client-settings.ts'
import { createClient } from '../subgraphs/identity/clients.ts'
import { filesFolder, type Config } from './config.ts'
import { contextFor } from './context.ts'
import { assertMigrated } from './database.ts'

/** What the command line says of a new API client. */
export type ClientOptions = {
  readonly name: string
  readonly grant: ClientGrant
  /** A user name. */
  readonly user?: string
  readonly redirectUrl?: string
  readonly public?: boolean
}

/**
 * Makes an API client as the operator of this installation, and answers its secret, for the only time.
 *
 * @throws StartupError  there is no such user, or the database is not up to date
 * @throws INVALID       the grant needs something that is missing
 */
export async function makeClient(pool: Pool, config: Config, options: ClientOptions) {
  await assertMigrated(pool)
  const userId = options.user && (await userIdOf(pool, options.user))
  const passwords = createPasswordHashes(pool, openSecrets(config))
  const house = { pool, catalog: coreCatalog, filesDir: filesFolder(config), passwords, now: () => new Date() }
  const ctx = await contextFor(house, { principal: systemPrincipal, requestId: 'client create', validation: 'strict' })
  const { name, grant, redirectUrl } = options
  const { client, secret } = await createClient(ctx, {
    name,
    grant,
    userId,
    redirectUrl,
    isConfidential: !options.public,
  })
  return { id: client.id, secret }
}

async function userIdOf(pool: Pool, userName: string) {
  const [user] = await pool<{ id: string }[]>`select id from users where user_name = ${userName} and not deleted`
  if (!user) throw new StartupError(`There is no user "${userName}".`)
  return user.id
}
