import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chownSync, existsSync, linkSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import type { PostgresPackage } from './postgres-package.ts'
import { assertReachable, ownFolder, type ServerUser } from './postgres-user.ts'
import { StartupError } from './startup-error.ts'

/** A PostgreSQL data directory of ours, with what it takes to run and to enter it. */
export type Cluster = {
  readonly data: string
  readonly logFile: string
  readonly password: string
  readonly user: ServerUser | undefined
  readonly programs: PostgresPackage
}

/** The only database role. Each cluster has its own random password. */
export const role = 'switchyard'

const run = promisify(execFile)

/**
 * Opens the cluster in a folder, and creates it the first time. Two processes may do so at once: the slower one takes the other's.
 *
 * Text compares by the Unicode rules of PostgreSQL itself (builtin C.UTF-8): the same on every system, and never changed by an
 * update of the operating system, which would silently damage indexes.
 *
 * @throws StartupError  the folder is unusable, or of another major version of PostgreSQL
 */
export async function openCluster(
  folder: string,
  programs: PostgresPackage,
  user: ServerUser | undefined,
): Promise<Cluster> {
  ownFolder(folder, user)
  assertReachable(folder, user)
  const data = path.join(folder, 'cluster')
  const fresh = !existsSync(path.join(data, 'PG_VERSION'))
  const password = passwordOf(folder, fresh, user)
  if (fresh) await create(data, programs, user)
  assertVersion(data, programs.major)
  return { data, logFile: path.join(folder, 'server.log'), password, user, programs }
}

/** Runs one of PostgreSQL's programs as the server's user; it sees nothing of our environment, which holds secrets. */
export async function runProgram(program: string, parameters: readonly string[], user: ServerUser | undefined) {
  try {
    await run(program, parameters, { ...user, cwd: path.parse(program).root, env: programEnv(), timeout: 120_000 })
  } catch (cause) {
    const said = cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim() : ''
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT' && existsSync(program)
    const hint = missing
      ? 'it was built for glibc and cannot run on this system (Alpine?); set DATABASE_URL to any PostgreSQL 15 or newer'
      : said
    throw new StartupError(`${path.basename(program)} failed: ${hint || String(cause)}`, { cause })
  }
}

export const programEnv = () =>
  Object.fromEntries(
    ['PATH', 'TMPDIR', 'TEMP', 'TMP', 'SystemRoot'].flatMap(name =>
      process.env[name] ? [[name, process.env[name]]] : [],
    ),
  )

async function create(data: string, programs: PostgresPackage, user: ServerUser | undefined) {
  // Made beside its place and moved there whole, so that a start that is killed leaves no half cluster.
  const folder = path.dirname(data)
  const unfinished = `${data}.new-${process.pid}`
  for (const name of readdirSync(folder)) {
    const maker = /^cluster\.new-(\d+)$/.exec(name)?.[1]
    if (maker && (Number(maker) === process.pid || !isAlive(Number(maker))))
      rmSync(path.join(folder, name), { recursive: true })
  }
  const locale = ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C', '--encoding=UTF8']
  const access = ['--username', role, '--auth=scram-sha-256', '--pwfile', path.join(folder, 'password')]
  await runProgram(programs.initdb, ['-D', unfinished, ...locale, ...access, '--no-instructions'], user)
  try {
    renameSync(unfinished, data)
  } catch (error) {
    rmSync(unfinished, { recursive: true })
    if (!existsSync(path.join(data, 'PG_VERSION'))) throw error
  }
}

function passwordOf(folder: string, fresh: boolean, user: ServerUser | undefined) {
  const file = path.join(folder, 'password')
  if (!existsSync(file)) {
    if (!fresh)
      throw new StartupError(
        `The password of the database in ${folder} is gone: put the file "password" back from a backup.`,
      )
    const draft = `${file}.new-${process.pid}`
    writeFileSync(draft, randomBytes(24).toString('base64url'), { mode: 0o600 })
    if (user) chownSync(draft, user.uid, user.gid)
    try {
      linkSync(draft, file) // fails when another process was faster: then theirs holds
    } catch (error) {
      if (!existsSync(file)) throw error
    } finally {
      rmSync(draft)
    }
  }
  return readFileSync(file, 'utf8').trim()
}

function assertVersion(data: string, major: number) {
  const found = Number.parseInt(readFileSync(path.join(data, 'PG_VERSION'), 'utf8'))
  if (found === major) return
  throw new StartupError(
    `The database in ${path.dirname(data)} was written by PostgreSQL ${found}, and this Switchyard brings PostgreSQL ${major}, which cannot read it. ` +
      `Start the Switchyard version that wrote it and move the data over (dump with pg_dump ${found}, restore into a new DATA_DIR), or set DATABASE_URL to a PostgreSQL ${found} server that runs on that folder.`,
  )
}

function isAlive(pid: number) {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
