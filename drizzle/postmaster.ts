import { execFileSync } from 'node:child_process'
import { linkSync, readdirSync, readFileSync, readlinkSync, realpathSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'

/** What a PostgreSQL server wrote about itself into `postmaster.pid`: perhaps long ago. */
export type Postmaster = { readonly pid: number; readonly port: number; readonly text: string }

/** The server that runs on a cluster, or the one that did when the machine or the process died. */
export function readPostmaster(cluster: string): Postmaster | undefined {
  try {
    const text = readFileSync(path.join(cluster, 'postmaster.pid'), 'utf8')
    const lines = text.split('\n')
    return { pid: Number(lines[0]), port: Number(lines[3]), text }
  } catch {
    return undefined
  }
}

/**
 * What the process named in `postmaster.pid` is today. `dead` needs no care: PostgreSQL takes over from a dead owner by itself.
 * `stranger` does: after a restart of a container the number often belongs to somebody else, and PostgreSQL would wait for them for ever.
 * When in doubt it is `server`, because deleting the file of a live server lets a second one destroy the data.
 */
export function stateOf(cluster: string, { pid }: Postmaster): 'server' | 'stranger' | 'dead' {
  if (process.platform === 'linux') {
    // Every process of a cluster, the orphans of a killed server included, has it as working folder.
    if (processesIn(cluster).length > 0) return 'server'
    return exists(pid) ? 'stranger' : 'dead'
  }
  if (!exists(pid)) return 'dead'
  if (process.platform === 'win32') return 'server'
  return execFileSync('ps', ['-o', 'comm=', '-p', String(pid)], { encoding: 'utf8' }).includes('postgres')
    ? 'server'
    : 'stranger'
}

/** Removes the file that a dead server left. It is moved aside first, so that the file of a server that started meanwhile goes back. */
export function removePostmaster(cluster: string, judged: Postmaster) {
  const file = path.join(cluster, 'postmaster.pid')
  const aside = `${file}.stale-${process.pid}`
  try {
    renameSync(file, aside)
    if (readFileSync(aside, 'utf8') !== judged.text) linkSync(aside, file)
  } catch {
    // Somebody else has removed or replaced it: the next look tells.
  } finally {
    rmSync(aside, { force: true })
  }
}

function processesIn(cluster: string) {
  const folder = realpathSync(cluster)
  return readdirSync('/proc').filter(name => {
    if (!/^\d+$/.test(name)) return false
    try {
      return (
        readlinkSync(`/proc/${name}/cwd`) === folder && readFileSync(`/proc/${name}/comm`, 'utf8').trim() === 'postgres'
      )
    } catch {
      return false // gone, a zombie, or another user's
    }
  })
}

function exists(pid: number) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
