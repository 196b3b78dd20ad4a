import { Command, InvalidArgumentError } from 'commander'
import { addedKinds } from '../../subgraphs/metadata/field-row.ts'
import type { ListedModule, NewLink } from '../../subgraphs/metadata/modules.ts'
import type { NewField } from '../../subgraphs/metadata/fields.ts'
import { asOperator } from './as-operator.ts'
import { namingUsers } from './breaking.ts'
import { minuteOf, print, tableOf } from './table.ts'

type Json = { json?: boolean }
type Added = { label?: string; type?: string; one?: string; many?: string; field?: NewField[]; link?: NewLink[] }

const add = new Command('add')
  .summary('make a module')
  .description(
    "Makes a module beside SuiteCRM's: a table, and everything that all APIs have of a module. Every process serves it\n" +
      'within a few seconds. It has id, name, description, dates, and who made, changed and owns a record. Options and\n' +
      'further fields are added by "field add".',
  )
  .argument('<name>', 'the plural name that all APIs use: letters, digits and _, e.g. Boats')
  .option('--label <text>', 'what people read')
  .option('--type <name>', 'its type in GraphQL, e.g. Boat; made of the name without')
  .option('--one <name>', 'its query for one record, e.g. boat')
  .option('--many <name>', 'its query for many records, e.g. boats')
  .option('--field <name:kind>', 'a field that it is made with; may be repeated', fields)
  .option('--link <name:module[:many]>', 'a link to another module, which gets one back; may be repeated', links)
  .option('--json', 'print JSON')
  .addHelpText(
    'after',
    `
Examples:
  npx switchyard module add Boats --field sails:int --field built:date
  npx switchyard module add Boats --link owner:Accounts --link crew:Contacts:many
  npx switchyard field add Boats rig --kind enum --option s=Sloop --option k=Ketch`,
  )
  .action(async (name: string, { json, field, link, ...names }: Json & Added) => {
    const { addModule } = await import('../../subgraphs/metadata/modules.ts')
    await asOperator('module add', async ctx => {
      const { result } = await addModule(ctx, { ...names, name, fields: field, links: link })
      print({ json }, result, `${name} is there; all APIs serve it within a few seconds. In GraphQL: ${result.many}.`)
    })
  })

const remove = new Command('remove')
  .summary('serve a module no longer')
  .description(
    'Serves a module no longer. Its records are kept: "module restore" brings them back, "module purge" drops them.',
  )
  .argument('<name>', "a module that was made here; SuiteCRM's own cannot go")
  .option('--force', 'although clients may use it')
  .option('--json', 'print JSON')
  .addHelpText(
    'after',
    '\nExamples:\n  npx switchyard module remove Boats\n  npx switchyard module remove Boats --force',
  )
  .action(async (name: string, { json, force }: Json & { force?: boolean }) => {
    const { removeModule } = await import('../../subgraphs/metadata/modules.ts')
    await asOperator('module remove', ctx =>
      namingUsers(async () => {
        const { result } = await removeModule(ctx, name, force)
        print({ json }, result, `${name} is no longer served. Its records are kept until "module purge".`)
      }),
    )
  })

const restore = new Command('restore')
  .summary('serve a removed module again')
  .description('Serves a removed module again, with the records that it had.')
  .argument('<name>', 'a module that was removed')
  .option('--json', 'print JSON')
  .addHelpText('after', '\nExamples:\n  npx switchyard module restore Boats')
  .action(async (name: string, options: Json) => {
    const { restoreModule } = await import('../../subgraphs/metadata/modules.ts')
    await asOperator('module restore', async ctx => {
      const { result } = await restoreModule(ctx, name)
      print(options, result, `${name} is served again within a few seconds.`)
    })
  })

const purge = new Command('purge')
  .summary('drop a removed module with its records')
  .description('Drops a module that was removed a minute ago or more, with all its records. Nothing brings them back.')
  .argument('<name>', 'a module that was removed')
  .option('--json', 'print JSON')
  .addHelpText('after', '\nExamples:\n  npx switchyard module purge Boats')
  .action(async (name: string, options: Json) => {
    const { purgeModule } = await import('../../subgraphs/metadata/modules.ts')
    await asOperator('module purge', async ctx => {
      const { result } = await purgeModule(ctx, name)
      print(options, result, `${name} and its records are gone.`)
    })
  })

const list = new Command('list')
  .summary('show the modules that were made here')
  .description("Shows the modules that this installation has beside SuiteCRM's.")
  .option('--removed', 'also those that are no longer served')
  .option('--json', 'print JSON')
  .addHelpText('after', '\nExamples:\n  npx switchyard module list\n  npx switchyard module list --removed --json')
  .action(async ({ removed, ...options }: Json & { removed?: boolean }) => {
    const { listModules } = await import('../../subgraphs/metadata/modules.ts')
    await asOperator('module list', async ctx => {
      const modules = await listModules(ctx, { removed })
      print(options, modules, modules.length === 0 ? 'No modules were made here.' : tableOfModules(modules))
    })
  })

const show = new Command('show')
  .summary('show the fields and links of a module')
  .description("Shows the fields and links of any module that is served, SuiteCRM's own included.")
  .argument('<name>', 'a module, e.g. Boats')
  .option('--json', 'print JSON')
  .addHelpText('after', '\nExamples:\n  npx switchyard module show Boats\n  npx switchyard module show Accounts --json')
  .action(async (name: string, options: Json) => {
    const { moduleFacts } = await import('../../subgraphs/metadata/module-facts.ts')
    await asOperator('module show', async ({ catalog }) => {
      const facts = moduleFacts(catalog, name)
      const fields = facts.fields.map(each => [each.name, each.kind, each.label, each.required ? 'yes' : 'no', each.of])
      const links = facts.links.map(each => [
        each.name,
        each.many ? 'link to many' : 'link to one',
        each.label,
        'no',
        each.module,
      ])
      print(options, facts, tableOf(['name', 'kind', 'label', 'required', 'of'], [...fields, ...links]))
      return Promise.resolve()
    })
  })

export const module = new Command('module')
  .summary('modules that this installation makes')
  .description("Makes, removes and shows modules beside SuiteCRM's, while the house serves.")
  .helpCommand(false)
  .addCommand(add)
  .addCommand(remove)
  .addCommand(restore)
  .addCommand(purge)
  .addCommand(list)
  .addCommand(show)

function fields(text: string, before: readonly NewField[] = []): NewField[] {
  const [name = '', wanted] = text.split(':')
  const kind = addedKinds.find(each => each === wanted)
  if (!kind) throw new InvalidArgumentError(`Write it as name:kind; the kinds are ${addedKinds.join(', ')}.`)
  return [...before, { name, kind }]
}

function links(text: string, before: readonly NewLink[] = []): NewLink[] {
  const [name = '', module = '', many] = text.split(':')
  if (module === '' || (many !== undefined && many !== 'many'))
    throw new InvalidArgumentError('Write it as name:Module, or name:Module:many.')
  return [...before, { name, module, many: many === 'many' }]
}

const tableOfModules = (modules: readonly ListedModule[]) =>
  tableOf(
    ['name', 'label', 'graphql', 'table', 'links', 'removed'],
    modules.map(each => [
      each.name,
      each.label,
      each.many,
      each.table,
      each.links.map(({ name, module }) => `${name}:${module}`).join(' ') || '-',
      minuteOf(each.removedAt),
    ]),
  )
