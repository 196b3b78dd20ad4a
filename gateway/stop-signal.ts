const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** One Ctrl-C arrives twice when npm or our own shim passes it on too. */
const echoMs = 1_000

/**
 * Aborts when the system or the user asks us to stop, so that work can end in order. Asked again after a second, the process ends at once.
 * When a process that started us over a channel (the shim) dies, that counts as being asked.
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
  return stop.signal
}
