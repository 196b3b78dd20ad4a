import type { Pool } from './client.ts'
import { dailyTable } from './partitions.ts'

const attemptDays = dailyTable('webhook_attempt')

/** What is kept of deliveries, in days. */
const kept = { attempts: 90, bodies: 30, held: 30, counts: 396 } as const

const deletedAtOnce = 5_000

/** Makes room for the attempts of the days that come. */
export const makeAttemptDays = attemptDays.make

/**
 * Forgets what is old of deliveries: answers of receivers after 30 days, attempts and deliveries that are over after 90,
 * counts after 13 months. What has waited for 30 days to be sent is not sent any more. Of endpoints that are no more,
 * everything goes.
 */
export async function forgetDeliveries(sql: Pool, now: Date): Promise<void> {
  const before = (days: number) => new Date(now.getTime() - days * 86_400_000).toISOString()
  await attemptDays.drop(sql, kept.attempts, now)
  await sql`delete from webhook_attempt_default where at < ${before(kept.attempts)}`
  await sql`
    update webhook_attempt set response_body = null, response_headers = null
    where at < ${before(kept.bodies)} and (response_body is not null or response_headers is not null)`
  await sql`
    update webhook_delivery set state = 'DISCARDED', reason = 'expired', ended_at = ${now.toISOString()}
    where state in ('DUE', 'WAITING', 'HELD', 'PARKED') and created_at < ${before(kept.held)}`
  await deleteAll(sql, `created_at < '${before(kept.attempts)}' and state in ('DELIVERED', 'DEAD', 'DISCARDED')`)
  const gone = await sql<{ id: string }[]>`
    select h.endpoint_id as id from webhook_health h left join webhook_endpoint e on e.id = h.endpoint_id where e.id is null`
  for (const { id } of gone) {
    await sql`delete from webhook_secret where endpoint_id = ${id}`
    await sql`delete from webhook_attempt where endpoint_id = ${id}`
    await deleteAll(sql, `endpoint_id = '${id.replaceAll("'", "''")}'`)
    await sql`delete from webhook_count where endpoint_id = ${id}`
    await sql`delete from webhook_health where endpoint_id = ${id}`
  }
  await sql`delete from webhook_count where day < ${before(kept.counts)}`
}

/** Some at a time: nobody who delivers waits for it. */
async function deleteAll(sql: Pool, condition: string) {
  for (let count = deletedAtOnce; count === deletedAtOnce;) {
    const rows = await sql.unsafe(
      `delete from webhook_delivery where id = any (array(select id from webhook_delivery where ${condition} limit ${deletedAtOnce})) returning 1`,
    )
    count = rows.length
  }
}
