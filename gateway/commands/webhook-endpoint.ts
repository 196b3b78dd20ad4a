import { Command, Option } from 'commander'
import { StartupError } from '../../drizzle/startup-error.ts'
import type { Context } from '../../drizzle/context.ts'
import type { Recovery } from '../../subgraphs/webhooks/activate.ts'
import type { Endpoint } from '../../subgraphs/webhooks/endpoints.ts'
import type { SecretShown } from '../../subgraphs/webhooks/endpoint-secrets.ts'
import { asOperator } from './as-operator.ts'
import { wholeNumber } from './client.ts'
import { minuteOf, print, tableOf } from './table.ts'
import { settingsOf, withSettings, type SettingOptions } from './webhook-settings.ts'

type Json = { json?: boolean }

export const endpointArgument = 'its id, or the beginning of it'

/** @throws StartupError  no endpoint, or several, begin so */
export async function endpointNamed(ctx: Context, name: string): Promise<Endpoint> {
  const { listEndpoints } = await import('../../subgraphs/webhooks/endpoints.ts')
  const found = (await listEndpoints(ctx)).filter(({ id }) => id.startsWith(name))
  const [endpoint] = found
  if (endpoint && found.length === 1) return endpoint
  throw new StartupError(
    found.length > 1
      ? `Several endpoints begin with "${name}".`
      : `There is no webhook endpoint "${name}"; "switchyard webhook list" shows all.`,
  )
}

const list = new Command('list')
  .summary('show all endpoints')
  .description('Shows all webhook endpoints, the newest first.')
  .option('--json', 'print JSON')
  .addHelpText('after', '\nExamples:\n  npx switchyard webhook list\n  npx switchyard webhook list --json')
  .action(async (options: Json) => {
    const { listEndpoints } = await import('../../subgraphs/webhooks/endpoints.ts')
    const { userNames } = await import('../operator.ts')
    await asOperator('webhook list', async ctx => {
      const all = await listEndpoints(ctx)
      const nameOf = await userNames(
        ctx,
        all.map(({ owner }) => owner.id),
      )
      const rows = all.map(each => [
        ...[each.id.slice(0, 8), stateOf(each), nameOf(each.owner.id), each.url, each.eventTypes.join(' ')],
        ...[String(each.delivered), String(each.failed), minuteOf(each.lastDeliveredAt)],
      ])
      const head = ['id', 'status', 'owner', 'url', 'types', 'delivered', 'failed', 'last delivered']
      print(options, all, tableOf(head, rows))
    })
  })

const create = withSettings(
  new Command('create')
    .summary('make an endpoint and print its secret')
    .description(
      'Makes an endpoint, which gets what happens from now on as far as its owner may see it. Its secret is printed once.',
    ),
)
  .requiredOption('--user <user name>', 'with whose rights events are chosen and written')
  .option('--signing <scheme>', 'v1 (a shared secret) or v1a (a key pair)', 'v1')
  .option('--secret <secret>', 'one of your own: whsec_...')
  .option('--json', 'print JSON')
  .addHelpText(
    'after',
    `
Examples:
  npx switchyard webhook create --user admin --url https://example.com/hook --type "Accounts.*"
  npx switchyard webhook create --user ann --url https://example.com/hook --type Leads.created --payload '{"kind":"FULL"}' --signing v1a`,
  )
  .action(async (options: Json & SettingOptions & { user: string; signing: string; secret?: string }) => {
    const { createEndpoint } = await import('../../subgraphs/webhooks/endpoints.ts')
    const { userIdOf } = await import('../operator.ts')
    const input = await settingsOf(options)
    if (options.signing !== 'v1' && options.signing !== 'v1a') throw new StartupError('--signing is v1 or v1a.')
    const signing = options.signing === 'v1' ? 'V1' : 'V1A'
    await asOperator('webhook create', async ctx => {
      const ownerId = await userIdOf(ctx, options.user)
      const made = await createEndpoint(ctx, { ...input, ownerId, signing, secret: options.secret })
      print(options, made, `Endpoint ${made.endpoint.id}\n${secretText(made)}`)
    })
  })

const show = new Command('show')
  .summary('print an endpoint')
  .description('Prints the settings of an endpoint and how it fares, as JSON. Nothing of it is secret.')
  .argument('<endpoint>', endpointArgument)
  .addHelpText('after', '\nExamples:\n  npx switchyard webhook show 3f2a91c4')
  .action(async (name: string) => {
    const { listSecrets } = await import('../../subgraphs/webhooks/endpoint-secrets.ts')
    await asOperator('webhook show', async ctx => {
      const endpoint = await endpointNamed(ctx, name)
      print({ json: true }, { ...endpoint, secrets: await listSecrets(ctx, endpoint.id) }, '')
    })
  })

const update = withSettings(
  new Command('update')
    .summary('change an endpoint')
    .description('Changes settings of an endpoint; what is not given stays. They hold for the next event and attempt.'),
)
  .argument('<endpoint>', endpointArgument)
  .option('--json', 'print JSON')
  .addHelpText(
    'after',
    `
Examples:
  npx switchyard webhook update 3f2a91c4 --type Accounts.updated Contacts.updated
  npx switchyard webhook update 3f2a91c4 --settings '{"ratePerSecond":10,"filter":{"industry":{"eq":"Retail"}}}'`,
  )
  .action(async (name: string, options: Json & SettingOptions) => {
    const { updateEndpoint } = await import('../../subgraphs/webhooks/endpoints.ts')
    const input = await settingsOf(options)
    await asOperator('webhook update', async ctx => {
      const { id } = await endpointNamed(ctx, name)
      print(options, await updateEndpoint(ctx, id, input), `${id} is changed.`)
    })
  })

const pause = new Command('pause')
  .summary('hold an endpoint')
  .description('Holds an endpoint: what happens waits until it is resumed.')
  .argument('<endpoint>', endpointArgument)
  .option('--json', 'print JSON')
  .addHelpText('after', '\nExamples:\n  npx switchyard webhook pause 3f2a91c4')
  .action(async (name: string, options: Json) => {
    const { pauseEndpoint } = await import('../../subgraphs/webhooks/endpoints.ts')
    await asOperator('webhook pause', async ctx => {
      const { id } = await endpointNamed(ctx, name)
      print(options, await pauseEndpoint(ctx, id), `${id} is paused.`)
    })
  })

const activating = (verb: 'resume' | 'enable', summary: string) =>
  new Command(verb)
    .summary(summary)
    .description(`Makes an endpoint active that was ${verb === 'resume' ? 'paused' : 'disabled'}.`)
    .argument('<endpoint>', endpointArgument)
    .addOption(
      new Option('--recovery <what>', 'what it gets of the time between: all, the latest event of each record, or none')
        .choices(['all', 'latest', 'none'])
        .default('all'),
    )
    .option('--json', 'print JSON')
    .addHelpText('after', `\nExamples:\n  npx switchyard webhook ${verb} 3f2a91c4 --recovery latest`)
    .action(async (name: string, options: Json & { recovery: string }) => {
      const { enableEndpoint } = await import('../../subgraphs/webhooks/endpoints.ts')
      await asOperator(`webhook ${verb}`, async ctx => {
        const { id } = await endpointNamed(ctx, name)
        const recovery = options.recovery.toUpperCase() as Recovery
        print(options, await enableEndpoint(ctx, id, recovery), `${id} is active.`)
      })
    })

const remove = new Command('delete')
  .summary('remove an endpoint')
  .description('Removes an endpoint with its secrets and deliveries. "pause" keeps them.')
  .argument('<endpoint>', endpointArgument)
  .option('--json', 'print JSON')
  .addHelpText('after', '\nExamples:\n  npx switchyard webhook delete 3f2a91c4')
  .action(async (name: string, options: Json) => {
    const { deleteEndpoint } = await import('../../subgraphs/webhooks/endpoints.ts')
    await asOperator('webhook delete', async ctx => {
      const { id } = await endpointNamed(ctx, name)
      print(options, { deleted: await deleteEndpoint(ctx, id) }, `${id} is removed.`)
    })
  })

const rotate = new Command('rotate')
  .summary('replace the secret of an endpoint and print the new one')
  .description(
    'Replaces the secret. The one before signs as well for a while, so that the receiver can be changed meanwhile.',
  )
  .argument('<endpoint>', endpointArgument)
  .option('--overlap-hours <hours>', 'how long, 0 to 168', wholeNumber, 24)
  .option('--signing <scheme>', 'v1 (a shared secret) or v1a (a key pair)', 'v1')
  .option('--json', 'print JSON')
  .addHelpText(
    'after',
    '\nExamples:\n  npx switchyard webhook rotate 3f2a91c4\n  npx switchyard webhook rotate 3f2a91c4 --signing v1a --overlap-hours 72',
  )
  .action(async (name: string, options: Json & { overlapHours: number; signing: string }) => {
    const { rotateSecret } = await import('../../subgraphs/webhooks/endpoint-secrets.ts')
    await asOperator('webhook rotate', async ctx => {
      const { id } = await endpointNamed(ctx, name)
      const signing = options.signing === 'v1a' ? 'V1A' : 'V1'
      const shown = await rotateSecret(ctx, id, { overlapHours: options.overlapHours, signing })
      print(options, shown, secretText(shown))
    })
  })

const test = new Command('test')
  .summary('send an endpoint a test')
  .description('Sends a test to one endpoint, which counts for nothing. "webhook deliveries" shows what came of it.')
  .argument('<endpoint>', endpointArgument)
  .option('--json', 'print JSON')
  .addHelpText('after', '\nExamples:\n  npx switchyard webhook test 3f2a91c4')
  .action(async (name: string, options: Json) => {
    const { sendTest } = await import('../../subgraphs/webhooks/delivery-deeds.ts')
    await asOperator('webhook test', async ctx => {
      const { id } = await endpointNamed(ctx, name)
      const eventId = await sendTest(ctx, id)
      print(options, { eventId }, `The test is event ${eventId}.`)
    })
  })

export const endpointCommands: readonly Command[] = [
  ...[list, create, show, update, pause],
  activating('resume', 'go on with an endpoint that was paused'),
  activating('enable', 'go on with an endpoint that was disabled'),
  ...[remove, rotate, test],
]

const stateOf = ({ status, statusReason }: Endpoint) =>
  `${status.toLowerCase()}${statusReason === null ? '' : ` (${statusReason})`}`

const secretText = ({ secret, publicKey }: SecretShown) =>
  secret === null
    ? `The receiver verifies with the public key ${publicKey ?? ''}`
    : `Keep the secret now: it cannot be shown again.\n${secret}`
