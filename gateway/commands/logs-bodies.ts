import { Command } from 'commander'
import { asOperator } from './as-operator.ts'
import { wholeNumber } from './client.ts'
import { minuteOf } from './table.ts'

export const logsBodies = new Command('bodies')
  .summary('keep what an API client sends and is answered, for a while')
  .description(
    'Keeps what an API client sends and is answered, for people who look for a fault: its structure, and values that can only\n' +
      'be options, numbers, moments and ids. Text is not kept. GraphQL shows it by request id: requestBodies.',
  )
  .requiredOption('--client <id>', 'the API client; "legacy" for the sessions of the legacy API')
  .requiredOption('--minutes <minutes>', 'how long, up to 1440; 0 ends it', wholeNumber)
  .addHelpText('after', '\nExamples:\n  npx switchyard logs bodies --client 5d0e... --minutes 30')
  .action(async ({ client, minutes }: { client: string; minutes: number }) => {
    const { keepBodies } = await import('../../subgraphs/ops/log-policies.ts')
    await asOperator('logs bodies', async ctx => {
      const { bodiesUntil } = await keepBodies(ctx, client, minutes)
      console.log(bodiesUntil === null ? 'Nothing is kept any more.' : `Kept until ${minuteOf(bodiesUntil)} UTC.`)
    })
  })
