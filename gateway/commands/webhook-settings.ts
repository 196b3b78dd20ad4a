import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { type Command } from 'commander'
import { StartupError } from '../../drizzle/startup-error.ts'
import type { EndpointInput } from '../../subgraphs/webhooks/endpoint-input.ts'

/** What "webhook create" and "webhook update" take. */
export type SettingOptions = {
  readonly url?: string
  readonly type?: string[]
  readonly description?: string
  readonly payload?: string
  readonly settings?: string
}

export const withSettings = (command: Command) =>
  command
    .option('--url <url>', 'where to')
    .option('--type <type...>', 'of what: Accounts.updated, "Accounts.*", "*.deleted", "*", "webhooks.endpoint.*"')
    .option('--description <text>', 'for people')
    .option(
      '--payload <json>',
      `what is told: {"kind":"CHANGES"}, THIN, FULL, SELECTION, TEMPLATE; or a file: @payload.json`,
    )
    .option(
      '--settings <json>',
      'all other settings by their names in GraphQL: {"concurrency":5,"ordered":true}; or @file',
    )

/** @throws StartupError  a file or text that is no JSON */
export async function settingsOf({
  url,
  type,
  description,
  payload,
  settings,
}: SettingOptions): Promise<EndpointInput> {
  const more = settings === undefined ? {} : await readJson(settings, '--settings')
  if (typeof more !== 'object' || more === null) throw new StartupError('--settings has to be a JSON object.')
  return {
    ...more,
    ...(url !== undefined && { url }),
    ...(type !== undefined && { eventTypes: type }),
    ...(description !== undefined && { description }),
    ...(payload !== undefined && { payload: await readJson(payload, '--payload') }),
  }
}

/** JSON as it is given, of a file (`@payload.json`), or of standard input (`-`). */
export async function readJson(given: string, option: string): Promise<unknown> {
  try {
    return JSON.parse(await readText(given)) as unknown
  } catch (error) {
    throw new StartupError(`${option} is no JSON: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
}

async function readText(given: string): Promise<string> {
  if (given === '-') return text(process.stdin)
  return given.startsWith('@') ? readFile(given.slice(1), 'utf8') : given
}
