import type { Pool } from '../drizzle/client.ts'
import { legacySessions } from '../subgraphs/ops/log-policies.ts'
import type { RequestEntry } from './request-entry.ts'

/** What administrators want the log to keep of single API clients and keys. */
export type LogPolicies = {
  /** Whether anybody's bodies are kept at all. */
  readonly keepsBodies: boolean
  keepsBodiesOf(clientId: string): boolean
  /** The entry as it may be kept: of some callers no more than that there was a request, and how it ended. */
  shown(entry: RequestEntry): RequestEntry
  close(): void
}

/** A change is known this soon. */
const lookMs = 2_000

/** Follows what administrators say. What was read last holds, whatever happens to the database. */
export async function followLogPolicies(sql: Pool, now: () => Date): Promise<LogPolicies> {
  let bodiesUntil: ReadonlyMap<string, number> = new Map()
  let countsOnly: ReadonlySet<string> = new Set()

  const look = async () => {
    const rows = await sql<{ id: string; until: string | null; countsOnly: boolean }[]>`
      select client_id as id, bodies_until as until, counts_only as "countsOnly" from log_policy
      where bodies_until > ${now().toISOString()} or counts_only`
    const detailed = rows.filter(row => !row.countsOnly)
    bodiesUntil = new Map(detailed.map(({ id, until }) => [id, Date.parse(`${until ?? ''}Z`)]))
    countsOnly = new Set(rows.flatMap(row => (row.countsOnly ? [row.id] : [])))
  }
  await look()
  const looking = setInterval(() => void look().catch(() => undefined), lookMs)
  looking.unref()

  return {
    get keepsBodies() {
      return bodiesUntil.size > 0
    },
    keepsBodiesOf: clientId => (bodiesUntil.get(clientId) ?? 0) > now().getTime(),
    shown(entry) {
      if (countsOnly.size === 0) return entry
      return [entry.client_id, entry.key_id, legacyCaller(entry)].some(id => id !== undefined && countsOnly.has(id))
        ? countOf(entry)
        : entry
    },
    close: () => clearInterval(looking),
  }
}

const legacyCaller = ({ client_id, door }: RequestEntry) =>
  client_id === undefined && door === 'v4_1' ? legacySessions : undefined

const countOf = ({ at, door, version, status, outcome, client_id, key_id }: RequestEntry): RequestEntry => ({
  ...{ at, door, version, status, outcome, client_id, key_id },
})
