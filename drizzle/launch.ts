import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readFileSync, renameSync, statSync } from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { programEnv, type Cluster } from './cluster.ts'

export type ServerSettings = Readonly<Record<string, string>>

/** A server process of ours; `ended` also when it never began. */
export type Launched = { readonly pid: number | undefined; ended: boolean; error?: Error }

const logBytesMax = 10_000_000

const ourSettings: ServerSettings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '', // and so no second lock file to go stale
  timezone: 'UTC',
  jit: 'off', // costs more than it gains on statements as short as ours
  log_min_error_statement: 'panic', // statements hold customers' data
}

/**
 * Starts a server in a session of its own: Ctrl-C in a terminal does not reach it, so that we can finish our work before we stop it,
 * and it outlives us when we are killed, to be adopted by the next start.
 */
export function launch(cluster: Cluster, port: number, settings: ServerSettings): Launched {
  if ((statSync(cluster.logFile, { throwIfNoEntry: false })?.size ?? 0) > logBytesMax)
    renameSync(cluster.logFile, `${cluster.logFile}.old`)
  const flags = Object.entries({ ...ourSettings, ...settings }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const output = openSync(cluster.logFile, 'a', 0o600)
  const child = spawn(cluster.programs.postgres, ['-D', cluster.data, '-p', String(port), ...flags], {
    ...cluster.user,
    cwd: path.parse(cluster.data).root,
    env: programEnv(),
    detached: true,
    stdio: ['ignore', output, output],
  })
  closeSync(output)
  child.unref()
  const launched: Launched = { pid: child.pid, ended: false }
  child.on('error', error => Object.assign(launched, { ended: true, error }))
  child.on('exit', () => (launched.ended = true))
  return launched
}

/** The end of the server's log. */
export const lastWords = ({ logFile }: Cluster) =>
  existsSync(logFile) ? readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-6).join('\n') : '(none)'

/** A port that nobody uses now. Somebody may take it before the server does; then the server ends and is launched again. */
export async function freePort() {
  const probe = net.createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  if (!address || typeof address === 'string') throw new Error('a TCP server has no port')
  return address.port
}
