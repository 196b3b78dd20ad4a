import { Command, CommanderError } from 'commander'
import { readFileSync } from 'node:fs'
import { StartupError } from '../drizzle/startup-error.ts'
import { HouseError } from '../schema/errors.ts'
import { audit } from './commands/audit.ts'
import { bulk } from './commands/bulk.ts'
import { client } from './commands/client.ts'
import { doctor } from './commands/doctor.ts'
import { document } from './commands/document.ts'
import { exportCommand } from './commands/export.ts'
import { endpoint } from './commands/endpoint.ts'
import { explain } from './commands/explain.ts'
import { field } from './commands/field.ts'
import { importCommand } from './commands/import.ts'
import { key } from './commands/key.ts'
import { limit } from './commands/limit.ts'
import { logs } from './commands/logs.ts'
import { migrate } from './commands/migrate.ts'
import { module } from './commands/module.ts'
import { password } from './commands/password.ts'
import { schema } from './commands/schema.ts'
import { seed } from './commands/seed.ts'
import { serve } from './commands/serve.ts'
import { secret } from './commands/secret.ts'
import { token } from './commands/token.ts'
import { usage } from './commands/usage.ts'
import { webhook } from './commands/webhook.ts'
import { work } from './commands/work.ts'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }

const program = new Command('switchyard')
  .description('Switchyard serves SuiteCRM data over GraphQL, REST V8 and the legacy v4.1 API.')
  .version(version, '-v, --version', 'print the version')
  .helpOption('-h, --help', 'explain a command')
  .helpCommand(false)
  // A command below another has options of its own, also where they are called the same.
  .enablePositionalOptions()
  .showHelpAfterError('(npx switchyard --help lists the commands, npx switchyard <command> --help explains one)')
  .addHelpText(
    'after',
    `
Examples:
  npx switchyard serve                               start with a private database and demo data
  npx switchyard import mysql://user:pw@host/suite   bring over a SuiteCRM database
  npx switchyard doctor                              tell what is wrong and how to fix it

Settings are environment variables: npx switchyard serve --help lists them.`,
  )

const commands = [
  serve,
  work,
  logs,
  usage,
  importCommand,
  bulk,
  exportCommand,
  seed,
  migrate,
  client,
  key,
  limit,
  document,
  field,
  module,
  endpoint,
  webhook,
  token,
  secret,
  password,
  explain,
  audit,
  doctor,
  schema,
]
for (const command of commands) program.addCommand(command)

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof StartupError || error instanceof HouseError) console.error(error.message)
  else if (!(error instanceof CommanderError)) console.error(withoutStatement(error))
  process.exitCode ??= 1
}

// Whatever still waits for something after all work is done must not keep the terminal.
setTimeout(() => process.exit(), 2_000).unref()

/** Drizzle's error repeats the whole statement, screens of it for a migration; what PostgreSQL said about it is its cause. */
function withoutStatement(error: unknown) {
  return error instanceof Error && error.message.startsWith('Failed query:') ? (error.cause ?? error) : error
}
