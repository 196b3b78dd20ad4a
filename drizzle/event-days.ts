import type { Connection, Pool } from './client.ts'
import { dailyTable } from './partitions.ts'
import { begin } from './transaction.ts'

const days = dailyTable('event_log')

/** Makes room for the events of the days that come. */
export const makeEventDays = days.make

/**
 * Forgets events that are so many days old. Readers whose cursor is older are told so, because the log remembers up to
 * where it was forgotten.
 *
 * @returns the days that have gone
 */
export async function dropEventDays(sql: Pool, keptDays: number, now: Date): Promise<string[]> {
  const gone = await days.drop(sql, keptDays, now, (tx, partition) =>
    rememberForgotten(tx, `select * from ${partition}`),
  )
  const limit = new Date(now.getTime() - keptDays * 86_400_000).toISOString().slice(0, 10)
  await begin(sql, tx =>
    rememberForgotten(tx, `delete from event_log_default where at < '${limit}' returning position, id`),
  )
  return gone
}

/** @param events  a statement that answers those that go */
const rememberForgotten = (tx: Connection, events: string) =>
  tx.unsafe(`
    with gone as (${events}), newest as (select position, id from gone order by position desc, id desc limit 1)
    update event_stream s set forgotten_position = n.position, forgotten_id = n.id from newest n
    where (n.position, n.id) > (s.forgotten_position, s.forgotten_id)`)
