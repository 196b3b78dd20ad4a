import { once } from 'node:events'
import { StartupError } from '../../drizzle/startup-error.ts'
import { readConfig, type Config } from '../config.ts'
import { openDatabase, type Database } from '../database.ts'
import { stopSignal } from '../stop-signal.ts'

/**
 * Does the work of a command on the configured database, and leaves the database as it should be left: also after Ctrl-C.
 *
 * @param work  is given a signal that aborts on Ctrl-C; it may end early by it, and is not waited for
 */
export async function withDatabase(work: (database: Database, config: Config, signal: AbortSignal) => Promise<void>) {
  const config = readConfig(process.env)
  const signal = stopSignal()
  const database = await openDatabase(config, message => console.error(message))
  try {
    await Promise.race([work(database, config, signal), interrupted(signal)])
  } finally {
    await database.close()
  }
}

async function interrupted(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, 'abort')
  throw new StartupError('Interrupted.')
}
