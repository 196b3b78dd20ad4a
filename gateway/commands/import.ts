import { writeFile } from 'node:fs/promises'
import { Command } from 'commander'
import type { Context } from '../../drizzle/context.ts'
import type { ImportReport } from '../../drizzle/import/report.ts'

type Options = { readonly uploads?: string; readonly report?: string; readonly events?: true }

export const importCommand = new Command('import')
  .summary('bring over a SuiteCRM database')
  .description(
    'Reads a running SuiteCRM database (MySQL or MariaDB) and brings over its records, users, roles, API clients, custom fields and modules. A house that runs serves them at once. Nothing is changed there.\n' +
      'Run it again to bring over what has changed since. A run that was interrupted goes on where it stopped. ' +
      'Ends with code 1 when the counts of both sides do not add up.',
  )
  .argument('<source>', 'mysql://user:password@host:port/database')
  .option('--uploads <folder>', 'bring over the files in this "upload" folder of SuiteCRM too')
  .option(
    '--events',
    'tell of the records that change by events, to webhooks and subscriptions too (off: nobody is told)',
  )
  .option('--report <file>', 'also write the whole report to this file, as JSON')
  .addHelpText(
    'after',
    `
A user that may read (GRANT SELECT) is enough.

Examples:
  npx switchyard import mysql://reader:secret@127.0.0.1/suitecrm
  npx switchyard import mysql://reader:secret@db.example.com:3306/suitecrm --uploads /var/www/suitecrm/upload`,
  )
  .action(async (source: string, { uploads, report: file, events }: Options) => {
    const { withDatabase } = await import('./with-database.ts')
    const { ImportError, importSuitecrm } = await import('../../drizzle/import/import.ts')
    const { reportText } = await import('../../drizzle/import/report.ts')
    const { migrate } = await import('../../drizzle/migrate.ts')
    const { createPasswordHashes } = await import('../../drizzle/password-hash.ts')
    const { openSecrets } = await import('../../drizzle/secrets.ts')
    const { filesFolder } = await import('../config.ts')
    const { operatorContext } = await import('../operator.ts')
    const { progressOn } = await import('../progress.ts')
    await withDatabase(async ({ pool }, config, signal) => {
      await migrate(pool)
      const passwords = createPasswordHashes(pool, openSecrets(config))
      const filesDir = filesFolder(config)
      const options = { source, uploads, events, pool, filesDir, passwords, progress: progressOn(), signal }
      const report = await importSuitecrm(options).catch((error: unknown) => {
        if (!(error instanceof ImportError)) throw error
        process.exitCode = 1
        console.error(error.message)
        return error.report
      })
      await tellAudit(await operatorContext(pool, config, 'import'), report)
      if (file) await writeFile(file, `${JSON.stringify(report, null, 2)}\n`)
      console.log(reportText(report))
    })
  })

/** One entry for all that an import has changed of users, roles and API clients; the rest is in its report. */
async function tellAudit(ctx: Context, { source, mistakes, startedAt }: ImportReport) {
  const { audit } = await import('../../drizzle/audit.ts')
  const { transaction } = await import('../../drizzle/context.ts')
  await transaction(ctx, async tx => {
    const state = mistakes.length > 0 ? 'failed' : 'finished'
    audit(tx, { action: 'import.ended', id: startedAt, after: { source, state, mistakes: mistakes.length } })
  })
}
