import { Command } from 'commander'

export const migrate = new Command('migrate')
  .summary('bring the database up to date')
  .description(
    'Applies the migrations that the database lacks. "switchyard serve" does the same when it starts; several at once wait for each other.',
  )
  .option('--dry-run', 'only list what is missing')
  .addHelpText(
    'after',
    '\nExamples:\n  npx switchyard migrate\n  DATABASE_URL=postgres://me:secret@db/crm npx switchyard migrate --dry-run',
  )
  .action(async ({ dryRun }: { dryRun?: boolean }) => {
    const migrations = await import('../../drizzle/migrate.ts')
    const { withDatabase } = await import('./with-database.ts')
    await withDatabase(async ({ pool }) => {
      const pending = await migrations.pendingMigrations(pool)
      if (!dryRun) await migrations.migrate(pool)
      if (pending.length === 0) return console.log('The database is up to date.')
      console.log(`${dryRun ? 'Missing' : 'Applied'}:\n${pending.map(name => `  ${name}`).join('\n')}`)
    })
  })
