import { Command } from 'commander'
import { asOperator } from './as-operator.ts'
import { print, tableOf } from './table.ts'

const reseal = new Command('reseal')
  .summary('seal everything under the present SECRET_KEY')
  .description(
    'Seals signing keys, peppers, credentials and secrets of webhooks, and what else is kept sealed, under SECRET_KEY. To change it\n' +
      'without a stop, restart all processes twice:\n\n' +
      '  1. SECRET_KEY=old SECRET_KEY_OTHERS=new\n' +
      '  2. SECRET_KEY=new SECRET_KEY_OTHERS=old, then run this command with the same settings\n\n' +
      'After that the old key opens nothing any more, and can be left out at the next restart. A key that was kept in DATA_DIR is\n' +
      'known without being named. Whoever is on the sign-in page begins again; nobody else notices.',
  )
  .option('--json', 'print JSON')
  .addHelpText('after', '\nExamples:\n  SECRET_KEY=... SECRET_KEY_OTHERS=... npx switchyard secret reseal')
  .action(async (options: { json?: boolean }) => {
    const { openSecrets } = await import('../../drizzle/secrets.ts')
    const { resealAll } = await import('../sealed.ts')
    const { audit } = await import('../../drizzle/audit.ts')
    const { transaction } = await import('../../drizzle/context.ts')
    await asOperator('secret reseal', async (ctx, config) => {
      const secrets = openSecrets(config)
      const all = await resealAll(ctx, secrets)
      const sum = (what: 'resealed' | 'lost') => all.reduce((total, each) => total + each[what], 0)
      await transaction(ctx, async tx =>
        audit(tx, {
          action: 'secret_key.resealed',
          id: secrets.keyId,
          after: { resealed: sum('resealed'), lost: sum('lost') },
        }),
      )
      const rows = all.map(({ what, resealed, lost }) => [what, String(resealed), String(lost)])
      print(options, { keyId: secrets.keyId, sealed: all }, tableOf(['what', 'sealed anew', 'cannot be opened'], rows))
      if (sum('lost') > 0) process.exitCode = 1
    })
  })

export const secret = new Command('secret')
  .summary('change the key that seals what is secret')
  .description('Looks after what is kept sealed in the database.')
  .helpCommand(false)
  .addCommand(reseal)
