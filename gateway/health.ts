import type { Pool } from '../drizzle/client.ts'
import { pendingMigrations } from '../drizzle/migrate.ts'
import { systemPrincipal } from '../schema/principal.ts'
import { contextFor, type House } from './context.ts'
import type { Graphs } from './graphs.ts'

/** Whether this process can answer, part by part. `reason` is for people: no addresses, no SQL. */
export type Readiness = { readonly ready: boolean; readonly checks: Readonly<Record<string, CheckResult>> }

type CheckResult = { readonly ok: boolean; readonly reason?: string }

/** Looks at one thing that requests need. @throws when it is not there */
export type Check = () => Promise<void>

export type Health = {
  readiness(): Promise<Readiness>
  /** From now on: not ready, so that a load balancer sends nothing more. */
  drain(): void
}

const checkMsMax = 2_000

/** Migrations change while a process runs only when somebody deploys; asking once in this time is enough. */
const migrationsRememberedMs = 10_000

export function createHealth(checks: Readonly<Record<string, Check>>): Health {
  let draining = false
  return {
    drain: () => void (draining = true),
    async readiness() {
      const results: Record<string, CheckResult> = {}
      const done = await Promise.all(
        Object.entries(checks).map(async ([name, run]) => [name, await look(run)] as const),
      )
      for (const [name, result] of done) results[name] = result
      if (draining) results.serving = { ok: false, reason: 'shutting down' }
      return { ready: Object.values(results).every(({ ok }) => ok), checks: results }
    },
  }
}

/** The database answers, and has the tables that this version needs. */
export const databaseChecks = ({ pool, now }: Pick<House, 'pool' | 'now'>) => ({
  database: async () => void (await pool`select 1`),
  migrations: remembered(() => migrationsCheck(pool), migrationsRememberedMs, now),
})

/** A check says in its error what is wrong; anything it did not foresee is only "not available". */
class Wrong extends Error {}

async function look(run: Check): Promise<CheckResult> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Wrong('does not answer in time')), checkMsMax)
  try {
    await Promise.race([run(), late.promise])
    return { ok: true }
  } catch (error) {
    return { ok: false, reason: error instanceof Wrong ? error.message : 'not available' }
  } finally {
    clearTimeout(timer)
  }
}

async function migrationsCheck(pool: Pool): Promise<void> {
  const pending = await pendingMigrations(pool)
  if (pending.length > 0) throw new Wrong(`${pending.length} to apply: run "switchyard migrate"`)
}

/** Every subgraph answers, wherever it runs. */
export const graphCheck =
  (house: Omit<House, 'catalog'>, graphs: Graphs): Check =>
  async () => {
    const { current } = graphs
    const caller = { principal: systemPrincipal, requestId: 'readiness', validation: 'strict' as const }
    const ctx = await contextFor({ ...house, catalog: current.catalog }, caller)
    const answers = await Promise.all(
      current.subgraphs.map(async subgraph => ({
        name: subgraph.name,
        ...(await subgraph.execute({ text: '{ __typename }' }, ctx)),
      })),
    )
    const away = answers.filter(({ errors }) => errors).map(({ name }) => name)
    if (away.length > 0) throw new Wrong(`${away.join(', ')} not available`)
  }

/** Keeps a success for a while; a failure is looked at again each time. */
function remembered(run: Check, ms: number, now: () => Date): Check {
  let until = 0
  return async () => {
    if (now().getTime() < until) return
    await run()
    until = now().getTime() + ms
  }
}
