import type { Context } from '../../drizzle/context.ts'
import type { Config } from '../config.ts'

/**
 * Does the work of a command on the configured database with the rights of whoever may run it: all.
 *
 * @throws StartupError  the database is not up to date
 */
export async function asOperator(command: string, work: (ctx: Context, config: Config) => Promise<void>) {
  const { operatorContext } = await import('../operator.ts')
  const { withDatabase } = await import('./with-database.ts')
  await withDatabase(async ({ pool }, config) => work(await operatorContext(pool, config, command), config))
}
