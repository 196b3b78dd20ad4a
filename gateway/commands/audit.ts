import { Command } from 'commander'
import type { Context } from '../../drizzle/context.ts'
import type { AuditEntry, AuditFilter } from '../../subgraphs/ops/audit-entries.ts'
import { asOperator } from './as-operator.ts'
import { auditVerify } from './audit-verify.ts'
import { follow, write } from './follow.ts'
import { tableOf } from './table.ts'

type Options = Pick<AuditFilter, 'subject' | 'id' | 'action' | 'door' | 'from' | 'to'> & {
  readonly user?: string
  readonly client?: string
  readonly key?: string
  readonly request?: string
  readonly limit: string
  readonly follow?: boolean
  readonly json?: boolean
}

export const audit = new Command('audit')
  .summary('show who changed what')
  .description(
    'Shows the newest changes of users, roles, groups, API clients, keys, limits, definitions and settings, the oldest of them\n' +
      'first: who, what, before and after. Secrets are in no entry, and entries are never changed; "audit verify" proves it.',
  )
  .option('--follow', 'go on with the changes that come, until Ctrl-C')
  .option('--subject <kind>', 'only changes of such things: client, key, user, role, group, limit, endpoint, ...')
  .option('--id <id>', 'only changes of this thing, or that concern it, such as who became a member')
  .option('--action <action>', 'only this action, such as client.secret_rotated')
  .option('--user <user name>', 'only what this user did')
  .option('--client <id>', 'only what came through this API client')
  .option('--key <id>', 'only what came with this API key')
  .option('--request <id>', 'only this X-Request-Id')
  .option('--door <door>', 'only what came so: graphql, v8, v4_1, or cli for commands')
  .option('--from <moment>', 'from then on: 2030-03-04T10:30:00Z, or a day')
  .option('--to <moment>', 'before then')
  .option('--limit <count>', 'how many at most; "all" for no end', '50')
  .option('--json', 'print each as a line of JSON, to export them')
  .addHelpText(
    'after',
    `
Examples:
  npx switchyard audit --follow
  npx switchyard audit --subject client --user admin
  npx switchyard audit --from 2030-03-04 --limit all --json > audit.ndjson
  npx switchyard audit verify`,
  )
  .enablePositionalOptions()
  .addCommand(auditVerify)
  .helpCommand(false)
  .action(async ({ limit, follow: isFollowed, json, ...options }: Options) => {
    const { auditSince } = await import('../../subgraphs/ops/audit-entries.ts')
    const show = json ? asJson : asTable
    await asOperator('audit', async ctx => {
      const filter = await filterOf(ctx, options)
      const last = await print(ctx, filter, limit, show)
      if (isFollowed)
        await follow(
          id => auditSince(ctx, filter, id),
          last,
          rows => show(rows, false),
        )
    })
  })

type Show = (entries: readonly AuditEntry[], isFirst: boolean) => string

/** @throws StartupError  there is no such user */
async function filterOf(ctx: Context, options: Omit<Options, 'limit' | 'follow' | 'json'>): Promise<AuditFilter> {
  const { userIdOf } = await import('../operator.ts')
  const { client, key, user, request, ...filter } = options
  return {
    ...filter,
    clientId: client,
    keyId: key,
    userId: user === undefined ? undefined : await userIdOf(ctx, user),
    requestId: request,
  }
}

/**
 * Prints the newest entries, the oldest of them first; all of them, page by page, as an export.
 *
 * @returns the id of the newest entry of all, when it began
 */
async function print(ctx: Context, filter: AuditFilter, limit: string, show: Show): Promise<string> {
  const { auditPageMax, auditSince, listAudit } = await import('../../subgraphs/ops/audit-entries.ts')
  const { StartupError } = await import('../../drizzle/startup-error.ts')
  if (limit !== 'all' && !(/^\d{1,4}$/.test(limit) && Number(limit) >= 1 && Number(limit) <= auditPageMax))
    throw new StartupError(`--limit is a number from 1 to ${auditPageMax}, or "all".`)
  const newest = (await listAudit(ctx, {}, { first: 1 })).nodes[0]?.id ?? '0'
  if (limit !== 'all') {
    const { nodes } = await listAudit(ctx, filter, { first: Number(limit) })
    write(show(nodes.toReversed(), true))
    return newest
  }
  let last = '0'
  for (let isFirst = true; ; isFirst = false) {
    const entries = await auditSince(ctx, filter, last)
    write(show(entries, isFirst))
    if (entries.length < auditPageMax) return newest
    last = entries.at(-1)?.id ?? last
  }
}

const asJson: Show = entries =>
  entries.map(entry => JSON.stringify({ ...entry, at: `${entry.at.replace(' ', 'T')}Z` })).join('\n')

const head = ['id', 'at', 'who', 'through', 'action', 'of', 'concerns', 'change']

const asTable: Show = (entries, isFirst) => {
  if (entries.length === 0) return isFirst ? 'No such changes.' : ''
  const rows = entries.map(each => [
    each.id,
    each.at.slice(0, 19),
    each.userName,
    each.keyId ?? each.clientId ?? each.door ?? '-',
    each.action,
    each.subjectId,
    each.relatedId ?? '-',
    changeOf(each),
  ])
  const lines = tableOf(head, rows).split('\n')
  return (isFirst ? lines : lines.slice(1)).join('\n')
}

const lengthMax = 200

/** `scopes: null -> ["records:read"]` */
function changeOf({ before, after }: AuditEntry): string {
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])]
  const parts = names.map(name => {
    const states = [before, after].flatMap(state => (state ? [wordOf(state[name])] : []))
    return `${name}: ${states.join(' -> ')}`
  })
  const text = parts.join(', ')
  return text.length > lengthMax ? `${text.slice(0, lengthMax)}…` : text
}

const wordOf = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value ?? null))
