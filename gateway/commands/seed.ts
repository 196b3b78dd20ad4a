import { Command, InvalidArgumentError } from 'commander'

export const seed = new Command('seed')
  .summary('fill an empty database with demo records')
  .description(
    'Makes a small company: accounts, contacts, leads, deals, appointments, cases and 7 users, with one API client for each grant.\n' +
      'The same seed makes the same records. Passwords and secrets are new each time; they are printed, and kept in DATA_DIR/demo.json.\n' +
      'Does nothing when there are users already. The first "switchyard serve" of a private database does the same (DEMO_DATA).',
  )
  .option('--seed <number>', 'other numbers make other records', wholeNumber, 1)
  .addHelpText(
    'after',
    '\nExamples:\n  npx switchyard seed\n  DATABASE_URL=postgres://me:secret@db/demo npx switchyard seed --seed 7',
  )
  .action(async ({ seed: number }: { seed: number }) => {
    const { loadCatalog } = await import('../../drizzle/custom-fields.ts')
    const { migrate } = await import('../../drizzle/migrate.ts')
    const { createPasswordHashes } = await import('../../drizzle/password-hash.ts')
    const { openSecrets } = await import('../../drizzle/secrets.ts')
    const { StartupError } = await import('../../drizzle/startup-error.ts')
    const { demoRecords } = await import('../../subgraphs/crm/seed.ts')
    const { filesFolder } = await import('../config.ts')
    const { openDemo } = await import('../demo.ts')
    const { progressOn } = await import('../progress.ts')
    const { welcome } = await import('../welcome.ts')
    const { withDatabase } = await import('./with-database.ts')

    await withDatabase(async (database, config) => {
      await migrate(database.pool)
      const [someone] = await database.pool`select 1 from users limit 1`
      if (someone)
        throw new StartupError('There are users in this database already; demo records are for an empty one.')
      const house = {
        pool: database.pool,
        catalog: await loadCatalog(database.pool),
        filesDir: filesFolder(config),
        passwords: createPasswordHashes(database.pool, openSecrets(config)),
        now: () => new Date(),
      }
      const address = config.publicUrl ?? `http://127.0.0.1:${config.port}`
      const progress = progressOn()
      progress.begin('Demo records', demoRecords)
      const options = { seed: number, onProgress: () => progress.advance(1) }
      const access = await openDemo({ ...config, demoData: 'yes' }, house, database, address, () => undefined, options)
      progress.end()
      console.log(welcome(address, access).replace(/^.*\n/, `Made. "switchyard serve" opens the house:\n`))
    })
  })

function wholeNumber(text: string) {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It has to be a whole number.')
  return Number(text)
}
