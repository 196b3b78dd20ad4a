import { readFile, writeFile } from 'node:fs/promises'
import { Command, Option } from 'commander'
import type { Context } from '../../drizzle/context.ts'
import { StartupError } from '../../drizzle/startup-error.ts'
import { rowFormats, type RowFormat } from '../../rest-compat/rows.ts'
import type { KeptResult } from '../../subgraphs/crm/jobs/results.ts'

type Options = {
  readonly module: string
  readonly match: string
  readonly system?: string
  readonly format?: RowFormat
  readonly lenient?: boolean
  readonly results?: string
}

const rowsAtOnce = 1_000

const upsert = new Command('upsert')
  .summary('make or change many records')
  .description(
    'Makes or changes a record for each row of a file: a JSON list, a JSON object on each line, or CSV whose first line names\n' +
      'the fields. A row that finds no record makes one. Ends with code 1 when a row failed.',
  )
  .argument('<file>', 'the rows; the name tells the format')
  .requiredOption('--module <name>', 'such as Accounts')
  .option('--match <how>', 'how a row names its record: id, a field such as email1, or externalId', 'id')
  .option('--system <name>', 'whose external ids they are, such as shop')
  .addOption(new Option('--format <format>', 'where the name of the file does not tell').choices(rowFormats))
  .option('--lenient', 'store what SuiteCRM would store, without checks')
  .option('--results <file>', 'write what became of each row to this file, as NDJSON')
  .addHelpText(
    'after',
    `
Examples:
  npx switchyard bulk upsert accounts.csv --module Accounts --match name
  npx switchyard bulk upsert orders.ndjson --module Opportunities --match externalId --system shop --results out.ndjson`,
  )
  .action(async (file: string, options: Options) => {
    const { readRows } = await import('../../rest-compat/rows.ts')
    const { moduleNamed } = await import('../../subgraphs/crm/deeds.ts')
    const { addRows, closeBulk, startBulk } = await import('../../subgraphs/crm/jobs/bulk.ts')
    const { doJob } = await import('../do-job.ts')
    const { operatorContext } = await import('../operator.ts')
    const { withDatabase } = await import('./with-database.ts')
    await withDatabase(async ({ pool }, config, signal) => {
      const operator = await operatorContext(pool, config, 'bulk upsert')
      const ctx = { ...operator, validation: options.lenient ? ('lenient' as const) : ('strict' as const) }
      const module = moduleNamed(ctx, options.module)
      const format = options.format ?? formatOf(file)
      const text = await readFile(file, 'utf8')
      const rows = orComplain(file, () => readRows(ctx.catalog, module, format, text))
      const { id } = await startBulk(ctx, {
        ...{ module, matchBy: options.match, system: options.system },
        ...{ rows: [], isOpen: true },
      })
      for (let at = 0; at < rows.length; at += rowsAtOnce) await addRows(ctx, id, rows.slice(at, at + rowsAtOnce))
      await closeBulk(ctx, id)
      const { created, updated, unchanged, failed } = await doJob(ctx, pool, config, id, { name: module.name, signal })
      console.log(`${created} created, ${updated} updated, ${unchanged} unchanged, ${failed} failed`)
      if (failed > 0) process.exitCode = 1
      if (options.results !== undefined) await writeFile(options.results, await linesOf(ctx, id), { mode: 0o600 })
      else if (failed > 0) await tellFailures(ctx, id)
    })
  })

export const bulk = new Command('bulk')
  .summary('many records at once')
  .description('Makes or changes many records from a file.')
  .helpCommand(false)
  .addCommand(upsert)

function formatOf(file: string): RowFormat {
  const ending = /\.(json|ndjson|jsonl|csv)$/i.exec(file)?.[1]?.toLowerCase()
  if (ending === undefined) throw new StartupError(`Say by --format what ${file} is: ${rowFormats.join(', ')}.`)
  return rowFormats.find(format => format === ending) ?? 'ndjson'
}

/** What is wrong with a file is said in words. */
function orComplain<T>(file: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw error instanceof SyntaxError ? new StartupError(`${file}: ${error.message}`) : error
  }
}

/** Every result of a job, as NDJSON. */
async function linesOf(ctx: Context, id: string, outcome?: KeptResult['outcome']): Promise<string> {
  const { resultsOf } = await import('../../subgraphs/crm/jobs/results.ts')
  let lines = ''
  let after = 0
  for (;;) {
    const { nodes, hasNextPage, endCursor } = await resultsOf(ctx, id, { first: 1_000, after, outcome })
    lines += nodes.map(result => `${JSON.stringify(result)}\n`).join('')
    if (!hasNextPage || endCursor === null) return lines
    after = endCursor
  }
}

const tellFailures = async (ctx: Context, id: string) => console.error((await linesOf(ctx, id, 'FAILED')).trimEnd())
