import { Command } from 'commander'
import type { Delivery, DeliveryFilter, DeliveryState } from '../../subgraphs/webhooks/deliveries.ts'
import type { Deed } from '../../subgraphs/webhooks/delivery-deeds.ts'
import { asOperator } from './as-operator.ts'
import { wholeNumber } from './client.ts'
import { minuteOf, print, tableOf } from './table.ts'
import { endpointArgument, endpointNamed } from './webhook-endpoint.ts'

type Chosen = {
  readonly state?: string[]
  readonly outcome?: string
  readonly type?: string
  readonly record?: string
  readonly id?: string[]
  readonly from?: string
  readonly to?: string
  readonly json?: boolean
}

const withChoice = (command: Command) =>
  command
    .argument('<endpoint>', endpointArgument)
    .option('--outcome <outcome>', 'whose last attempt ended so: http_5xx, timeout_wait, ...')
    .option('--type <type>', 'of this type of event')
    .option('--record <id>', 'of this record')
    .option('--id <id...>', 'only these')
    .option('--from <moment>', 'of events from then on: 2030-03-04T10:30:00Z, or a day')
    .option('--to <moment>', 'of events before then')
    .option('--json', 'print JSON')

const filterOf = ({ state, outcome, type, record, id, from, to }: Chosen): DeliveryFilter => ({
  ...{ outcome, eventType: type, recordId: record, ids: id, from, to },
  states: state?.map(each => each.toUpperCase() as DeliveryState),
})

const listing = (
  name: 'deliveries' | 'dead',
  summary: string,
  description: string,
  fixed?: readonly DeliveryState[],
) => {
  const command = withChoice(new Command(name).summary(summary).description(description)).option(
    '--limit <count>',
    'how many at most, 1 to 500',
    wholeNumber,
    50,
  )
  if (!fixed) command.option('--state <state...>', 'due, waiting, sending, held, parked, delivered, dead, discarded')
  return command
    .addHelpText(
      'after',
      fixed
        ? '\nExamples:\n  npx switchyard webhook dead 3f2a91c4\n  npx switchyard webhook dead 3f2a91c4 --outcome http_5xx --json'
        : '\nExamples:\n  npx switchyard webhook deliveries 3f2a91c4\n  npx switchyard webhook deliveries 3f2a91c4 --state held parked --json',
    )
    .action(async (endpoint: string, options: Chosen & { limit: number }) => {
      const { listDeliveries } = await import('../../subgraphs/webhooks/deliveries.ts')
      await asOperator(`webhook ${name}`, async ctx => {
        const { id } = await endpointNamed(ctx, endpoint)
        const filter = { ...filterOf(options), ...(fixed && { states: fixed }) }
        const { nodes } = await listDeliveries(ctx, id, filter, { first: options.limit })
        print(options, nodes, tableOf(head, nodes.map(rowOf)))
      })
    })
}

const head = ['id', 'event', 'type', 'record', 'state', 'attempts', 'last', 'next', 'happened']

const rowOf = (each: Delivery) => [
  ...[each.id, each.eventId, each.eventType, each.recordId ?? '-'],
  ...[`${each.state.toLowerCase()}${each.reason === null ? '' : ` (${each.reason})`}`, String(each.attempts)],
  ...[each.lastOutcome ?? '-', minuteOf(each.nextAt), minuteOf(each.eventAt)],
]

const doing = (name: 'redrive' | 'replay' | 'discard', deed: Deed, summary: string, description: string) =>
  withChoice(new Command(name).summary(summary).description(description))
    .option('--state <state...>', 'only those that are so: dead, held, parked, ...')
    .option('--yes', 'do it; without this, only their number is told')
    .addHelpText(
      'after',
      `\nExamples:\n  npx switchyard webhook ${name} 3f2a91c4\n  npx switchyard webhook ${name} 3f2a91c4 --from 2030-03-04 --yes`,
    )
    .action(async (endpoint: string, options: Chosen & { yes?: boolean }) => {
      const { countForDeed, doToDeliveries } = await import('../../subgraphs/webhooks/delivery-deeds.ts')
      await asOperator(`webhook ${name}`, async ctx => {
        const { id } = await endpointNamed(ctx, endpoint)
        const filter = filterOf(options)
        const count = await countForDeed(ctx, id, deed, filter)
        if (!options.yes || count === 0) {
          print(options, { count, done: 0 }, `${count} deliveries.${count > 0 ? ' Add --yes to do it.' : ''}`)
          return
        }
        const done = await doToDeliveries(ctx, id, deed, filter, count)
        print(options, { count, done }, `Done to ${done} deliveries.`)
      })
    })

export const deliveryCommands: readonly Command[] = [
  listing('deliveries', 'show deliveries of an endpoint', 'Shows deliveries of an endpoint, the newest first.'),
  listing(
    'dead',
    'show what was given up or waits for a person',
    'Shows deliveries that were given up (dead), or wait for a person (held, parked).',
    ['DEAD', 'HELD', 'PARKED'],
  ),
  doing(
    'redrive',
    'REDRIVE',
    'send again what is not delivered',
    'Sends deliveries again that were given up, wait for a person, or for their next try: at once, with the whole schedule before them.',
  ),
  doing(
    'replay',
    'REPLAY',
    'send anew what is over',
    'Sends deliveries anew that are over. Receivers get the same webhook-id, and webhook-replay with the number of the replay.',
  ),
  doing('discard', 'DISCARD', 'give deliveries up', 'Gives deliveries up that are not delivered yet. Nothing is sent.'),
]
