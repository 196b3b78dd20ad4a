import { existsSync } from 'node:fs'
import { mkdtemp, rmdir, statfs } from 'node:fs/promises'
import net from 'node:net'
import path from 'node:path'
import type { Pool } from '../drizzle/client.ts'
import { horizonOf } from '../drizzle/event-horizon.ts'
import { pendingMigrations } from '../drizzle/migrate.ts'
import { packageNameFor, postgresPackage } from '../drizzle/postgres-package.ts'
import { StartupError } from '../drizzle/startup-error.ts'
import { verifyTrail } from '../drizzle/verify-audit.ts'
import { lastFinished } from './chores.ts'
import { configuration, readConfig, type Config } from './config.ts'
import { faultsOf, openDatabase, privateFolder } from './database.ts'

/** What one check found. `wrong` keeps Switchyard from working and has a fix; `note` is good to know. */
export type Finding = { readonly state: 'ok' | 'note' | 'wrong'; readonly what: string; readonly fix?: string }

type Environment = Readonly<Record<string, string | undefined>>

const nodeMin = [22, 18] as const
const freeBytesMin = 300_000_000
const freeBytesLow = 2_000_000_000
const lateMinutes = 30
const auditNewest = 1_000
const heldSecondsMax = 60
const probeTimeoutMs = 2_000

const ok = (what: string): Finding => ({ state: 'ok', what })
const note = (what: string, fix?: string): Finding => ({ state: 'note', what, fix })
const wrong = (what: string, fix: string): Finding => ({ state: 'wrong', what, fix })

/**
 * Looks at everything that Switchyard needs, as it would be when started from this environment. Changes nothing; a private PostgreSQL
 * that does not run is started for the look and stopped again.
 */
export async function* examine(environment: Environment): AsyncGenerator<Finding> {
  yield nodeVersion()
  const { config, findings } = settings(environment)
  yield* findings
  yield* await packages(environment)
  if (!config) return
  yield await dataFolder(config)
  yield* await diskSpace(config)
  yield await port(config)
  yield* await database(config)
}

function nodeVersion(version = process.versions.node): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > nodeMin[0] || (major === nodeMin[0] && minor >= nodeMin[1])) return ok(`Node ${version}`)
  return wrong(
    `Node ${version} is too old`,
    `Start with "npx switchyard", which brings its own Node, or install Node ${nodeMin.join('.')} or newer.`,
  )
}

function settings(environment: Environment): { config?: Config; findings: Finding[] } {
  const names = configuration.map(({ name }) => name).filter(name => environment[name])
  try {
    return {
      config: readConfig(environment),
      findings: [ok(names.length > 0 ? `Settings: ${names.join(', ')}` : 'Settings: all at their defaults')],
    }
  } catch (error) {
    return { findings: [wrong(words(error), 'Change or remove these variables.')] }
  }
}

async function packages({ DATABASE_URL }: Environment): Promise<Finding[]> {
  const natives = ['@node-rs/argon2', '@node-rs/bcrypt']
  const broken = (
    await Promise.all(
      natives.map(name =>
        import(name).then(
          () => undefined,
          () => name,
        ),
      ),
    )
  ).filter(name => name !== undefined)
  const findings = broken.map(name =>
    wrong(`The package ${name} does not work on ${process.platform} ${process.arch}`, 'Run "npm ci" on this machine.'),
  )
  if (findings.length === 0) findings.push(ok(`Packages for ${process.platform} ${process.arch}`))
  if (DATABASE_URL) return findings
  try {
    return [...findings, ok(`Built-in PostgreSQL ${postgresPackage().major} (${packageNameFor()})`)]
  } catch (error) {
    return [...findings, wrong('The built-in PostgreSQL is missing', words(error))]
  }
}

async function dataFolder({ dataDir }: Config): Promise<Finding> {
  const place = nearest(dataDir)
  try {
    await rmdir(await mkdtemp(path.join(place, '.switchyard-doctor-')))
    return ok(place === dataDir ? `DATA_DIR ${dataDir} is writable` : `DATA_DIR ${dataDir} can be made`)
  } catch {
    return wrong(
      `DATA_DIR ${dataDir} cannot be written: this user may not write to ${place}`,
      `Run "sudo chown $(id -un) ${place}", or set DATA_DIR to a folder of your own.`,
    )
  }
}

async function diskSpace({ dataDir }: Config): Promise<Finding[]> {
  const place = nearest(dataDir)
  const { bavail, bsize } = await statfs(place)
  const free = bavail * bsize
  const what = `${(free / 1e9).toFixed(1)} GB free at ${place}`
  if (free < freeBytesMin) return [wrong(`Only ${what}`, 'Make room, or set DATA_DIR to another disk.')]
  return [
    free < freeBytesLow
      ? note(`Only ${what}`, 'An import of a large SuiteCRM needs about twice the size of its database.')
      : ok(what),
  ]
}

async function port({ port, host }: Config): Promise<Finding> {
  const at = `${host}:${port}`
  const code = await listen(port, host)
  if (code === undefined) return ok(`${at} is free`)
  if (code === 'EACCES')
    return wrong(
      `Port ${port} is reserved for the administrator`,
      'Set PORT to a number above 1023 and put a proxy in front.',
    )
  if (code !== 'EADDRINUSE')
    return wrong(
      `Nothing can listen on ${at} (${code})`,
      'Set HOST to an address of this machine: 127.0.0.1, or 0.0.0.0 for all.',
    )
  if (await isSwitchyard(port, host)) return ok(`Switchyard is running on ${at}`)
  return wrong(
    `Another program listens on ${at}`,
    `Stop it (find it with: ss -ltnp 'sport = :${port}'), or set PORT to another number.`,
  )
}

async function database(config: Config): Promise<Finding[]> {
  if (!config.databaseUrl && !existsSync(path.join(privateFolder(config), 'cluster')))
    return [note('There is no database yet', '"npx switchyard serve" makes one at its first start.')]
  let opened
  try {
    opened = await openDatabase(config, () => undefined)
  } catch (error) {
    return [
      wrong(
        words(error),
        config.databaseUrl ? 'Check DATABASE_URL.' : `See ${path.join(privateFolder(config), 'server.log')}.`,
      ),
    ]
  }
  try {
    const [server] = await opened.pool<{ version: string }[]>`select current_setting('server_version') as version`
    const faults = await faultsOf(opened.pool)
    const pending = await pendingMigrations(opened.pool)
    return [
      ok(`PostgreSQL ${server?.version ?? ''} answers${opened.isPrivate ? '' : ' (DATABASE_URL)'}`),
      ...faults.map(({ what, fix }) => wrong(what, fix)),
      pending.length > 0
        ? note(
            `The database lacks ${pending.length} of our migrations`,
            '"npx switchyard migrate" applies them; "serve" does so when it starts.',
          )
        : ok('The database has all migrations'),
      ...(pending.length > 0
        ? []
        : [
            backgroundWork(await lastFinished(opened.pool)),
            await readersOfEvents(opened.pool),
            await auditTrail(opened.pool),
            await sealedTexts(opened.pool, config),
            await definitions(opened.pool),
            ...(await brokenEndpoints(opened.pool, config)),
          ]),
    ]
  } finally {
    await opened.close()
  }
}

/** Can what this installation has defined be served? A house that runs goes on with what could be. */
async function definitions(pool: Pool): Promise<Finding> {
  const { definitionsVersion } = await import('../drizzle/own-catalog.ts')
  const version = await definitionsVersion(pool)
  if (version === 0) return ok('The definitions are those of SuiteCRM')
  const { loadCatalog } = await import('../drizzle/custom-fields.ts')
  const { apiOf } = await import('./supergraph/graph.ts')
  try {
    const catalog = await loadCatalog(pool)
    await apiOf(catalog)
    return ok(`Version ${version} of the definitions can be served (${catalog.modules.length} modules)`)
  } catch (error) {
    // Composition lists all that does not fit; one is enough to look for.
    const [first = ''] = String(error instanceof Error ? error.message : error).split('\n')
    return wrong(
      `Version ${version} of the definitions cannot be served: ${first}`,
      'Take back what was changed last; "npx switchyard audit" tells what that was.',
    )
  }
}

/** Custom endpoints that ask for something that has gone. The schema is made only where there are any. */
async function brokenEndpoints(pool: Pool, config: Config): Promise<Finding[]> {
  const [some] = await pool`select from custom_endpoint limit 1`
  if (!some) return []
  const { operatorContext } = await import('./operator.ts')
  const { listEndpoints } = await import('../subgraphs/ops/endpoints/endpoints.ts')
  const endpoints = await listEndpoints(await operatorContext(pool, config, 'doctor'))
  const broken = endpoints.filter(({ faults }) => faults.length > 0)
  if (broken.length === 0) return [ok(`All custom endpoints can be called (${endpoints.length})`)]
  return broken.map(({ method, path, faults }) =>
    wrong(
      `The custom endpoint ${method} ${path} cannot be called: ${faults.join('; ')}`,
      `Mend it ("npx switchyard endpoint show", then "save"), or close it: npx switchyard endpoint disable "${method} ${path}".`,
    ),
  )
}

/** A transaction that has written and stays open keeps all readers of events waiting. */
async function readersOfEvents(sql: Pool): Promise<Finding> {
  const horizon = await horizonOf(sql)
  if (!horizon || horizon.ageSeconds < heldSecondsMax) return ok('Nothing holds up the readers of events')
  const { pid, application, state, ageSeconds } = horizon
  const whose = `${pid === undefined ? 'a prepared transaction' : `process ${pid}`} (${[application, state].filter(Boolean).join(', ')})`
  return note(
    `Readers of events have waited for ${whose} for ${Math.round(ageSeconds)} seconds`,
    pid === undefined
      ? `End it in PostgreSQL: rollback prepared '${application}'.`
      : `If it does not end, end it in PostgreSQL: select pg_terminate_backend(${pid}). The setting idle_in_transaction_session_timeout bounds those that do nothing.`,
  )
}

/** Only its end: the whole takes its time, and has a command of its own. */
async function auditTrail(sql: Pool): Promise<Finding> {
  const { count, fault } = await verifyTrail(sql, { newest: auditNewest })
  if (!fault) return ok(`The newest ${count} entries of the audit trail are as they were written`)
  return wrong(
    `The audit trail is broken: ${fault.why}`,
    'Somebody changed the table audit_entry. "npx switchyard audit verify" looks at all of it; compare with a backup.',
  )
}

/** What was sealed under another SECRET_KEY can be opened only as long as that is given too. */
async function sealedTexts(sql: Pool, config: Config): Promise<Finding> {
  if (!config.secretKey && !existsSync(path.join(config.dataDir, 'secret.key')))
    return note(
      'There is no SECRET_KEY here',
      'Set the one of the other processes; without any, the first start makes one.',
    )
  const { openSecrets } = await import('../drizzle/secrets.ts')
  const { countForeign } = await import('./sealed.ts')
  const count = await countForeign(sql, openSecrets(config))
  if (count === 0) return ok('Everything that is sealed is sealed under the present key')
  return note(
    `${count} texts are sealed under another key than the present one`,
    'Give the other key in SECRET_KEY_OTHERS and run "npx switchyard secret reseal".',
  )
}

function backgroundWork(last: Date | undefined): Finding {
  const fix = '"npx switchyard serve" does it, or "npx switchyard work" where BACKGROUND_WORK is "no".'
  if (!last) return note('Background work has never been done here', fix)
  const minutes = Math.round((Date.now() - last.getTime()) / 60_000)
  const what = `Background work was last done ${minutes} minute${minutes === 1 ? '' : 's'} ago`
  return minutes > lateMinutes ? note(what, fix) : ok(what)
}

/** The folder itself, or the nearest one above it that exists. */
const nearest = (folder: string): string => (existsSync(folder) ? folder : nearest(path.dirname(folder)))

/** Tries to listen; answers the error's code, or nothing when it went well. */
function listen(port: number, host: string) {
  return new Promise<string | undefined>(resolve => {
    const probe = net.createServer()
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    probe.listen(port, host, () => probe.close(() => resolve(undefined)))
  })
}

async function isSwitchyard(port: number, host: string) {
  const address = host === '0.0.0.0' ? '127.0.0.1' : host
  try {
    const { request } = await import('undici')
    const { statusCode, body } = await request(
      `http://${address.includes(':') ? `[${address}]` : address}:${port}/livez`,
      {
        headersTimeout: probeTimeoutMs,
        bodyTimeout: probeTimeoutMs,
      },
    )
    await body.dump()
    return statusCode === 200
  } catch {
    return false
  }
}

const words = (error: unknown) => {
  if (error instanceof StartupError) return error.message
  throw error
}
