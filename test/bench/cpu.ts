import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

// What processes have used, from the operating system: user and system time of all their threads.

const tickMs = 1000 / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

type Stat = { readonly parent: number; readonly ownMs: number; readonly endedChildrenMs: number }

/** @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
function statOf(pid: number | string): Stat | undefined {
  let text: string
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return undefined // it has ended
  }
  // The name, which may contain blanks, is in brackets; field 4 follows two after it.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const ticks = (field: number) => Number(fields[field - 3] ?? 0)
  return {
    parent: ticks(4),
    ownMs: (ticks(14) + ticks(15)) * tickMs,
    endedChildrenMs: (ticks(16) + ticks(17)) * tickMs,
  }
}

/** CPU time of one process so far, in milliseconds. */
export const cpuMsOf = (pid: number) => statOf(pid)?.ownMs ?? 0

/** CPU time of a PostgreSQL server so far: the postmaster, its children, and those that have ended. */
export function postgresCpuMs(postmaster: number): number {
  const server = statOf(postmaster)
  const children = readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(statOf)
    .filter(stat => stat?.parent === postmaster)
  return [...children.map(stat => stat?.ownMs ?? 0), server?.ownMs ?? 0, server?.endedChildrenMs ?? 0].reduce(
    (a, b) => a + b,
  )
}

/** Resident memory of a process, in MB. */
export function rssMbOf(pid: number): number {
  const [, kb = '0'] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kb) / 1024
}
