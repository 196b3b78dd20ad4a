import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { StartupError } from '../../drizzle/startup-error.ts'
import { readConfig, type Config } from '../config.ts'
import { openDatabase, type Database } from '../database.ts'
import { stopSignal } from '../stop-signal.ts'

/** How long work may take to end in order after Ctrl-C. */
const graceMs = 10_000

/**
 * Does the work of a command on the configured database, and leaves the database as it should be left: also after Ctrl-C.
 *
 * @param work  is given a signal that aborts on Ctrl-C, so that it can end where it can go on later
 */
export async function withDatabase(work: (database: Database, config: Config, signal: AbortSignal) => Promise<void>) {
  const config = readConfig(process.env)
  const signal = stopSignal()
  const database = await openDatabase(config, message => console.error(message))
  try {
    await Promise.race([work(database, config, signal), tooLate(signal)])
  } catch (error) {
    if (!signal.aborted) throw error
    process.exitCode = 130
    throw new StartupError('Interrupted.', { cause: error })
  } finally {
    await database.close()
  }
}

async function tooLate(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, 'abort')
  await pause(graceMs, undefined, { ref: false })
  throw new Error('the work did not end in time')
}
