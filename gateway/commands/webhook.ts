import { Command } from 'commander'
import { deliveryCommands } from './webhook-delivery.ts'
import { endpointCommands } from './webhook-endpoint.ts'
import { listen } from './webhook-listen.ts'
import { preview } from './webhook-preview.ts'
import { verify } from './webhook-verify.ts'

/** `webhook` and all that is below it. */
export const webhook = new Command('webhook')
  .summary('addresses that receive signed events, and what was delivered to them')
  .description('Makes, changes, tests and removes webhook endpoints, and shows and repeats their deliveries.')
  .helpCommand(false)
for (const command of [...endpointCommands, preview, ...deliveryCommands, verify, listen]) webhook.addCommand(command)
