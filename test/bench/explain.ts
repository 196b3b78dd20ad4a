import type { Pool } from '../../drizzle/client.ts'
import type { Context } from '../../drizzle/context.ts'

/** A statement as the data room sent it. */
export type Sent = { readonly text: string; readonly values: readonly unknown[] }

/** The statements that `work` sends, in order; they are sent for real. */
export async function statementsOf(ctx: Context, work: (ctx: Context) => Promise<unknown>): Promise<Sent[]> {
  const sent: Sent[] = []
  const unsafe = (text: string, values: unknown[] = [], options: object = {}) => {
    sent.push({ text, values })
    return ctx.sql.unsafe(text, values as never[], options)
  }
  const sql = new Proxy(ctx.sql, {
    get: (target, key): unknown => (key === 'unsafe' ? unsafe : Reflect.get(target, key)),
  })
  await work({ ...ctx, sql: sql, batches: new Map() })
  return sent
}

export type PlanNode = {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Name'?: string
  readonly Plans?: readonly PlanNode[]
}

export type Plan = { readonly Plan: PlanNode; readonly 'Planning Time': number; readonly 'Execution Time': number }

/**
 * `prepared` is what a busy connection has: after five executions PostgreSQL chooses between the plan for these very
 * values and one for any values. The others force one of the two.
 */
export type PlanMode = 'prepared' | 'custom' | 'generic'

/** What takes longer is executed once. */
const slowMs = 500

/** Executes a statement as a connection that has prepared it does, and says how. */
export async function explain(pool: Pool, sent: Sent, mode: PlanMode): Promise<Plan> {
  return withPrepared(pool, sent, mode, async execute => {
    const once = () => execute('explain (analyze, buffers, format json)')
    for (let warm = 0; warm < 6; warm++) {
      const plan = await once()
      if (plan['Execution Time'] > slowMs) return plan
    }
    return once()
  })
}

/** How PostgreSQL would execute a statement. */
export const planOf = (pool: Pool, sent: Sent, mode: PlanMode, settings: readonly string[] = []): Promise<Plan> =>
  withPrepared(pool, sent, mode, execute => execute('explain (format json)'), settings)

const cacheModes = { prepared: 'auto', custom: 'force_custom_plan', generic: 'force_generic_plan' }

async function withPrepared(
  pool: Pool,
  sent: Sent,
  mode: PlanMode,
  work: (execute: (verb: string) => Promise<Plan>) => Promise<Plan>,
  settings: readonly string[] = [],
): Promise<Plan> {
  const connection = await pool.reserve()
  try {
    for (const setting of [`plan_cache_mode = ${cacheModes[mode]}`, ...settings])
      await connection.unsafe(`set ${setting}`)
    await connection.unsafe(`prepare explained as ${sent.text}`)
    const values = sent.values.length > 0 ? `(${sent.values.map(literalOf).join(', ')})` : ''
    return await work(async verb => {
      const [row] = await connection.unsafe<{ 'QUERY PLAN': [Plan] }[]>(`${verb} execute explained${values}`)
      if (!row) throw new Error('PostgreSQL explained nothing')
      return row['QUERY PLAN'][0]
    })
  } finally {
    await connection.unsafe('deallocate all; reset all')
    connection.release()
  }
}

function literalOf(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  const text = Array.isArray(value) ? `{${value.map(item => JSON.stringify(String(item))).join(',')}}` : String(value)
  return `'${text.replaceAll("'", "''")}'`
}

/** All nodes of a plan, the outermost first. */
export const nodesOf = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)]
