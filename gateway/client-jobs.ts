import { z } from 'zod'
import { principalNow } from '../drizzle/acting.ts'
import type { Pool } from '../drizzle/client.ts'
import type { Consumer } from '../drizzle/jobs.ts'
import { systemPrincipal } from '../schema/principal.ts'
import { queueOf } from '../subgraphs/crm/jobs/job.ts'
import { runJob } from '../subgraphs/crm/jobs/run-job.ts'
import type { ChoreSettings } from './chores.ts'
import { contextFor, type House } from './context.ts'
import type { Report } from './error-mask.ts'

const dataSchema = z.object({ id: z.string() })

/**
 * Does the jobs that clients start.
 *
 * @param houseOf  asked for each job: what modules there are may have changed
 */
export function clientJobs(houseOf: () => Promise<House>, report: Report): readonly Consumer[] {
  const run: Consumer['run'] = async (data, signal) => {
    const { id } = dataSchema.parse(data)
    const house = await houseOf()
    const by = { requestId: `job ${id}`, door: 'job' }
    return runJob({
      id,
      signal,
      house: () => contextFor(house, { ...by, principal: systemPrincipal, validation: 'strict' }),
      async actingFor({ principal, validation }) {
        const now = await principalNow(house.pool, principal)
        return now && contextFor(house, { ...by, principal: now, validation })
      },
      report: error => report(error, by.requestId),
    })
  }
  return Object.values(queueOf).map(queue => ({ queue, atOnce: 2, run }))
}

/** Jobs that nobody will do any more, because they failed too often, have failed. Their rows that have no result have none. */
export const endDeadJobs = (sql: Pool, now: Date) => sql`
  update client_job c set status = 'FAILED', finished_at = ${now.toISOString()}, error_code = 'INTERNAL',
    error_message = 'It failed too often and was given up'
  where c.status in ('QUEUED', 'RUNNING') and not exists (select from pgboss.job j
    where j.name = any (${Object.values(queueOf)}::text[]) and j.singleton_key = c.id and j.state in ('created', 'retry', 'active'))`

/** Forgets jobs that have ended, or were left open, long enough ago. */
export async function sweepClientJobs(sql: Pool, now: Date, { jobHours }: ChoreSettings) {
  const before = new Date(now.getTime() - jobHours * 3_600_000).toISOString()
  await sql`with old as (delete from client_job where coalesce(finished_at, created_at) < ${before}
      and status in ('OPEN', 'FINISHED', 'FAILED', 'CANCELLED') returning id),
    parts as (delete from export_part where job in (select id from old))
    delete from bulk_row where job in (select id from old)`
}
