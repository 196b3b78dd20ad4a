import type { Pool } from '../drizzle/client.ts'
import { dropEventDays, makeEventDays } from '../drizzle/event-days.ts'
import { dropPartitions, forgetBodies, makePartitions } from '../drizzle/request-log.ts'
import { forgetDeliveries, makeAttemptDays } from '../drizzle/webhook-days.ts'
import { sweepUsage } from '../drizzle/usage.ts'
import type { Config } from './config.ts'
import { endDeadJobs, sweepClientJobs } from './client-jobs.ts'
import { sweepTokens } from './oauth/adapter.ts'
import { sweepIdempotency } from './idempotency.ts'
import { sweepLimits } from './limits/store.ts'
import { sweepDenials } from './policy/denials.ts'
import { removeGoneHooks } from './webhooks/gone-hooks.ts'
import { sweepSessions } from './sessions.ts'

/** What of the configuration chores need. */
export type ChoreSettings = Pick<Config, 'logDays' | 'logBodyDays' | 'jobHours' | 'eventDays'>

/** Work that comes round and that nobody waits for. Done twice it does no harm: a process may die in the middle. */
export type Chore = {
  readonly name: string
  readonly everySeconds: number
  readonly run: (sql: Pool, now: Date, settings: ChoreSettings) => Promise<unknown>
}

// prettier-ignore
export const chores: readonly Chore[] = [
  { name: 'delete expired tokens', everySeconds: 600, run: sweepTokens },
  { name: 'delete idle sessions',  everySeconds: 600, run: sweepSessions },
  { name: 'forget old answers',    everySeconds: 3600, run: sweepIdempotency },
  { name: 'forget old denials',    everySeconds: 3600, run: sweepDenials },
  { name: 'forget full limits',    everySeconds: 600, run: sweepLimits },
  { name: 'end dead jobs',         everySeconds: 60, run: endDeadJobs },
  { name: 'forget ended jobs',     everySeconds: 3600, run: sweepClientJobs },
  { name: 'turn the request log',  everySeconds: 3600, run: turnRequestLog },
  { name: 'turn the event log',    everySeconds: 3600, run: turnEventLog },
  { name: 'turn the deliveries',   everySeconds: 3600, run: turnDeliveries },
  { name: 'remove gone hooks',     everySeconds: 60, run: removeGoneHooks },
  { name: 'forget old usage',      everySeconds: 86400, run: sweepUsage },
]

/** Makes room for the days that come, and forgets those that are over. */
async function turnRequestLog(sql: Pool, now: Date, { logDays, logBodyDays }: ChoreSettings) {
  await makePartitions(sql, now)
  await dropPartitions(sql, logDays, now)
  await forgetBodies(sql, logBodyDays, now)
}

async function turnEventLog(sql: Pool, now: Date, { eventDays }: ChoreSettings) {
  await makeEventDays(sql, now)
  await dropEventDays(sql, eventDays, now)
}

async function turnDeliveries(sql: Pool, now: Date) {
  await makeAttemptDays(sql, now)
  await forgetDeliveries(sql, now)
}

/**
 * Takes on what is due, unless another process has: of all that ask at one time, one gets the chore.
 *
 * @returns the chores that this process must do now
 */
export async function claimDue(sql: Pool, all: readonly Chore[], now: Date): Promise<readonly Chore[]> {
  const due = all.map(({ name, everySeconds }) => ({
    name,
    since: new Date(now.getTime() - everySeconds * 1000).toISOString(),
  }))
  const claimed = await sql<{ name: string }[]>`
    insert into chores (name, started_at)
    select name, ${now.toISOString()}::timestamp from unnest(${due.map(each => each.name)}::text[]) name
    on conflict (name) do update set started_at = excluded.started_at
    where chores.started_at <= (
      select since from unnest(${due.map(each => each.name)}::text[], ${due.map(each => each.since)}::timestamp[]) d(name, since)
      where d.name = chores.name
    )
    returning name`
  return all.filter(({ name }) => claimed.some(row => row.name === name))
}

/** Remembers that a chore came to its end; `doctor` looks at it. */
export const markFinished = (sql: Pool, { name }: Chore, now: Date) =>
  sql`update chores set finished_at = ${now.toISOString()} where name = ${name}`

/** When any chore last came to its end; undefined when none ever did. */
export async function lastFinished(sql: Pool): Promise<Date | undefined> {
  const [row] = await sql<{ at: string | null }[]>`select max(finished_at)::text as at from chores`
  return row?.at ? new Date(`${row.at.replace(' ', 'T')}Z`) : undefined
}
