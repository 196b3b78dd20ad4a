import type { Pool } from '../drizzle/client.ts'
import { pendingMigrations } from '../drizzle/migrate.ts'
import { systemPrincipal } from '../schema/principal.ts'
import { contextFor, type House } from './context.ts'
import type { Graphs } from './graphs.ts'

/** Whether this process can answer, part by part. `reason` is for people: no addresses, no SQL. */
export type Readiness = { readonly ready: boolean; readonly checks: Readonly<Record<string, Check>> }

type Check = { readonly ok: boolean; readonly reason?: string }

export type Health = {
  readiness(): Promise<Readiness>
  /** From now on: not ready, so that a load balancer sends nothing more. */
  drain(): void
}

const checkMsMax = 2_000

/** Migrations change while a process runs only when somebody deploys; asking once in this time is enough. */
const migrationsRememberedMs = 10_000

/** Checks what a request needs: the database, its migrations, and every subgraph where it runs. */
export function createHealth(house: Omit<House, 'catalog'>, graphs: Graphs): Health {
  let draining = false
  const migrations = remembered(() => migrationsCheck(house.pool), migrationsRememberedMs, house.now)

  return {
    drain: () => void (draining = true),
    async readiness() {
      const checks: Record<string, Check> = {}
      const done = await Promise.all([
        check('database', async () => void (await house.pool`select 1`)),
        check('migrations', migrations),
        check('graph', () => graphCheck(house, graphs)),
      ])
      for (const [name, result] of done) checks[name] = result
      if (draining) checks.serving = { ok: false, reason: 'shutting down' }
      return { ready: Object.values(checks).every(({ ok }) => ok), checks }
    },
  }
}

/** A check says in its error what is wrong; anything it did not foresee is only "not available". */
class Wrong extends Error {}

async function check(name: string, run: () => Promise<void>): Promise<[string, Check]> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Wrong('does not answer in time')), checkMsMax)
  try {
    await Promise.race([run(), late.promise])
    return [name, { ok: true }]
  } catch (error) {
    return [name, { ok: false, reason: error instanceof Wrong ? error.message : 'not available' }]
  } finally {
    clearTimeout(timer)
  }
}

async function migrationsCheck(pool: Pool): Promise<void> {
  const pending = await pendingMigrations(pool)
  if (pending.length > 0) throw new Wrong(`${pending.length} to apply: run "switchyard migrate"`)
}

async function graphCheck(house: Omit<House, 'catalog'>, { current }: Graphs): Promise<void> {
  const caller = { principal: systemPrincipal, requestId: 'readiness', validation: 'strict' as const }
  const ctx = contextFor({ ...house, catalog: current.catalog }, caller)
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
function remembered(run: () => Promise<void>, ms: number, now: () => Date): () => Promise<void> {
  let until = 0
  return async () => {
    if (now().getTime() < until) return
    await run()
    until = now().getTime() + ms
  }
}
