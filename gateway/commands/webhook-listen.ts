import { Command } from 'commander'
import { StartupError } from '../../drizzle/startup-error.ts'
import type { Signer } from '../../subgraphs/webhooks/signing/sign.ts'
import type { Preview } from '../../subgraphs/webhooks/preview.ts'
import { readJson } from './webhook-settings.ts'

type Options = { payload: string; type: string[]; user?: string; forward?: string; secret?: string; json?: boolean }

export const listen = new Command('listen')
  .summary('print messages as events happen, and forward them to a program here')
  .description(
    'Follows the log of events and makes the messages that an endpoint would get, for developers whose receiver has no public\n' +
      'address. They are printed and, with --forward, posted to a program on this machine, signed. There is no endpoint, so\n' +
      'there are no deliveries and no retries: what fails is told and forgotten. Goes on until Ctrl-C.',
  )
  .option('--type <type...>', 'of these types of events', ['*'])
  .option('--payload <json>', 'what is told: {"kind":"CHANGES"}, ...; or a file: @payload.json', '{"kind":"CHANGES"}')
  .option('--user <user name>', 'with the rights of this user; of whoever may do everything without it')
  .option('--forward <url>', 'post each to this address, such as http://127.0.0.1:3000/hook')
  .option('--secret <secret>', 'sign with this; a new one is made and printed without it')
  .option('--json', 'print each as a line of JSON')
  .addHelpText(
    'after',
    `
Examples:
  npx switchyard webhook listen --type "Accounts.*"
  npx switchyard webhook listen --forward http://127.0.0.1:3000/hook --secret whsec_...`,
  )
  .action(async (options: Options) => {
    const { withDatabase } = await import('./with-database.ts')
    const { openEventLog } = await import('../../drizzle/event-log.ts')
    const { operatorContext } = await import('../operator.ts')
    const { userContext } = await import('../custom/user-context.ts')
    const { previewPayload } = await import('../../subgraphs/webhooks/preview.ts')
    const { wants } = await import('../../subgraphs/events/wanted.ts')
    const { newSecretText, readKey } = await import('../../subgraphs/webhooks/signing/secret-text.ts')
    const { signerOf } = await import('../../subgraphs/webhooks/signing/sign.ts')
    const { HouseError } = await import('../../schema/errors.ts')
    const payload = await readJson(options.payload, '--payload')
    const secret = options.secret ?? newSecretText('v1')
    if (typeof readKey(secret) === 'string') throw new StartupError('--secret is no secret such as whsec_...')
    const signer = signerOf(secret)

    await withDatabase(async ({ pool, url }, config, signal) => {
      const operator = await operatorContext(pool, config, 'webhook listen')
      const ctx = options.user === undefined ? operator : await userContext(operator, options.user)
      const isWanted = wants(ctx.catalog, { types: options.type })
      const log = await openEventLog({ url, onFailure: error => console.error(error) })
      try {
        const from = await log.now()
        if (options.forward !== undefined && options.secret === undefined) console.error(`Signed with ${secret}`)
        console.error('Waiting for events; Ctrl-C ends it.')
        for await (const events of log.follow(from, signal)) {
          for (const event of events.filter(isWanted)) {
            const made = await previewPayload(ctx, { payload, eventId: String(event.id) }).catch((error: unknown) => {
              // Not for these eyes, or no message can be made of it.
              if (!(error instanceof HouseError)) throw error
              if (error.code !== 'NOT_FOUND') console.error(`${event.type} ${event.id}: ${error.message}`)
            })
            if (!made) continue
            const { contentType, body } = made
            console.log(
              options.json ? JSON.stringify({ type: event.type, ...made }) : `${event.type} ${event.id}\n${body}\n`,
            )
            if (options.forward !== undefined)
              console.error(await forward(options.forward, { made, contentType, signer }))
          }
        }
      } finally {
        await log.close()
      }
    })
  })

/** @returns what came of it, for people */
async function forward(
  url: string,
  { made, contentType, signer }: { made: Preview; contentType: string; signer: Signer },
): Promise<string> {
  const { request } = await import('undici')
  const { signedHeaders } = await import('../../subgraphs/webhooks/signing/sign.ts')
  const bytes = Buffer.from(made.body)
  const signed = signedHeaders([signer], made.eventId, Math.floor(Date.now() / 1000), bytes)
  try {
    const { statusCode, body } = await request(url, {
      method: 'POST',
      headers: { ...made.headers, 'content-type': contentType, ...signed },
      body: bytes,
      signal: AbortSignal.timeout(15_000),
    })
    await body.dump()
    return `${made.eventId} -> ${statusCode}`
  } catch (error) {
    return `${made.eventId} -> ${error instanceof Error ? error.message : String(error)}`
  }
}
