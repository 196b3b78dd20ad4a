import { Command, Option } from 'commander'
import { asOperator } from './as-operator.ts'
import { minuteOf, print, tableOf } from './table.ts'

const list = new Command('list')
  .summary('show who is signed in')
  .description(
    'Shows with what people and programs are signed in, the newest first: API clients with a refresh token, logins of ' +
      'browsers, sessions of the legacy API. Never the tokens themselves: they are kept as hashes.',
  )
  .option('--user <user name>', 'only those of this user')
  .option('--client <id>', 'only those of this API client')
  .option('--json', 'print JSON')
  .addHelpText('after', '\nExamples:\n  npx switchyard token list\n  npx switchyard token list --user ann --json')
  .action(async (options: { user?: string; client?: string; json?: boolean }) => {
    const { listTokens } = await import('../../subgraphs/identity/tokens.ts')
    const { userIdOf, userNames } = await import('../operator.ts')
    await asOperator('token list', async ctx => {
      const userId = options.user === undefined ? undefined : await userIdOf(ctx, options.user)
      const tokens = await listTokens(ctx, { userId, clientId: options.client })
      const nameOf = await userNames(
        ctx,
        tokens.map(token => token.userId),
      )
      const rows = tokens.map(token => [
        token.id,
        token.kind.toLowerCase().replace('_', ' '),
        nameOf(token.userId),
        token.clientId ?? '-',
        token.scopes?.join(' ') ?? 'everything',
        minuteOf(token.createdAt),
        minuteOf(token.lastUsedAt),
        minuteOf(token.expiresAt),
      ])
      const head = ['id', 'kind', 'user', 'client', 'scopes', 'since', 'last used', 'expires']
      print(options, tokens, tableOf(head, rows))
    })
  })

const revoke = new Command('revoke')
  .summary('sign out')
  .description(
    'Ends one of "token list" by its id, all of a user, or all of an API client: refresh tokens, logins, legacy sessions ' +
      'and the access tokens that came from them. Takes effect within seconds in every process.',
  )
  .argument('[id]', 'one of "token list"')
  .addOption(new Option('--user <user name>', 'everything of this user; API keys stay').conflicts('client'))
  .option('--client <id>', 'everything of this API client')
  .option('--json', 'print JSON')
  .addHelpText(
    'after',
    `
Examples:
  npx switchyard token revoke 3f9a...
  npx switchyard token revoke --user ann
  npx switchyard token revoke --client 5c1d...`,
  )
  .action(async (id: string | undefined, options: { user?: string; client?: string; json?: boolean }) => {
    const { StartupError } = await import('../../drizzle/startup-error.ts')
    const tokens = await import('../../subgraphs/identity/tokens.ts')
    const { userIdOf } = await import('../operator.ts')
    const { user, client } = options
    if ([id, user, client].filter(given => given !== undefined).length !== 1) {
      throw new StartupError('Say one of: an id of "token list", --user, --client.')
    }
    await asOperator('token revoke', async ctx => {
      if (id !== undefined) print(options, { id: await tokens.revokeToken(ctx, id) }, 'Ended.')
      if (user !== undefined) {
        const userId = await tokens.revokeTokensOfUser(ctx, await userIdOf(ctx, user))
        print(options, { userId }, `${user} is signed out everywhere.`)
      }
      if (client !== undefined) {
        const clientId = await tokens.revokeTokensOfClient(ctx, client)
        print(options, { clientId }, `All tokens of ${client} have ended.`)
      }
    })
  })

export const token = new Command('token')
  .summary('who is signed in')
  .description('Shows and ends what people and programs are signed in with.')
  .helpCommand(false)
  .addCommand(list)
  .addCommand(revoke)
