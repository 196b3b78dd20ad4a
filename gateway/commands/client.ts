import { Command, Option } from 'commander'
import type { ClientOptions } from '../create-client.ts'

const create = new Command('create')
  .summary('make an API client and print its secret')
  .description('Makes an API client. Its secret is printed once and cannot be shown again: only its hash is kept.')
  .requiredOption('--name <name>', 'what people call it')
  .addOption(
    new Option('--grant <grant>', 'how it gets tokens')
      .choices(['password', 'client_credentials', 'authorization_code'])
      .default('client_credentials'),
  )
  .option('--user <user name>', 'whom it acts as (client_credentials)')
  .option('--redirect-url <url>', 'where sign-in leads back to (authorization_code)')
  .option('--public', 'it cannot keep a secret: a browser or mobile app')
  .addHelpText(
    'after',
    `
Examples:
  npx switchyard client create --name "Nightly export" --user admin
  npx switchyard client create --name "Old portal" --grant password
  npx switchyard client create --name "Web shop" --grant authorization_code --redirect-url https://shop.example.com/callback`,
  )
  .action(async (options: ClientOptions) => {
    const { makeClient } = await import('../create-client.ts')
    const { withDatabase } = await import('./with-database.ts')
    await withDatabase(async ({ pool }, config) => {
      const { id, secret } = await makeClient(pool, config, options)
      console.log(`client_id      ${id}\nclient_secret  ${secret}\n\nKeep the secret now: it cannot be shown again.`)
    })
  })

export const client = new Command('client')
  .summary('API clients')
  .description('Makes API clients.')
  .helpCommand(false)
  .addCommand(create)
