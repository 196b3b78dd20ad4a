import { Command, InvalidArgumentError, Option } from 'commander'
import { v8VersionNames } from '../../schema/versions.ts'
import type { ClientChanges, ExtraGrant } from '../../subgraphs/identity/client-settings.ts'
import type { Client } from '../../subgraphs/identity/clients.ts'
import type { ClientOptions } from '../create-client.ts'
import { asOperator } from './as-operator.ts'
import { print, tableOf } from './table.ts'

const keep = 'Keep the secret now: it cannot be shown again.'
const deviceCode = 'urn:ietf:params:oauth:grant-type:device_code'

type Settings = {
  redirectUrl?: string[]
  scope?: string[]
  extraGrant?: string[]
  tokenFormat?: 'legacy' | 'at+jwt'
  tokenSeconds?: number
  dpop?: boolean
  apiVersion?: string
  ifMatch?: boolean
  idempotencyKey?: boolean
  json?: boolean
}

/** What can be said of a new client and of a known one. */
const withSettings = (command: Command) =>
  command
    .option('--redirect-url <url...>', 'where sign-in leads back to (authorization_code)')
    .option('--scope <scope...>', 'the most that its tokens can be granted, such as records:read; "*" for everything')
    .addOption(
      new Option('--extra-grant <grant...>', 'further ways to get tokens').choices([
        'client_credentials',
        'authorization_code',
        'device_code',
      ]),
    )
    .addOption(new Option('--token-format <format>', 'what its access tokens look like').choices(['at+jwt', 'legacy']))
    .option('--token-seconds <seconds>', 'how long an access token lives, 60 to 3600', wholeNumber)
    .addOption(
      new Option('--api-version <version>', 'the version of REST V8 that answers it when it asks for none').choices(
        v8VersionNames,
      ),
    )
    .option('--if-match', 'its changes by REST V8 8.1 must say which version of a record they were made from')
    .option('--no-if-match', 'they need not')
    .option('--idempotency-key', 'its changes by GraphQL and REST V8 must have an Idempotency-Key')
    .option('--no-idempotency-key', 'they need not')
    .option('--json', 'print JSON')

const changesOf = ({
  scope,
  extraGrant,
  redirectUrl,
  tokenFormat,
  tokenSeconds,
  dpop,
  apiVersion,
  ifMatch,
  idempotencyKey,
}: Settings): ClientChanges => ({
  scopes: scope,
  extraGrants: extraGrant?.map(grant => (grant === 'device_code' ? deviceCode : (grant as ExtraGrant))),
  redirectUrls: redirectUrl,
  tokenFormat,
  tokenSeconds,
  requiresDpop: dpop,
  apiVersion,
  requiresIfMatch: ifMatch,
  requiresIdempotencyKey: idempotencyKey,
})

const create = withSettings(
  new Command('create')
    .summary('make an API client and print its secret')
    .description('Makes an API client. Its secret is printed once and cannot be shown again: only its hash is kept.')
    .requiredOption('--name <name>', 'what people call it')
    .addOption(
      new Option('--grant <grant>', 'how it gets tokens')
        .choices(['password', 'client_credentials', 'authorization_code'])
        .default('client_credentials'),
    )
    .option('--user <user name>', 'whom it acts as (client_credentials)')
    .option('--public', 'it cannot keep a secret: a browser or mobile app')
    .option('--dpop', 'its tokens must be bound to a key that it holds (RFC 9449)'),
)
  .addHelpText(
    'after',
    `
Examples:
  npx switchyard client create --name "Nightly export" --user admin --scope records:read
  npx switchyard client create --name "Old portal" --grant password --token-format legacy
  npx switchyard client create --name "Web shop" --grant authorization_code --redirect-url https://shop.example.com/callback`,
  )
  .action(async (options: Settings & Pick<ClientOptions, 'name' | 'grant' | 'user' | 'public'>) => {
    const { makeClient } = await import('../create-client.ts')
    const { withDatabase } = await import('./with-database.ts')
    const { name, grant, user } = options
    await withDatabase(async ({ pool }, config) => {
      const made = await makeClient(pool, config, { ...changesOf(options), name, grant, user, public: options.public })
      printSecret(options, made)
    })
  })

const list = new Command('list')
  .summary('show all API clients')
  .description('Shows all API clients by name, without their secrets.')
  .option('--json', 'print JSON')
  .addHelpText('after', '\nExamples:\n  npx switchyard client list\n  npx switchyard client list --json')
  .action(async (options: { json?: boolean }) => {
    const { listClients } = await import('../../subgraphs/identity/clients.ts')
    const { userNames } = await import('../operator.ts')
    await asOperator('client list', async ctx => {
      const clients = await listClients(ctx)
      const nameOf = await userNames(
        ctx,
        clients.map(each => each.actsAs?.id),
      )
      const rows = clients.map(each => rowOf(each, nameOf))
      print(options, clients, tableOf(['id', 'name', 'grants', 'acts as', 'scopes', 'tokens'], rows))
    })
  })

const update = withSettings(
  new Command('update')
    .summary('change an API client')
    .description('Changes what is given of an API client, for the tokens that it has too. The rest stays.')
    .argument('<id>', 'its client_id')
    .option('--name <name>', 'what people call it')
    .option('--user <user name>', 'whom it acts as (client_credentials)')
    .option('--password-grant', 'it may send names and passwords of users')
    .option('--no-password-grant', 'it may not')
    .option('--dpop', 'its tokens must be bound to a key that it holds (RFC 9449)')
    .option('--no-dpop', 'they need not'),
)
  .addHelpText(
    'after',
    `
Examples:
  npx switchyard client update 5c1d... --name "Weekly export" --scope records:read metadata:read
  npx switchyard client update 5c1d... --scope "*"
  npx switchyard client update 5c1d... --no-password-grant`,
  )
  .action(async (id: string, options: Settings & { name?: string; user?: string; passwordGrant?: boolean }) => {
    const { updateClient } = await import('../../subgraphs/identity/clients.ts')
    const { userIdOf, userNames } = await import('../operator.ts')
    await asOperator('client update', async ctx => {
      const { name, user, passwordGrant } = options
      const userId = user === undefined ? undefined : await userIdOf(ctx, user)
      const client = await updateClient(ctx, id, { ...changesOf(options), name, userId, passwordGrant })
      const nameOf = await userNames(ctx, [client.actsAs?.id])
      print(options, client, tableOf(['id', 'name', 'grants', 'acts as', 'scopes', 'tokens'], [rowOf(client, nameOf)]))
    })
  })

const rotate = new Command('rotate')
  .summary('give an API client another secret')
  .description('Gives an API client another secret and prints it once. The old one is refused from now on.')
  .argument('<id>', 'its client_id')
  .option('--json', 'print JSON')
  .addHelpText('after', '\nExamples:\n  npx switchyard client rotate 5c1d...')
  .action(async (id: string, options: { json?: boolean }) => {
    const { rotateSecret } = await import('../../subgraphs/identity/clients.ts')
    await asOperator('client rotate', async ctx => {
      const { secret } = await rotateSecret(ctx, id)
      printSecret(options, { id, secret })
    })
  })

const remove = new Command('delete')
  .summary('delete an API client')
  .description('Deletes an API client. Its tokens are refused from now on.')
  .argument('<id>', 'its client_id')
  .option('--json', 'print JSON')
  .addHelpText('after', '\nExamples:\n  npx switchyard client delete 5c1d...')
  .action(async (id: string, options: { json?: boolean }) => {
    const { deleteClient } = await import('../../subgraphs/identity/clients.ts')
    await asOperator('client delete', async ctx => {
      print(options, { id: await deleteClient(ctx, id) }, `Deleted: ${id}. Its tokens are refused from now on.`)
    })
  })

export const client = new Command('client')
  .summary('API clients')
  .description('Makes, shows, changes and deletes API clients: programs that ask for tokens.')
  .helpCommand(false)
  .addCommand(create)
  .addCommand(list)
  .addCommand(update)
  .addCommand(rotate)
  .addCommand(remove)

function printSecret(options: { json?: boolean }, { id, secret }: { id: string; secret: string }) {
  print(options, { client_id: id, client_secret: secret }, `client_id      ${id}\nclient_secret  ${secret}\n\n${keep}`)
}

function rowOf(client: Client, nameOf: (id: string) => string): string[] {
  const extra = client.extraGrants.map(grant => (grant === deviceCode ? 'device_code' : grant))
  const own = client.grant !== null && client.grant !== 'password' ? [client.grant] : []
  const grants = [...own, ...(client.passwordGrant ? ['password'] : []), ...extra]
  return [
    client.id,
    client.name,
    [...new Set(grants)].join(' ') || '-',
    client.actsAs ? nameOf(client.actsAs.id) : '-',
    client.scopes?.join(' ') ?? 'everything',
    `${client.tokenFormat}${client.tokenSeconds === null ? '' : ` ${client.tokenSeconds} s`}${client.requiresDpop ? ' dpop' : ''}`,
  ]
}

export function wholeNumber(text: string) {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It has to be a whole number.')
  return Number(text)
}
