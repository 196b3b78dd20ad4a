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

const verify = new Command('verify')
  .summary('tell whether a token or API key is accepted, and why not')
  .description(
    'Tells whether an access token or an API key would be accepted now, from whom it is, and why it is not. ' +
      'It is read from standard input, so that it is in no list of commands. Ends with code 1 when it is not accepted. ' +
      'Run it with the settings of the house: tokens name its address (PUBLIC_URL).',
  )
  .option('--json', 'print JSON')
  .addHelpText(
    'after',
    '\nExamples:\n  npx switchyard token verify < token.txt\n  echo "$TOKEN" | npx switchyard token verify --json',
  )
  .action(async (options: { json?: boolean }) => {
    const { text } = await import('node:stream/consumers')
    const { openSecrets } = await import('../../drizzle/secrets.ts')
    const { assertMigrated } = await import('../database.ts')
    const { issuerOf } = await import('../issuer.ts')
    const { openIdentity } = await import('../oauth/identity.ts')
    const { operatorContext } = await import('../operator.ts')
    const { verifyToken } = await import('../verify-token.ts')
    const { withDatabase } = await import('./with-database.ts')
    if (process.stdin.isTTY) console.error('Paste the token, then Enter and Ctrl-D:')
    const given = (await text(process.stdin)).trim().replace(/^bearer\s+/i, '')
    await withDatabase(async ({ pool }, config) => {
      await assertMigrated(pool)
      const issuer = issuerOf(config)
      const report = (error: unknown) => console.error(error)
      const identity = await openIdentity({ sql: pool, secrets: openSecrets(config), issuer, report })
      try {
        const ctx = await operatorContext(pool, config, 'token verify')
        const verdict = await verifyToken(ctx, given, identity)
        const facts = Object.entries(verdict.facts).map(([name, fact]) => `  ${name.padEnd(8)} ${fact}`)
        const head = `This ${verdict.kind} is ${verdict.isValid ? 'accepted' : 'refused'}.`
        print(options, verdict, [[head, verdict.reason].filter(Boolean).join(' '), ...facts].join('\n'))
        if (!verdict.isValid) process.exitCode = 1
      } finally {
        await identity.close()
      }
    })
  })

const rotateKeys = new Command('rotate-keys')
  .summary('sign with other keys from now on')
  .description(
    'Makes the next signing keys the ones that sign, in every process and without a restart. Access tokens stay valid until ' +
      'they expire. Keys also rotate by themselves every 90 days.',
  )
  .option('--end-old', 'a private key has become known: refuse every access token issued so far at once')
  .option('--json', 'print JSON')
  .addHelpText('after', '\nExamples:\n  npx switchyard token rotate-keys\n  npx switchyard token rotate-keys --end-old')
  .action(async (options: { endOld?: boolean; json?: boolean }) => {
    const { openSecrets } = await import('../../drizzle/secrets.ts')
    const { rotateKeys: rotate } = await import('../oauth/key-rotation.ts')
    await asOperator('token rotate-keys', async (ctx, config) => {
      await rotate(ctx, openSecrets(config), { endOld: options.endOld })
      const keys = await ctx.sql<{ kid: string; alg: string; state: string }[]>`
        select kid, alg, state from oauth_key order by alg, array_position(array['active', 'next', 'retiring'], state)`
      const rows = keys.map(({ kid, alg, state }) => [alg, state, kid])
      print(options, keys, tableOf(['algorithm', 'state', 'key id'], rows))
    })
  })

export const token = new Command('token')
  .summary('who is signed in, and with what')
  .description('Shows and ends what people and programs are signed in with, explains tokens, and rotates signing keys.')
  .helpCommand(false)
  .addCommand(list)
  .addCommand(revoke)
  .addCommand(verify)
  .addCommand(rotateKeys)
