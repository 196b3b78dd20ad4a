import type { Pool } from '../drizzle/client.ts'
import type { ClientChanges, ClientGrant } from '../subgraphs/identity/client-settings.ts'
import { createClient } from '../subgraphs/identity/clients.ts'
import type { Config } from './config.ts'
import { operatorContext, userIdOf } from './operator.ts'

/** What the command line says of a new API client. */
export type ClientOptions = Omit<ClientChanges, 'name' | 'userId'> & {
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
export async function makeClient(pool: Pool, config: Config, { user, ...options }: ClientOptions) {
  const ctx = await operatorContext(pool, config, 'client create')
  const userId = user === undefined ? undefined : await userIdOf(ctx, user)
  const { client, secret } = await createClient(ctx, { ...options, userId, isConfidential: !options.public })
  return { id: client.id, secret }
}
