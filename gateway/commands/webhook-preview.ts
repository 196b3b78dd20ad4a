import { Command } from 'commander'
import { asOperator } from './as-operator.ts'
import { print } from './table.ts'
import { readJson } from './webhook-settings.ts'

export const preview = new Command('preview')
  .summary('print what an endpoint would be sent')
  .description(
    'Makes the message of a past event, unsigned: of the one that is named, or the newest that fits. Nothing is sent.',
  )
  .option('--payload <json>', 'what is told: {"kind":"CHANGES"}, ...; or a file: @payload.json', '{"kind":"CHANGES"}')
  .option('--type <type...>', 'of these types of events', ['*'])
  .option('--event <id>', 'of this event')
  .option('--user <user name>', 'with the rights of this user; of whoever may do everything without it')
  .option('--json', 'print JSON')
  .addHelpText(
    'after',
    `
Examples:
  npx switchyard webhook preview --type Accounts.updated --payload '{"kind":"FULL"}'
  npx switchyard webhook preview --event 4711 --payload @payload.json --user ann`,
  )
  .action(async (options: { payload: string; type: string[]; event?: string; user?: string; json?: boolean }) => {
    const { previewPayload } = await import('../../subgraphs/webhooks/preview.ts')
    const { userContext } = await import('../custom/user-context.ts')
    const payload = await readJson(options.payload, '--payload')
    await asOperator('webhook preview', async ctx => {
      const acting = options.user === undefined ? ctx : await userContext(ctx, options.user)
      const made = await previewPayload(acting, { payload, eventTypes: options.type, eventId: options.event })
      const notes = [
        ...(made.isCutToThin ? [`It would have ${made.bytes} bytes, so a thin message goes in its place.`] : []),
        ...(made.isLarge ? ['Receivers like messages of at most 20 kB.'] : []),
      ]
      print(options, made, [`content-type: ${made.contentType}`, '', made.body, ...notes].join('\n'))
    })
  })
