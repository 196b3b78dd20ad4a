import { userInfo } from 'node:os'
import type { Pool } from '../drizzle/client.ts'
import type { Context } from '../drizzle/context.ts'
import { loadCatalog } from '../drizzle/custom-fields.ts'
import { createPasswordHashes } from '../drizzle/password-hash.ts'
import { openSecrets } from '../drizzle/secrets.ts'
import { StartupError } from '../drizzle/startup-error.ts'
import { systemPrincipal } from '../schema/principal.ts'
import { filesFolder, type Config } from './config.ts'
import { contextFor, type House } from './context.ts'
import { assertMigrated } from './database.ts'

/**
 * The context of whoever runs a command on this installation, who may do everything.
 *
 * @param command  stands where requests have their id
 * @throws StartupError  the database is not up to date
 */
export async function operatorContext(pool: Pool, config: Config, command: string): Promise<Context> {
  await assertMigrated(pool)
  const principal = { ...systemPrincipal, userName: loginName() }
  return contextFor(await houseOf(pool, config), { principal, requestId: command, door: 'cli', validation: 'strict' })
}

/** Of whoever runs the command, for the audit trail. A container may run it as a number that has no name. */
function loginName(): string {
  try {
    return userInfo().username
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}

/** What a process that serves nobody has. */
export const houseOf = async (pool: Pool, config: Config): Promise<House> => ({
  pool,
  catalog: await loadCatalog(pool),
  filesDir: filesFolder(config),
  passwords: createPasswordHashes(pool, openSecrets(config)),
  now: () => new Date(),
})

/** @throws StartupError  there is no such user */
export async function userIdOf({ sql }: Context, userName: string): Promise<string> {
  const [user] = await sql<{ id: string }[]>`select id from users where lower(user_name) = lower(${userName})
    and not deleted order by user_name = ${userName} desc limit 1`
  if (!user) throw new StartupError(`There is no user "${userName}".`)
  return user.id
}

/** The user names of ids; an id for whom there is none. */
export async function userNames(
  { sql }: Context,
  ids: readonly (string | undefined)[],
): Promise<(id: string) => string> {
  const wanted = ids.filter(id => id !== undefined)
  const rows = await sql<{ id: string; name: string }[]>`
    select id, user_name as name from users where id = any (${wanted}::text[]) and user_name is not null`
  const names = new Map(rows.map(({ id, name }) => [id, name]))
  return id => names.get(id) ?? id
}
