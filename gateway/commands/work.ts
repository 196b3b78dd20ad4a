import { once } from 'node:events'
import { Command } from 'commander'
import { settingsHelp } from '../config.ts'

export const work = new Command('work')
  .summary('do the background work')
  .description(
    'Does the work that nobody waits for, such as deleting what has expired, until Ctrl-C. "switchyard serve" does it too; with\n' +
      'BACKGROUND_WORK=no it leaves it to processes started with this command. Any number of them may run beside each other.',
  )
  .addHelpText(
    'after',
    () => `
${settingsHelp(process.stdout.columns)}

Examples:
  npx switchyard work
  DATABASE_URL=postgres://me:secret@db/crm npx switchyard work`,
  )
  .action(async () => {
    const { assertMigrated } = await import('../database.ts')
    const { openLog } = await import('../log.ts')
    const { startWork } = await import('../work.ts')
    const { withDatabase } = await import('./with-database.ts')
    await withDatabase(async ({ pool }, config, stop) => {
      await assertMigrated(pool)
      const background = startWork({
        sql: pool,
        log: openLog(config.logLevel),
        now: () => new Date(),
        settings: config,
      })
      console.log('Background work is being done. Ctrl-C ends it.')
      if (!stop.aborted) await once(stop, 'abort')
      console.error('Stopping')
      await background.close()
    })
  })
