import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Command, Option } from 'commander'
import { StartupError } from '../../drizzle/startup-error.ts'

type Options = {
  readonly fields?: string[]
  readonly filter?: string
  readonly sort?: string[]
  readonly format: 'ndjson' | 'csv'
  readonly output?: string
  readonly formulaGuard: boolean
  readonly byteOrderMark?: boolean
}

export const exportCommand = new Command('export')
  .summary('write the records of a module into a file')
  .description(
    'Writes the records that a filter finds as NDJSON, with the types of GraphQL, or as CSV. In CSV, text that a spreadsheet\n' +
      'would run as a formula gets an apostrophe in front.',
  )
  .argument('<module>', 'such as Accounts')
  .option('--fields <name...>', 'only these fields, and the id')
  .option('--filter <json>', 'the filter of the GraphQL query for the module')
  .option('--sort <name...>', 'the order; with a minus sign in front the other way round')
  .addOption(new Option('--format <format>', 'what is written').choices(['ndjson', 'csv']).default('ndjson'))
  .option('--output <file>', 'where to; else to the terminal')
  .option('--no-formula-guard', 'CSV: leave text as it is; for programs, not for spreadsheets')
  .option('--byte-order-mark', 'CSV: begin with one, as some spreadsheets want')
  .addHelpText(
    'after',
    `
Examples:
  npx switchyard export Accounts --format csv --fields name website --output accounts.csv
  npx switchyard export Contacts --filter '{"date_modified":{"gte":"2030-01-01T00:00:00Z"}}' --sort=-date_modified`,
  )
  .action(async (moduleName: string, options: Options) => {
    const { crmSubgraph } = await import('../../subgraphs/crm/schema.ts')
    const { moduleNamed } = await import('../../subgraphs/crm/deeds.ts')
    const { exportFile } = await import('../../subgraphs/crm/jobs/download.ts')
    const { coercedFilter, startExport } = await import('../../subgraphs/crm/jobs/export.ts')
    const { doJob } = await import('../do-job.ts')
    const { operatorContext } = await import('../operator.ts')
    const { withDatabase } = await import('./with-database.ts')
    await withDatabase(async ({ pool }, config, signal) => {
      const ctx = await operatorContext(pool, config, 'export')
      const module = moduleNamed(ctx, moduleName)
      const { id } = await startExport(ctx, {
        module,
        fields: options.fields,
        filter: coercedFilter(crmSubgraph(ctx.catalog), module, parsed(options.filter)),
        sort: options.sort ?? [],
        format: options.format === 'csv' ? 'CSV' : 'NDJSON',
        isGuarded: options.formulaGuard,
        hasMark: options.byteOrderMark === true,
      })
      await doJob(ctx, pool, config, id, { name: module.name, signal })
      const file = await exportFile(ctx, id)
      const to = options.output === undefined ? process.stdout : createWriteStream(options.output, { mode: 0o600 })
      await pipeline(Readable.from(file.read(0, file.bytes - 1)), to, { end: to !== process.stdout })
    })
  })

function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    throw new StartupError('--filter takes JSON, such as \'{"name":{"like":"A%"}}\'.')
  }
}
