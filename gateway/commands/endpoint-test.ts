import { Command } from 'commander'
import { asOperator } from './as-operator.ts'
import { print, tableOf } from './table.ts'

export const endpointTest = new Command('test')
  .summary('run the examples of a custom endpoint')
  .description(
    'Runs the examples of a custom endpoint on the records of this installation, and tells which answer something else than\n' +
      'they promise: another value, or one that does not fit outputSchema. Nothing is stored: what an example writes is undone.\n' +
      'Ends with code 1 when one fails.',
  )
  .argument('<endpoint>', 'method and path such as "GET /custom/customers/{id}/summary", or the id')
  .option('--user <user name>', 'with the rights of this user; of whoever may do everything without it')
  .option('--json', 'print JSON')
  .addHelpText(
    'after',
    `
Examples:
  npx switchyard endpoint test "GET /custom/customers/{id}/summary"
  npx switchyard endpoint test "POST /custom/orders" --user ann --json`,
  )
  .action(async (name: string, options: { user?: string; json?: boolean }) => {
    const { runExamples } = await import('../custom/examples.ts')
    const { userContext } = await import('../custom/user-context.ts')
    const { endpointNamed } = await import('./endpoint.ts')
    await asOperator('endpoint test', async ctx => {
      const { declaration } = await endpointNamed(ctx, name)
      const acting = options.user === undefined ? ctx : await userContext(ctx, options.user)
      const results = await runExamples(acting, declaration, error => console.error(error))
      const rows = results.map(({ name, passed, says }) => [passed ? 'ok' : 'FAILED', name, says])
      const table = results.length === 0 ? 'It has no examples.' : tableOf(['result', 'example', 'says'], rows)
      print(options, results, table)
      if (results.some(({ passed }) => !passed)) process.exitCode = 1
    })
  })
