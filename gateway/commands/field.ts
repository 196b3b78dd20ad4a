import { Command, InvalidArgumentError, Option } from 'commander'
import { addedKinds, type AddedKind, type FieldSettings } from '../../subgraphs/metadata/field-row.ts'
import type { CustomField } from '../../subgraphs/metadata/fields.ts'
import type { Option as Choice } from '../../subgraphs/metadata/lists.ts'
import { asOperator } from './as-operator.ts'
import { namingUsers } from './breaking.ts'
import { wholeNumber } from './client.ts'
import { minuteOf, print, tableOf } from './table.ts'

type Json = { json?: boolean }
type Force = { force?: boolean }
type Given = Omit<FieldSettings, 'default'> & { default?: string }

/** The settings that a field is added and changed with. */
const settings = (command: Command) =>
  command
    .option('--label <text>', 'what people read; without one it is made of the name')
    .option('--length <number>', 'characters of a text, digits of a number', wholeNumber)
    .option('--default <value>', 'what a record holds when nothing is sent')
    .option('--required', 'a new record must have a value')
    .option('--no-required', 'it may be empty')
    .option('--audited', 'SuiteCRM keeps its changes')
    .option('--sensitive', 'its values never leave the system through any API')
    .option('--list <name>', 'for options: the list that they are chosen from')
    .option('--json', 'print JSON')

const add = settings(
  new Command('add')
    .summary('add a field to a module')
    .description(
      'Adds a field to a module: a column of its table, and its description. Every process serves it in all APIs within\n' +
        'a few seconds. Existing records have the default. A field that was removed comes back with its values.',
    )
    .argument('<module>', 'a module, e.g. Accounts')
    .argument('<name>', 'a-z, 0-9 and _; _c is put at its end where it is missing')
    .addOption(new Option('--kind <kind>', 'what it holds').choices(addedKinds).makeOptionMandatory()),
)
  .option('--precision <places>', 'for decimal and float: places after the point', wholeNumber)
  .option('--option <key=label>', 'for enum and multienum: an option of its own; may be repeated', choices)
  .option('--module <name>', 'for relate: the module whose records it shows')
  .addHelpText(
    'after',
    `
Examples:
  npx switchyard field add Accounts planet --kind varchar --label "Home planet" --default Earth
  npx switchyard field add Leads colour --kind enum --option r=Red --option b=Blue
  npx switchyard field add Contacts sponsor --kind relate --module Accounts`,
  )
  .action(async (module: string, name: string, { json, option, ...given }: Json & Given & Added) => {
    const { addField } = await import('../../subgraphs/metadata/fields.ts')
    await asOperator('field add', async ctx => {
      const { result } = await addField(ctx, module, { ...given, name, options: option })
      print({ json }, result, `${module}.${result.name} is there; all APIs serve it within a few seconds.`)
    })
  })

type Added = { kind: AddedKind; precision?: number; option?: Choice[]; module?: string }

const change = settings(
  new Command('change')
    .summary('change what is said of a field')
    .description('Changes what is said of a field; what it holds stays. What is left out stays as it is.')
    .argument('<module>', 'a module, e.g. Accounts')
    .argument('<name>', 'a field that was added to it'),
)
  .option('--force', 'also when that takes something from clients')
  .addHelpText(
    'after',
    `
Examples:
  npx switchyard field change Accounts planet --label "Planet of residence"
  npx switchyard field change Accounts planet --required --force`,
  )
  .action(async (module: string, name: string, { json, force, ...given }: Json & Force & Given) => {
    const { changeField } = await import('../../subgraphs/metadata/fields.ts')
    await asOperator('field change', ctx =>
      namingUsers(async () => {
        const { result } = await changeField(ctx, module, name, given, force)
        print({ json }, result, `${module}.${result.name} is changed.`)
      }),
    )
  })

const remove = new Command('remove')
  .summary('serve a field no longer')
  .description(
    'Serves a field no longer. Its values are kept: added again, it has them still. "field purge" drops them.',
  )
  .argument('<module>', 'a module, e.g. Accounts')
  .argument('<name>', 'a field that was added to it')
  .option('--force', 'although clients may use it')
  .option('--json', 'print JSON')
  .addHelpText(
    'after',
    '\nExamples:\n  npx switchyard field remove Accounts planet\n  npx switchyard field remove Accounts planet --force',
  )
  .action(async (module: string, name: string, { json, force }: Json & Force) => {
    const { removeField } = await import('../../subgraphs/metadata/fields.ts')
    await asOperator('field remove', ctx =>
      namingUsers(async () => {
        const { result } = await removeField(ctx, module, name, force)
        print(
          { json },
          result,
          `${module}.${result.name} is no longer served. Its values are kept until "field purge".`,
        )
      }),
    )
  })

const purge = new Command('purge')
  .summary('drop what a removed field has kept')
  .description('Drops the values of a field that was removed a minute ago or more. Nothing brings them back.')
  .argument('<module>', 'a module, e.g. Accounts')
  .argument('<name>', 'a field that was removed from it')
  .option('--json', 'print JSON')
  .addHelpText('after', '\nExamples:\n  npx switchyard field purge Accounts planet')
  .action(async (module: string, name: string, options: Json) => {
    const { purgeField } = await import('../../subgraphs/metadata/fields.ts')
    await asOperator('field purge', async ctx => {
      const { result } = await purgeField(ctx, module, name)
      print(options, result, `${module}.${result.name} and its values are gone.`)
    })
  })

const list = new Command('list')
  .summary('show the fields that were added')
  .description('Shows the fields that this installation added to its modules.')
  .argument('[module]', 'only those of a module')
  .option('--removed', 'also those that are no longer served')
  .option('--json', 'print JSON')
  .addHelpText('after', '\nExamples:\n  npx switchyard field list\n  npx switchyard field list Accounts --removed')
  .action(async (module: string | undefined, { removed, ...options }: Json & { removed?: boolean }) => {
    const { listFields } = await import('../../subgraphs/metadata/fields.ts')
    await asOperator('field list', async ctx => {
      const fields = await listFields(ctx, { module, removed })
      print(options, fields, fields.length === 0 ? 'No fields were added.' : tableOfFields(fields))
    })
  })

export const field = new Command('field')
  .summary('fields that this installation adds')
  .description(
    'Adds, changes, removes and shows the fields that this installation adds to its modules, while it serves.',
  )
  .helpCommand(false)
  .addCommand(add)
  .addCommand(change)
  .addCommand(remove)
  .addCommand(purge)
  .addCommand(list)

function choices(text: string, before: readonly Choice[] = []): Choice[] {
  const [, key = '', label] = /^([^=]+)=(.*)$/.exec(text) ?? []
  if (key === '') throw new InvalidArgumentError('Write it as key=label.')
  return [...before, { key, label: label || key }]
}

const tableOfFields = (fields: readonly CustomField[]) =>
  tableOf(
    ['module', 'name', 'kind', 'label', 'length', 'required', 'default', 'of', 'removed'],
    fields.map(each => [
      each.module,
      each.name,
      each.kind,
      each.label ?? '-',
      String(each.length ?? '-'),
      each.required ? 'yes' : 'no',
      each.default ?? '-',
      each.list ?? each.relatedModule ?? '-',
      minuteOf(each.removedAt),
    ]),
  )
