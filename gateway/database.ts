import path from 'node:path'
import { connect, type Pool } from '../drizzle/client.ts'
import { startEmbedded } from '../drizzle/embedded.ts'
import { pendingMigrations } from '../drizzle/migrate.ts'
import { StartupError } from '../drizzle/startup-error.ts'
import type { Config } from './config.ts'

/** The database of a house. */
export type Database = {
  readonly pool: Pool
  /** With its password: not for logs. */
  readonly url: string
  /** It is the one that Switchyard brings. */
  readonly isPrivate: boolean
  /** Ends the pool; the private server stops when nobody else uses it. */
  readonly close: () => Promise<void>
}

/** What is wrong with a database. A `fatal` fault keeps Switchyard from starting. */
export type Fault = { readonly what: string; readonly fix: string; readonly fatal: boolean }

/** Where the private PostgreSQL lives. */
export const privateFolder = (config: Config) => path.join(config.dataDir, 'postgres')

const versionMin = 150_000

/**
 * Opens the database that the configuration names: that of DATABASE_URL, or the private one, which is started when it does not run.
 *
 * @throws StartupError  it cannot be reached, or is of no use
 */
export async function openDatabase(config: Config, log: (message: string) => void): Promise<Database> {
  const server = config.databaseUrl ? undefined : await startEmbedded({ dir: privateFolder(config), log })
  const url = config.databaseUrl ?? server?.url ?? ''
  const pool = connect(url, { max: config.databasePoolMax })
  const close = async () => {
    await pool.end({ timeout: 5 })
    await server?.stop()
  }
  try {
    const faults = await faultsOf(pool)
    for (const { what, fix } of faults.filter(fault => !fault.fatal)) log(`${what} ${fix}`)
    const fatal = faults.filter(fault => fault.fatal)
    if (fatal.length > 0) throw new StartupError(fatal.map(({ what, fix }) => `${what} ${fix}`).join('\n'))
  } catch (error) {
    await close()
    throw error instanceof StartupError ? error : new StartupError(whyUnreachable(url, error), { cause: error })
  }
  return { pool, url, isPrivate: !config.databaseUrl, close }
}

/** Checks that a database is one that Switchyard can work with. */
export async function faultsOf(pool: Pool): Promise<Fault[]> {
  const [facts] = await pool<
    { version: number; words: string; encoding: string; unicode: boolean; mayCreate: boolean }[]
  >`
    select current_setting('server_version_num')::int as version, current_setting('server_version') as words,
           pg_encoding_to_char(encoding) as encoding, lower('Ä') = 'ä' as unicode,
           has_database_privilege(datname, 'CREATE') as "mayCreate"
    from pg_database where datname = current_database()`
  if (!facts) return []
  const faults: Fault[] = []
  const add = (isWrong: boolean, fault: Fault) => isWrong && faults.push(fault)
  add(facts.version < versionMin, {
    what: `The database runs PostgreSQL ${facts.words}; Switchyard needs 15 or newer.`,
    fix: 'Upgrade the server, or leave DATABASE_URL out to use the private one.',
    fatal: true,
  })
  add(facts.encoding !== 'UTF8', {
    what: `The database stores text as ${facts.encoding}; Switchyard needs UTF8.`,
    fix: `Make another one: create database switchyard encoding 'UTF8' template template0.`,
    fatal: true,
  })
  add(!facts.mayCreate, {
    what: 'The user of DATABASE_URL may not create anything in the database.',
    fix: 'As its owner: grant create on database ... to that user.',
    fatal: true,
  })
  add(facts.encoding === 'UTF8' && !facts.unicode, {
    what: `The database lowers only ASCII letters (lower('Ä') is not 'ä'), so searches miss upper-case umlauts and the like.`,
    fix: `Make it with a Unicode locale: create database switchyard locale 'C.UTF-8' encoding 'UTF8' template template0.`,
    fatal: false,
  })
  return faults
}

/** @throws StartupError  the tables are missing or old */
export async function assertMigrated(pool: Pool) {
  const pending = await pendingMigrations(pool)
  if (pending.length === 0) return
  throw new StartupError(`The database lacks ${pending.length} of our migrations. Run "npx switchyard migrate" first.`)
}

/** Says in words why a connection failed, without the password. */
export function whyUnreachable(url: string, error: unknown): string {
  const place = url
    .replace(/^.*@/, '')
    .replace(/\?.*$/, '')
    .replace(/^postgres(ql)?:\/\//, '')
  const name = place.split('/')[1] ?? ''
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const reasons: Record<string, string> = {
    ECONNREFUSED: 'nobody listens there. Is the server running, and the port right?',
    ENOTFOUND: 'there is no host of that name.',
    CONNECT_TIMEOUT: 'nothing answers. Does a firewall stand between?',
    '28P01': 'it refuses the password.',
    '28000': 'it does not let this user in (see its pg_hba.conf).',
    '3D000': `it has no database "${name}". Make it: create database ${name} locale 'C.UTF-8' encoding 'UTF8' template template0.`,
    '53300': 'it has no free connection.',
  }
  return `The database at ${place} (DATABASE_URL) cannot be used: ${reasons[code] ?? (error instanceof Error ? error.message : String(error))}`
}
