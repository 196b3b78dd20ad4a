import { Command, Option } from 'commander'
import { asOperator } from './as-operator.ts'

export const logsDetails = new Command('details')
  .summary('say whether the log keeps details of an API client')
  .description(
    'Of an API client or key whose details are off, the log keeps no more than how many requests there were, at which API,\n' +
      'and how they ended: not who, what, from where or how long. Every process knows within two seconds.',
  )
  .requiredOption('--client <id>', 'the API client or key; "legacy" for the sessions of the legacy API')
  .addOption(new Option('--keep <yes|no>', 'whether details are kept').choices(['yes', 'no']).makeOptionMandatory())
  .addHelpText('after', '\nExamples:\n  npx switchyard logs details --client 5d0e... --keep no')
  .action(async ({ client, keep }: { client: string; keep: 'yes' | 'no' }) => {
    const { keepDetails } = await import('../../subgraphs/ops/log-policies.ts')
    await asOperator('logs details', async ctx => {
      const { countsOnly } = await keepDetails(ctx, client, keep === 'yes')
      console.log(countsOnly ? 'No details are kept from now on.' : 'Details are kept.')
    })
  })
