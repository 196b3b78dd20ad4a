import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'

const lookEveryMs = 1_000

/**
 * Shows what was written since, again and again, until the command is told to stop.
 *
 * @param from  the id behind which it begins
 */
export async function follow<Row extends { readonly id: string }>(
  since: (id: string) => Promise<readonly Row[]>,
  from: string,
  show: (rows: readonly Row[]) => string,
): Promise<void> {
  const { stopSignal } = await import('../stop-signal.ts')
  const stop = stopSignal()
  const stopped = once(stop, 'abort')
  let last = from
  while (!stop.aborted) {
    const rows = await since(last)
    write(show(rows))
    last = rows.at(-1)?.id ?? last
    if (rows.length === 0) await Promise.race([stopped, pause(lookEveryMs, undefined, { ref: true })])
  }
}

/** Prints lines; no line at all for nothing. */
export const write = (text: string) => void (text !== '' && process.stdout.write(`${text}\n`))
