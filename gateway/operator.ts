import { userInfo } from 'node:os'
import type { Pool } from '../drizzle/client.ts'
import type { Context } from '../drizzle/context.ts'
import { loadCatalog } from '../drizzle/custom-fields.ts'
import { createPasswordHashes } from '../drizzle/password-hash.ts'
import type { Outside } from '../drizzle/outside.ts'
import { openSecrets } from '../drizzle/secrets.ts'
import { StartupError } from '../drizzle/startup-error.ts'
import type { Catalog } from '../schema/catalog.ts'
import { systemPrincipal } from '../schema/principal.ts'
import { filesFolder, outgoingRules, type Config } from './config.ts'
import { contextFor, type House } from './context.ts'
import { assertMigrated } from './database.ts'
import { issuerOf } from './issuer.ts'
import type { Graph } from './supergraph/graph.ts'

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
export async function houseOf(pool: Pool, config: Config): Promise<House & { readonly outside: Outside }> {
  const secrets = openSecrets(config)
  const catalog = await loadCatalog(pool)
  return {
    ...{ pool, catalog, filesDir: filesFolder(config) },
    passwords: createPasswordHashes(pool, secrets),
    outside: {
      secrets,
      rules: outgoingRules(config),
      publicUrl: issuerOf(config, config.port),
      ask: askingOf(catalog),
    },
    now: () => new Date(),
  }
}

/** A graph of its own, made when it is first asked: few commands ask. */
function askingOf(catalog: Catalog): Outside['ask'] {
  let graph: Promise<Graph> | undefined
  return async (operation, variables, ctx) => {
    const { openGraph } = await import('./supergraph/graph.ts')
    graph ??= openGraph(catalog, { report: () => undefined })
    return (await graph).runPrepared(operation, variables, ctx)
  }
}

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
