import type { Pool } from '../../drizzle/client.ts'

/** An event as its row has it. */
export type AppendedEvent = {
  readonly type: string
  readonly module: string | null
  readonly record_id: string | null
  readonly sequence: number | null
  readonly before: Readonly<Record<string, unknown>> | null
  readonly after: Readonly<Record<string, unknown>> | null
  readonly link: Readonly<Record<string, unknown>> | null
  readonly groups: readonly string[] | null
  readonly origin: Readonly<Record<string, unknown>>
}

/** The events of a record in the order in which readers get them. */
export const eventsOf = (sql: Pool, id: string) => sql<AppendedEvent[]>`
  select type, module, record_id, sequence::int, before, after, link, groups, origin
  from event_log where record_id = ${id} order by position, event_log.id`
