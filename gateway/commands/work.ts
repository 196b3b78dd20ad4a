import { once } from 'node:events'
import { Command } from 'commander'
import { settingsHelp } from '../config.ts'

export const work = new Command('work')
  .summary('do the background work')
  .description(
    'Does the work that nobody waits for, such as delivering webhooks and deleting what has expired, until Ctrl-C. "switchyard serve" does it too; with\n' +
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
    const { clientJobs } = await import('../client-jobs.ts')
    const { openLog, reportTo } = await import('../log.ts')
    const { followDefinitions } = await import('../follow-definitions.ts')
    const { houseOf } = await import('../operator.ts')
    const { startWork } = await import('../work.ts')
    const { startWebhooks } = await import('../webhooks/background.ts')
    const { withDatabase } = await import('./with-database.ts')
    await withDatabase(async ({ pool, url }, config, stop) => {
      await assertMigrated(pool)
      const log = openLog(config.logLevel)
      const report = reportTo(log)
      let house = await houseOf(pool, config)
      const following = await followDefinitions({
        ...{ sql: pool, report },
        served: () => house.catalog.version,
        follow: async () => void (house = await houseOf(pool, config)),
      })
      const nowHouse = () => Promise.resolve(house)
      const consumers = clientJobs(nowHouse, report)
      const now = () => new Date()
      const background = await startWork({ sql: pool, url, log, now, settings: config, consumers })
      const webhooks = await startWebhooks({ url, houseOf: nowHouse, log, report })
      console.log('Background work is being done. Ctrl-C ends it.')
      if (!stop.aborted) await once(stop, 'abort')
      console.error('Stopping')
      await Promise.all([background.close(), webhooks.close()])
      await following.close()
    })
  })
