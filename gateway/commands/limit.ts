import { Command, InvalidArgumentError, Option } from 'commander'
import type { Bound, CallerClass, ClientLimit } from '../../subgraphs/identity/client-limits.ts'
import { asOperator } from './as-operator.ts'
import { wholeNumber } from './client.ts'
import { minuteOf, print, tableOf } from './table.ts'

type Json = { json?: boolean }
type Wanted = Partial<Record<'burst' | 'sustained' | 'daily' | 'concurrent', Bound>> & {
  class?: CallerClass
  note?: string
  expiresInMinutes?: number
}

const clientArgument = 'id of an API client or key, or "session" for the sessions of the legacy API'

const set = new Command('set')
  .summary('set what an API client may spend')
  .description(
    'Sets what an API client may spend, in place of what was set before. It holds in every process within two seconds. ' +
      'What is left out stays as the class of the client has it.',
  )
  .argument('<client>', clientArgument)
  .option('--burst <points>', 'points a second; 0 blocks', bound)
  .option('--sustained <points>', 'points a minute', bound)
  .option('--daily <points>', 'points a day, or the word unlimited', bound)
  .option('--concurrent <calls>', 'calls at once', bound)
  .addOption(new Option('--class <class>', 'whose defaults hold').choices(['ui', 'machine', 'bulk']))
  .option('--note <text>', 'why, for those who come after')
  .option('--expires-in-minutes <minutes>', 'then the defaults hold again', wholeNumber)
  .option('--json', 'print JSON')
  .addHelpText(
    'after',
    `
Examples:
  npx switchyard limit set 3f1c...  --sustained 2000 --daily 100000
  npx switchyard limit set session --concurrent 20 --note "old portal, until it is replaced"
  npx switchyard limit set 3f1c...  --class bulk --daily unlimited --expires-in-minutes 240
  npx switchyard limit set 3f1c...  --sustained 0`,
  )
  .action(async (clientId: string, { json, ...wanted }: Json & Wanted) => {
    const { setClientLimit } = await import('../../subgraphs/identity/client-limits.ts')
    await asOperator('limit set', async ctx => {
      const limit = await setClientLimit(ctx, { clientId, ...wanted })
      print({ json }, limit, tableOfLimits([limit]))
    })
  })

const list = new Command('list')
  .summary('show what is set')
  .description('Shows the limits that are set for API clients; all others have the defaults of their class.')
  .option('--json', 'print JSON')
  .addHelpText('after', '\nExamples:\n  npx switchyard limit list\n  npx switchyard limit list --json')
  .action(async (options: Json) => {
    const { listClientLimits } = await import('../../subgraphs/identity/client-limits.ts')
    await asOperator('limit list', async ctx => {
      const limits = await listClientLimits(ctx)
      print(options, limits, limits.length === 0 ? 'Nothing is set: all have the defaults.' : tableOfLimits(limits))
    })
  })

const clear = new Command('clear')
  .summary('back to the defaults')
  .description('Takes back what was set for an API client. The defaults hold again within two seconds.')
  .argument('<client>', clientArgument)
  .option('--json', 'print JSON')
  .addHelpText(
    'after',
    '\nExamples:\n  npx switchyard limit clear 3f1c...\n  npx switchyard limit clear session --json',
  )
  .action(async (clientId: string, options: Json) => {
    const { clearClientLimit } = await import('../../subgraphs/identity/client-limits.ts')
    await asOperator('limit clear', async ctx => {
      const cleared = await clearClientLimit(ctx, clientId)
      print(options, { cleared }, `${cleared} has the defaults of its class.`)
    })
  })

export const limit = new Command('limit')
  .summary('what API clients may spend')
  .description(
    'Sets, shows and clears what API clients may spend. The defaults are settings: LIMIT_UI, LIMIT_MACHINE, LIMIT_BULK.',
  )
  .helpCommand(false)
  .addCommand(set)
  .addCommand(list)
  .addCommand(clear)

function bound(text: string): Bound {
  if (text === 'unlimited') return text
  if (!/^\d{1,10}$/.test(text)) throw new InvalidArgumentError('Say a whole number, or unlimited.')
  return Number(text)
}

const tableOfLimits = (limits: readonly ClientLimit[]) =>
  tableOf(
    ['client', 'class', 'burst', 'sustained', 'daily', 'concurrent', 'expires', 'note'],
    limits.map(each => [
      each.clientId,
      each.class ?? '-',
      String(each.burst ?? '-'),
      String(each.sustained ?? '-'),
      String(each.daily ?? '-'),
      String(each.concurrent ?? '-'),
      each.expiresAt === null ? 'never' : minuteOf(each.expiresAt),
      each.note ?? '',
    ]),
  )
