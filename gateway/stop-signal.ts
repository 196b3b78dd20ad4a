import { readFileSync } from 'node:fs'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** One Ctrl-C arrives twice when npm or our own shim passes it on too. */
const echoMs = 1_000

const parentCheckMs = 500

/**
 * Aborts when the system or the user asks us to stop, so that work can end in order. Asked again after a second, the process ends at once.
 *
 * The end of who started us counts as being asked. npm starts us through a shell, which takes a signal for itself and dies of it, so `kill` of
 * "npm start" would leave us behind, holding the port; our own shim (on an old Node) holds a channel to us.
 */
export function stopSignal(): AbortSignal {
  const stop = new AbortController()
  let askedAt = 0
  const ask = () => {
    if (!askedAt) {
      askedAt = Date.now()
      stop.abort()
    } else if (Date.now() - askedAt > echoMs) process.exit(130)
  }
  for (const signal of signals) process.on(signal, ask)
  process.once('disconnect', ask)
  process.channel?.unref()
  if (process.env.npm_lifecycle_event) whenParentEnds(ask)
  return stop.signal
}

/** Our parent is npm's shell, its parent npm; whoever of them ends leaves the other to process 1, or to some other process. */
function whenParentEnds(then: () => void) {
  const shell = process.ppid
  const npm = parentOf(shell)
  const timer = setInterval(() => {
    if (process.ppid === shell && parentOf(shell) === npm) return
    clearInterval(timer)
    then()
  }, parentCheckMs).unref()
}

/** Known on Linux only. */
function parentOf(pid: number) {
  try {
    return /^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  } catch {
    return undefined
  }
}
