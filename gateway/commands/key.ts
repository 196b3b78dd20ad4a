import { Command } from 'commander'
import type { Context } from '../../drizzle/context.ts'
import { asOperator } from './as-operator.ts'
import { wholeNumber } from './client.ts'
import { minuteOf, print, tableOf } from './table.ts'

type Json = { json?: boolean }
type Lifetime = { expiresInDays?: number; neverExpires?: boolean }

const keep = 'Keep the key now: it cannot be shown again.'
const keyArgument = 'its id or its prefix, sw_live_ and eight characters'

const withLifetime = (command: Command, otherwise: string) =>
  command
    .option('--expires-in-days <days>', `how long it is good, 1 to 3650 (${otherwise})`, wholeNumber)
    .option('--never-expires', 'it is good until it is revoked')

const create = withLifetime(
  new Command('create')
    .summary('make an API key and print it')
    .description('Makes an API key with which a script acts as a user. It is printed once: only its hash is kept.')
    .requiredOption('--name <name>', 'what people call it')
    .requiredOption('--user <user name>', 'whom it acts as; it never has more rights')
    .requiredOption('--scope <scope...>', 'what it may do, such as records:read:Accounts; "*" for everything'),
  'default: 90',
)
  .option('--json', 'print JSON')
  .addHelpText(
    'after',
    `
Examples:
  npx switchyard key create --name "Nightly export" --user ann --scope records:read metadata:read
  npx switchyard key create --name "Backup" --user admin --scope "*" --never-expires`,
  )
  .action(async (options: Json & Lifetime & { name: string; user: string; scope: string[] }) => {
    const { createKey } = await import('../../subgraphs/identity/keys.ts')
    const { userIdOf } = await import('../operator.ts')
    await asOperator('key create', async ctx => {
      const { name, user, scope: scopes, expiresInDays, neverExpires } = options
      const userId = await userIdOf(ctx, user)
      printKey(options, await createKey(ctx, { name, userId, scopes, expiresInDays, neverExpires }))
    })
  })

const list = new Command('list')
  .summary('show API keys')
  .description('Shows API keys, the newest first. The keys themselves are not kept, only their beginning.')
  .option('--user <user name>', 'only those that act as this user')
  .option('--json', 'print JSON')
  .addHelpText('after', '\nExamples:\n  npx switchyard key list\n  npx switchyard key list --user ann --json')
  .action(async (options: Json & { user?: string }) => {
    const { listKeys } = await import('../../subgraphs/identity/keys.ts')
    const { userIdOf, userNames } = await import('../operator.ts')
    await asOperator('key list', async ctx => {
      const keys = await listKeys(ctx, options.user === undefined ? undefined : await userIdOf(ctx, options.user))
      const nameOf = await userNames(
        ctx,
        keys.map(key => key.owner.id),
      )
      const rows = keys.map(key => [
        key.prefix,
        key.name,
        nameOf(key.owner.id),
        key.state.toLowerCase(),
        key.scopes?.join(' ') ?? 'everything',
        key.expiresAt === null ? 'never' : minuteOf(key.expiresAt),
        minuteOf(key.lastUsedAt),
        key.lastAddress ?? '-',
      ])
      const head = ['prefix', 'name', 'acts as', 'state', 'scopes', 'expires', 'last used', 'from']
      print(options, keys, tableOf(head, rows))
    })
  })

const roll = withLifetime(
  new Command('roll')
    .summary('replace an API key by a new one')
    .description(
      'Replaces an API key by a new one with the same rights and prints it once. The old one is good for a while longer, ' +
        'so that scripts can be changed one by one; the one before it ends now.',
    )
    .argument('<key>', keyArgument)
    .option('--overlap-hours <hours>', 'how long the old one is good too, 0 to 720 (default: 24)', wholeNumber),
  'as before',
)
  .option('--json', 'print JSON')
  .addHelpText(
    'after',
    `
Examples:
  npx switchyard key roll sw_live_Ab3dE5gh
  npx switchyard key roll sw_live_Ab3dE5gh --overlap-hours 0`,
  )
  .action(async (key: string, options: Json & Lifetime & { overlapHours?: number }) => {
    const { rollKey } = await import('../../subgraphs/identity/keys.ts')
    await asOperator('key roll', async ctx => {
      const { overlapHours, expiresInDays, neverExpires } = options
      printKey(options, await rollKey(ctx, await idOf(ctx, key), { overlapHours, expiresInDays, neverExpires }))
    })
  })

const revoke = new Command('revoke')
  .summary('end an API key')
  .description(
    'Ends an API key; it is refused within two seconds. Somebody who found a key can name it by its beginning.',
  )
  .argument('<key>', keyArgument)
  .option('--json', 'print JSON')
  .addHelpText('after', '\nExamples:\n  npx switchyard key revoke sw_live_Ab3dE5gh')
  .action(async (key: string, options: Json) => {
    const { revokeKey } = await import('../../subgraphs/identity/keys.ts')
    await asOperator('key revoke', async ctx => {
      const revoked = await revokeKey(ctx, await idOf(ctx, key))
      print(options, revoked, `Revoked: ${revoked.prefix} (${revoked.name}).`)
    })
  })

export const key = new Command('key')
  .summary('API keys')
  .description('Makes, shows, replaces and ends API keys, with which scripts act as a user.')
  .helpCommand(false)
  .addCommand(create)
  .addCommand(list)
  .addCommand(roll)
  .addCommand(revoke)

type Made = { key: { id: string; prefix: string; expiresAt: string | null }; secret: string }

function printKey(options: Json, { key: made, secret }: Made) {
  const until = made.expiresAt === null ? 'never expires' : `expires ${minuteOf(made.expiresAt)}`
  print(options, { ...made, secret }, `api_key  ${secret}\n\nIt ${until}. ${keep}`)
}

/** By its id, or by the beginning of the key or of the one before the last roll. */
async function idOf({ sql }: Context, given: string): Promise<string> {
  const prefix = given.slice(0, 'sw_live_'.length + 8)
  const [found] = await sql<{ id: string }[]>`
    select id from api_key where id = ${given} or prefix = ${prefix} or previous_prefix = ${prefix}`
  return found?.id ?? given
}
