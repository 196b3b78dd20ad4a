import { readFile } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import { Command } from 'commander'
import { StartupError } from '../../drizzle/startup-error.ts'
import { print } from './table.ts'

type Options = {
  readonly secret: string
  readonly body: string
  readonly header?: string[]
  readonly id?: string
  readonly timestamp?: string
  readonly signature?: string
  readonly at?: string
  readonly json?: boolean
}

export const verify = new Command('verify')
  .summary('tell why the signature of a message does not verify')
  .description(
    'Verifies a message as a receiver has it, and names which of the usual mistakes keeps it from verifying: a secret that was\n' +
      'not decoded, a body that was parsed and written again, milliseconds, a cut signature, ... Needs no database. Ends with\n' +
      'code 1 when the message is not good.',
  )
  .requiredOption('--secret <secret>', 'what the receiver has: whsec_... or whpk_...')
  .requiredOption('--body <file>', 'the body as it came; "-" for standard input')
  .option('--header <line...>', '"webhook-id: ...", "webhook-timestamp: ..." and "webhook-signature: ..."')
  .option('--id <id>', 'webhook-id')
  .option('--timestamp <seconds>', 'webhook-timestamp')
  .option('--signature <text>', 'webhook-signature')
  .option('--at <moment>', 'when it came: 2030-03-04T10:30:00Z; now, if left out')
  .option('--json', 'print JSON')
  .addHelpText(
    'after',
    `
Examples:
  npx switchyard webhook verify --secret whsec_... --body body.json --id 17 --timestamp 1893456000 --signature "v1,..."
  npx switchyard webhook verify --secret whsec_... --body - --header "webhook-id: 17" "webhook-timestamp: 1893456000" \\
    "webhook-signature: v1,..." --at 2030-01-01 < body.json`,
  )
  .action(async (options: Options) => {
    const { verifyMessage } = await import('../../subgraphs/webhooks/signing/verify.ts')
    const { secret, body, id, timestamp, signature, at } = options
    const now = at === undefined ? new Date() : new Date(at)
    if (Number.isNaN(now.getTime())) throw new StartupError('--at is no moment such as 2030-03-04T10:30:00Z.')
    const bytes = body === '-' ? await buffer(process.stdin) : await readBody(body)
    const headers = {
      ...Object.fromEntries((options.header ?? []).map(headerOf)),
      ...(id !== undefined && { 'webhook-id': id }),
      ...(timestamp !== undefined && { 'webhook-timestamp': timestamp }),
      ...(signature !== undefined && { 'webhook-signature': signature }),
    }
    const verified = verifyMessage({ headers, body: bytes, secret }, Math.floor(now.getTime() / 1000))
    if (verified.kind === 'bad') process.exitCode = 1
    print(
      options,
      verified,
      verified.kind === 'good' ? 'The message is good.' : `${verified.mistake}: ${verified.says}`,
    )
  })

function headerOf(line: string): readonly [string, string] {
  const [name = '', ...value] = line.split(':')
  return [name.trim().toLowerCase(), value.join(':').trim()]
}

async function readBody(file: string): Promise<Buffer> {
  try {
    return await readFile(file)
  } catch (error) {
    throw new StartupError(`${file} cannot be read.`, { cause: error })
  }
}
