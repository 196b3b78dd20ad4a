import { Command } from 'commander'
import type { Context } from '../../drizzle/context.ts'
import type { FieldUser } from '../../drizzle/usage.ts'
import type { UsageEntry, UsageFilter } from '../../subgraphs/ops/uses.ts'
import { asOperator } from './as-operator.ts'
import { minuteOf, print, tableOf } from './table.ts'

type Options = {
  readonly field?: string
  readonly operation?: string
  readonly client?: string
  readonly door?: string
  readonly deprecated?: boolean
  readonly since?: string
  readonly json?: boolean
}

export const usage = new Command('usage')
  .summary('show who uses which fields and operations')
  .description(
    'Shows which API clients, API keys and users of the legacy API use what, how often, and when last. With --field: whom it\n' +
      'would break if that were removed. A use is known five seconds later; what nobody used for 400 days is forgotten.',
  )
  .option(
    '--field <name>',
    'who uses this: Accounts.phone_office, Query.accounts; Accounts for all fields of the module',
  )
  .option('--operation <name>', 'only this operation of a REST API, such as getRecords or set_entry')
  .option('--client <id>', 'only this API client')
  .option('--door <door>', 'only this API: graphql, v8, v4_1')
  .option('--deprecated', 'only what will go')
  .option('--since <moment>', 'only what was used from then on: 2030-03-04T10:30:00Z, or a day')
  .option('--json', 'print JSON')
  .addHelpText(
    'after',
    `
Examples:
  npx switchyard usage --field Accounts.phone_office
  npx switchyard usage --deprecated --since 2030-01-01
  npx switchyard usage --client 5d0e... --json`,
  )
  .helpCommand(false)
  .action(async (options: Options) => {
    await asOperator('usage', async ctx => {
      const isAboutOne = options.field !== undefined && Object.keys(options).every(name => ofUsers.has(name))
      if (isAboutOne) await printUsers(ctx, options)
      else await printEntries(ctx, options)
    })
  })

/** What can be said of users; anything else is about each use. */
const ofUsers: ReadonlySet<string> = new Set(['field', 'since', 'json'])

async function printUsers(ctx: Context, { field = '', since, json }: Options) {
  const { usersOf } = await import('../../drizzle/usage.ts')
  const { momentOf } = await import('../../subgraphs/ops/argument.ts')
  const users = await usersOf(ctx, [field], since === undefined ? undefined : new Date(momentOf('since', since)))
  const rows = users.map(each => [whoOf(each), each.names.join(' '), ...whenOf(each), each.doors.join(' ')])
  const none = `Nobody is known to use ${field}.`
  print({ json }, users, rows.length > 0 ? tableOf(['who', 'uses', 'requests', 'last used', 'through'], rows) : none)
}

async function printEntries(ctx: Context, { field, operation, client, since, json, ...more }: Options) {
  const { listUsage, usagePageMax } = await import('../../subgraphs/ops/uses.ts')
  const filter: UsageFilter = { ...more, name: field ?? operation, clientId: client, from: since }
  const kind = operation === undefined ? {} : { kind: 'operation' as const }
  const entries: UsageEntry[] = []
  for (let after: string | null | undefined; after !== null;) {
    const page = await listUsage(ctx, { ...filter, ...kind }, { first: usagePageMax, after })
    entries.push(...page.nodes)
    after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null
  }
  const rows = entries.map(each => [
    each.deprecated ? `${each.name} (deprecated)` : each.name,
    whoOf(each),
    ...whenOf(each),
    [each.door, each.version].filter(Boolean).join(' '),
  ])
  const text =
    rows.length > 0 ? tableOf(['name', 'who', 'requests', 'last used', 'through'], rows) : 'Nothing was used.'
  print({ json }, entries, text)
}

const whoOf = ({ clientId, clientName, keyId, keyName, userId, userName }: FieldUser | UsageEntry) =>
  keyId !== null
    ? `key ${keyName ?? keyId}`
    : clientId !== null
      ? `client ${clientId}${clientName === null ? '' : ` (${clientName})`}`
      : `user ${userName ?? userId ?? ''}`

const whenOf = ({ count, lastAt }: FieldUser | UsageEntry) => [String(count), minuteOf(lastAt)]
