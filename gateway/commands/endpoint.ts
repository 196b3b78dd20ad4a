import { Command } from 'commander'
import { readFile } from 'node:fs/promises'
import { StartupError } from '../../drizzle/startup-error.ts'
import type { Context } from '../../drizzle/context.ts'
import type { Endpoint } from '../../subgraphs/ops/endpoints/endpoints.ts'
import { asOperator } from './as-operator.ts'
import { endpointTest } from './endpoint-test.ts'
import { minuteOf, print, tableOf } from './table.ts'

type Json = { json?: boolean }

const endpointArgument = 'method and path such as "GET /custom/customers/{id}/summary", or the id'

const list = new Command('list')
  .summary('show all custom endpoints')
  .description(
    'Shows all custom endpoints by path, and why one cannot be called when a field that it uses has changed.',
  )
  .option('--json', 'print JSON')
  .addHelpText('after', '\nExamples:\n  npx switchyard endpoint list\n  npx switchyard endpoint list --json')
  .action(async (options: Json) => {
    const { listEndpoints } = await import('../../subgraphs/ops/endpoints/endpoints.ts')
    await asOperator('endpoint list', async ctx => {
      const endpoints = await listEndpoints(ctx)
      const rows = endpoints.map(each => [
        each.method,
        each.path,
        String(each.version),
        stateOf(each),
        minuteOf(each.savedAt),
        each.description.split('\n')[0] ?? '',
      ])
      const faults = endpoints.flatMap(({ method, path, faults }) =>
        faults.map(fault => `\n${method} ${path}: ${fault}`),
      )
      print(
        options,
        endpoints,
        tableOf(['method', 'path', 'version', 'state', 'saved', 'what'], rows) + faults.join(''),
      )
    })
  })

const show = new Command('show')
  .summary('print the declaration of a custom endpoint')
  .description('Prints the declaration of a custom endpoint as JSON, as "endpoint save" reads it.')
  .argument('<endpoint>', endpointArgument)
  .option('--version <number>', 'of this version; the newest without it')
  .addHelpText(
    'after',
    '\nExamples:\n  npx switchyard endpoint show "GET /custom/customers/{id}/summary"\n  npx switchyard endpoint show "POST /custom/orders" --version 2 > orders.json',
  )
  .action(async (name: string, options: { version?: string }) => {
    const { versionsOf } = await import('../../subgraphs/ops/endpoints/endpoints.ts')
    await asOperator('endpoint show', async ctx => {
      const { id, version } = await endpointNamed(ctx, name)
      const wanted = options.version ?? String(version)
      const found = (await versionsOf(ctx, id)).find(each => String(each.version) === wanted)
      if (!found) throw new StartupError(`${name} has no version ${wanted}; the newest is ${version}.`)
      console.log(JSON.stringify(found.declaration, undefined, 2))
    })
  })

const save = new Command('save')
  .summary('save a custom endpoint')
  .description(
    'Saves the declaration in a JSON file: a new endpoint, or the next version of the one at that method and path. It is\n' +
      'checked first: the operation, the types of its variables, the shape of its answer, the examples. It can be called\n' +
      'within two seconds. gateway/custom/README.md explains the form.',
  )
  .argument('<file>', 'the declaration; "-" for standard input')
  .option('--json', 'print JSON')
  .addHelpText(
    'after',
    '\nExamples:\n  npx switchyard endpoint save summary.json\n  npx switchyard endpoint save - < summary.json',
  )
  .action(async (file: string, options: Json) => {
    const { saveEndpoint } = await import('../../subgraphs/ops/endpoints/endpoints.ts')
    const given = await readJson(file)
    await asOperator('endpoint save', async ctx => {
      const { id, method, path, version } = await saveEndpoint(ctx, given)
      print(options, { id, method, path, version }, `${method} ${path} is saved as version ${version}.`)
    })
  })

const switching = (verb: 'enable' | 'disable', summary: string, description: string, done: string) =>
  new Command(verb)
    .summary(summary)
    .description(`${description} That holds everywhere within two seconds.`)
    .argument('<endpoint>', endpointArgument)
    .option('--json', 'print JSON')
    .addHelpText('after', `\nExamples:\n  npx switchyard endpoint ${verb} "POST /custom/orders"`)
    .action(async (name: string, options: Json) => {
      const { enableEndpoint } = await import('../../subgraphs/ops/endpoints/endpoints.ts')
      await asOperator(`endpoint ${verb}`, async ctx => {
        const { id } = await endpointNamed(ctx, name)
        const { method, path, enabled } = await enableEndpoint(ctx, id, verb === 'enable')
        print(options, { id, method, path, enabled }, `${method} ${path} ${done}.`)
      })
    })

const remove = new Command('remove')
  .summary('remove a custom endpoint with all its versions')
  .description('Removes a custom endpoint with all its versions. "disable" closes it and keeps them.')
  .argument('<endpoint>', endpointArgument)
  .option('--json', 'print JSON')
  .addHelpText('after', '\nExamples:\n  npx switchyard endpoint remove "POST /custom/orders"')
  .action(async (name: string, options: Json) => {
    const { removeEndpoint } = await import('../../subgraphs/ops/endpoints/endpoints.ts')
    await asOperator('endpoint remove', async ctx => {
      const { id, method, path } = await endpointNamed(ctx, name)
      await removeEndpoint(ctx, id)
      print(options, { removed: id }, `${method} ${path} is removed.`)
    })
  })

export const endpoint = new Command('endpoint')
  .summary('REST endpoints below /custom, declared without code')
  .description(
    'Saves, shows, tests and removes custom endpoints: a path, an input, a stored GraphQL operation, an output.',
  )
  .helpCommand(false)
  .addCommand(list)
  .addCommand(show)
  .addCommand(save)
  .addCommand(endpointTest)
  .addCommand(
    switching('enable', 'open a custom endpoint that was closed', 'Opens a custom endpoint again.', 'can be called'),
  )
  .addCommand(
    switching('disable', 'close a custom endpoint', 'Closes a custom endpoint, in all its versions.', 'answers 404'),
  )
  .addCommand(remove)

/** @throws StartupError  there is no such endpoint */
export async function endpointNamed(ctx: Context, name: string): Promise<Endpoint> {
  const { listEndpoints } = await import('../../subgraphs/ops/endpoints/endpoints.ts')
  const wanted = name.trim().replace(/\s+/, ' ')
  const all = await listEndpoints(ctx)
  const found = all.find(({ id, method, path }) => id === wanted || `${method} ${path}` === wanted)
  if (!found) throw new StartupError(`There is no custom endpoint "${name}"; "switchyard endpoint list" shows all.`)
  return found
}

/** @throws StartupError  the file cannot be read, or is not JSON */
async function readJson(file: string): Promise<unknown> {
  const { text } = await import('node:stream/consumers')
  try {
    return JSON.parse(file === '-' ? await text(process.stdin) : await readFile(file, 'utf8')) as unknown
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new StartupError(`${file} cannot be read as JSON: ${why}`, { cause: error })
  }
}

const stateOf = ({ enabled, faults }: Endpoint) => (faults.length > 0 ? 'broken' : enabled ? 'open' : 'closed')
