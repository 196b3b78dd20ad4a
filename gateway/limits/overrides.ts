import { z } from 'zod'
import type { Pool } from '../../drizzle/client.ts'
import { callerClasses, type Allowance, type CallerClass } from './policy.ts'

/** What API clients are allowed in place of the defaults. */
export type Overrides = {
  /** The same object until something changes. */
  of(client: string, usual: CallerClass): Allowance
  close(): void
}

/** Another process may have changed them: what is set holds everywhere within two seconds. */
const readMs = 1_000

const boundSchema = z.union([z.literal('unlimited'), z.number().int().min(0)])
const rowSchema = z.object({
  client_id: z.string(),
  class: z.enum(callerClasses).nullable(),
  bounds: z.object({
    burst: boundSchema.optional(),
    sustained: boundSchema.optional(),
    daily: boundSchema.optional(),
    concurrent: boundSchema.optional(),
  }),
})
type Row = z.infer<typeof rowSchema>

/** Reads the overrides now and every second. While the database does not answer, what was read last holds. */
export async function openOverrides(sql: Pool, defaults: Readonly<Record<CallerClass, Allowance>>): Promise<Overrides> {
  let text = '[]'
  let rows = new Map<string, Row>()
  let allowances = new Map<string, Allowance>()

  const read = async () => {
    const found = await sql`select client_id, class, bounds from limit_override
      where expires_at is null or expires_at > (now() at time zone 'UTC') order by client_id`
    const now = JSON.stringify(found)
    if (now === text) return
    text = now
    rows = new Map(
      z
        .array(rowSchema)
        .parse([...found])
        .map(row => [row.client_id, row]),
    )
    allowances = new Map()
  }
  await read()
  const timer = setInterval(() => void read().catch(() => undefined), readMs)
  timer.unref()

  return {
    of(client, usual) {
      const row = rows.get(client)
      if (!row) return defaults[usual]
      let allowance = allowances.get(client)
      if (!allowance) {
        allowance = { ...defaults[row.class ?? usual], ...row.bounds }
        allowances.set(client, allowance)
      }
      return allowance
    },
    close: () => clearInterval(timer),
  }
}
