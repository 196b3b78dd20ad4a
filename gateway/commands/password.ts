import { Command } from 'commander'
import { asOperator } from './as-operator.ts'
import { print } from './table.ts'

const set = new Command('set')
  .summary('give a user another password')
  .description(
    'Gives a user another password and signs them out everywhere; API keys stay. The password is read from standard input, ' +
      'so that it is in no list of commands; --generate makes one and prints it once.',
  )
  .requiredOption('--user <user name>', 'whose')
  .option('--generate', 'make one, and print it')
  .option('--json', 'print JSON')
  .addHelpText(
    'after',
    `
Examples:
  npx switchyard password set --user ann --generate
  npx switchyard password set --user ann < new-password.txt`,
  )
  .action(async ({ user, generate, ...options }: { user: string; generate?: boolean; json?: boolean }) => {
    const { text } = await import('node:stream/consumers')
    const { randomBytes } = await import('node:crypto')
    const { setPassword } = await import('../../subgraphs/identity/passwords.ts')
    const { userIdOf } = await import('../operator.ts')
    if (!generate && process.stdin.isTTY) console.error('Type the new password, then Enter and Ctrl-D:')
    const password = generate
      ? randomBytes(18).toString('base64url')
      : (await text(process.stdin)).replace(/\r?\n$/, '')
    await asOperator('password set', async ctx => {
      const userId = await userIdOf(ctx, user)
      await setPassword(ctx, userId, password)
      const shown = generate ? `\n\npassword  ${password}\n\nTell them now: it cannot be shown again.` : ''
      print(
        options,
        { userId, ...(generate ? { password } : {}) },
        `Set, and ${user} is signed out everywhere.${shown}`,
      )
    })
  })

const rotatePepper = new Command('rotate-pepper')
  .summary('mix another key into passwords')
  .description(
    'Makes a new pepper: the key, kept sealed, that is mixed into passwords before they are hashed. ' +
      'Old passwords stay valid; each is stored anew when its user signs in next.',
  )
  .option('--json', 'print JSON')
  .addHelpText('after', '\nExamples:\n  npx switchyard password rotate-pepper')
  .action(async (options: { json?: boolean }) => {
    const { rotatePepper: rotate } = await import('../../drizzle/peppers.ts')
    const { openSecrets } = await import('../../drizzle/secrets.ts')
    await asOperator('password rotate-pepper', async (ctx, config) => {
      const { id } = await rotate(ctx, openSecrets(config))
      print(options, { pepper: id }, `New passwords are stored under pepper ${id}, old ones when their users sign in.`)
    })
  })

export const password = new Command('password')
  .summary('passwords of users')
  .description('Sets passwords, and changes the key that is mixed into them.')
  .helpCommand(false)
  .addCommand(set)
  .addCommand(rotatePepper)
