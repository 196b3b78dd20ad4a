import { Command } from 'commander'
import type { Context } from '../../drizzle/context.ts'
import { guarded } from '../../subgraphs/crm/jobs/csv-guard.ts'
import type { LoggedRequest, RequestFilter } from '../../subgraphs/ops/requests.ts'
import { asOperator } from './as-operator.ts'
import { follow, write } from './follow.ts'
import { logsBodies } from './logs-bodies.ts'
import { logsDetails } from './logs-details.ts'
import { tableOf } from './table.ts'

type Options = RequestFilter & {
  readonly client?: string
  readonly key?: string
  readonly user?: string
  readonly request?: string
  readonly trace?: string
  readonly limit: string
  readonly follow?: boolean
  readonly ndjson?: boolean
  readonly csv?: boolean
}

export const logs = new Command('logs')
  .summary('show the log of API requests')
  .description(
    'Shows the newest requests to the APIs, the oldest of them first. Every request is in it, refused ones too; nothing that\n' +
      'was sent or answered is.',
  )
  .option('--follow', 'go on with the requests that come, until Ctrl-C')
  .option('--status <status>', 'only this status, such as 404, or class of them, such as 5xx')
  .option('--outcome <outcome>', 'only requests that ended so: ok, limited, client_closed, gap, ...')
  .option('--code <code>', 'only this error code, such as NOT_FOUND')
  .option('--operation <name>', 'only this operation, such as getRecords or "query Find"')
  .option('--door <door>', 'only this API: graphql, v8, v4_1, oauth, ...')
  .option('--client <id>', 'only this API client')
  .option('--key <id>', 'only this API key')
  .option('--user <user name>', 'only this user')
  .option('--request <id>', 'only this X-Request-Id')
  .option('--trace <id>', 'only this trace')
  .option('--from <moment>', 'from then on: 2030-03-04T10:30:00Z, or a day')
  .option('--to <moment>', 'before then')
  .option('--min-ms <ms>', 'only requests that took at least so long')
  .option('--max-ms <ms>', 'only requests that took at most so long')
  .option('--limit <count>', 'how many at most; "all" for no end', '50')
  .option('--ndjson', 'print each as a line of JSON, to export them')
  .option('--csv', 'print each as a line of CSV with a head, to export them to a spreadsheet')
  .addHelpText(
    'after',
    `
Examples:
  npx switchyard logs --follow --status 5xx
  npx switchyard logs --user ann --min-ms 500
  npx switchyard logs --from 2030-03-04 --to 2030-03-05 --limit all --ndjson > requests.ndjson`,
  )
  .enablePositionalOptions()
  .addCommand(logsBodies)
  .addCommand(logsDetails)
  .helpCommand(false)
  .action(async ({ limit, follow: isFollowed, ndjson, csv, ...options }: Options) => {
    const { newestId, requestsSince } = await import('../../subgraphs/ops/requests.ts')
    const show = ndjson ? asJson : csv ? asCsv : asTable
    await asOperator('logs', async ctx => {
      const filter = await filterOf(ctx, options)
      const last = await newestId(ctx)
      await print(ctx, filter, limit, show)
      if (isFollowed)
        await follow(
          id => requestsSince(ctx, filter, id),
          last,
          rows => show(rows, false),
        )
    })
  })

type Show = (requests: readonly LoggedRequest[], isFirst: boolean) => string

/** @throws StartupError  there is no such user; the limit is no number */
async function filterOf(
  ctx: Context,
  options: Omit<Options, 'limit' | 'follow' | 'ndjson' | 'csv'>,
): Promise<RequestFilter> {
  const { userIdOf } = await import('../operator.ts')
  const { client, key, user, request, trace, ...filter } = options
  return {
    ...filter,
    clientId: client,
    keyId: key,
    userId: user === undefined ? undefined : await userIdOf(ctx, user),
    requestId: request,
    traceId: trace,
  }
}

/** Prints a page at a time, the newest pages last; all of them only as an export, which may begin with the newest. */
async function print(ctx: Context, filter: RequestFilter, limit: string, show: Show) {
  const { listRequests, pageMax } = await import('../../subgraphs/ops/requests.ts')
  const { StartupError } = await import('../../drizzle/startup-error.ts')
  if (!/^(all|[1-9]\d{0,8})$/.test(limit)) throw new StartupError('--limit is a number, or "all".')
  let left = limit === 'all' ? Infinity : Number(limit)
  let after: string | null = null
  for (let isFirst = true; left > 0; isFirst = false) {
    const { nodes, pageInfo } = await listRequests(ctx, filter, { first: Math.min(left, pageMax), after })
    const isWhole = isFirst && (nodes.length === left || !pageInfo.hasNextPage)
    write(show(isWhole ? nodes.toReversed() : nodes, isFirst))
    left -= nodes.length
    after = pageInfo.endCursor
    if (!pageInfo.hasNextPage) return
  }
}

const asJson: Show = requests => requests.map(request => JSON.stringify(told(request))).join('\n')

/** Without what is not known. */
const told = ({ at, ...request }: LoggedRequest) =>
  Object.fromEntries(
    Object.entries({ at: `${at.replace(' ', 'T')}Z`, ...request }).filter(([, value]) => value !== null),
  )

/** By RFC 4180; the columns are those of the log, in their order. */
const asCsv: Show = (requests, isFirst) => {
  const lines = requests.map(request => csvColumns.map(name => csvCell(request[name])).join(','))
  return [...(isFirst ? [csvColumns.join(',')] : []), ...lines].join('\n')
}

// prettier-ignore
const csvColumns = [
  'at', 'outcome', 'requestId', 'traceId', 'clientId', 'keyId', 'userId', 'door', 'version', 'method', 'route', 'operation',
  'status', 'code', 'reason', 'deprecated', 'ms', 'databaseMs', 'rows', 'bytesIn', 'bytesOut', 'address', 'limitedBy',
  'limitLeft', 'cost', 'dropped',
] as const satisfies (keyof LoggedRequest)[]

function csvCell(value: string | number | null): string {
  const text = typeof value === 'string' ? guarded(value) : String(value ?? '')
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

const head = ['at', 'status', 'outcome', 'ms', 'db ms', 'door', 'operation', 'user', 'client', 'request']

const asTable: Show = (requests, isFirst) => {
  const rows = requests.map(each => [
    each.at.slice(0, 23),
    String(each.status ?? '-'),
    each.outcome === 'gap' ? `gap of ${each.dropped ?? 0}` : (each.code ?? each.outcome),
    String(each.ms ?? '-'),
    String(each.databaseMs ?? '-'),
    each.door ?? '-',
    each.operation ?? `${each.method ?? ''} ${each.route ?? '-'}`.trim(),
    each.userId ?? '-',
    each.clientId ?? '-',
    each.requestId ?? '-',
  ])
  const lines = tableOf(head, rows).split('\n')
  return (isFirst ? lines : lines.slice(1)).join('\n')
}
