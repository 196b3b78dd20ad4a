import type { Db, JobWithMetadata, PgBoss } from 'pg-boss'
import type { Connection, Pool } from './client.ts'
import { queueNames, queues, type QueueName, type QueueRules } from './queues.ts'

// Work that is done later, by whichever process has time for it: pg-boss in our own PostgreSQL. This file is the seam;
// nothing else knows what the queue is made of.

/** A job as it is put into a queue. */
export type NewJob = {
  /** Numbers, ids and short texts; what is long belongs into a table. */
  readonly data: Readonly<Record<string, unknown>>
  /** What it is about, for {@link hasJob}. */
  readonly key?: string
  /** Not before then. */
  readonly runAt?: Date
  /** The same job put in twice is one job. A UUID. */
  readonly id?: string
}

/** pg-boss keeps its tables in a schema of its own, with migrations of its own. */
const schema = 'pgboss'

/**
 * Puts jobs into a queue, on the connection given: in a transaction, they are done only if that commits.
 *
 * pg-boss supports jobs that are put in by SQL; its own `insert()` would want a started instance in every process.
 */
export async function enqueue(
  { sql }: { readonly sql: Connection },
  queue: QueueName,
  jobs: readonly NewJob[],
): Promise<void> {
  const rows = jobs.map(({ id, data, key, runAt }) => ({ id, data, key, run_at: runAt?.toISOString() }))
  const made = await sql`
    insert into pgboss.job (id, name, data, singleton_key, start_after, keep_until, policy, dead_letter, expire_seconds,
      deletion_seconds, retry_limit, retry_delay, retry_backoff, retry_delay_max, heartbeat_seconds)
    select coalesce(j.id, gen_random_uuid()), q.name, j.data, j.key, coalesce(j.run_at, now()),
      coalesce(j.run_at, now()) + q.retention_seconds * interval '1 second', q.policy, q.dead_letter, q.expire_seconds,
      q.deletion_seconds, q.retry_limit, q.retry_delay, q.retry_backoff, q.retry_delay_max, q.heartbeat_seconds
    from pgboss.queue q, jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as j(id uuid, data jsonb, key text, run_at timestamptz)
    where q.name = ${queue} on conflict do nothing returning id`
  if (made.length === 0 && jobs.some(({ id }) => id === undefined)) throw new Error(`There is no queue ${queue}`)
}

/** Is there a job with the key that waits, or is being done? */
export async function hasJob({ sql }: { readonly sql: Connection }, queue: QueueName, key: string): Promise<boolean> {
  const found = await sql`select from pgboss.job where name = ${queue} and singleton_key = ${key}
    and state in ('created', 'retry', 'active') limit 1`
  return found.length > 0
}

/** What became of a job that was run: it is done, or goes on later, behind what others wait for. */
export type JobOutcome = 'done' | 'later'

/** Does the jobs of a queue. Every job may be run more than once, and by two processes when one of them had died. */
export type Consumer = {
  readonly queue: QueueName
  /** So many at once in each process. */
  readonly atOnce: number
  /**
   * @param signal  ends when the process stops, or another has taken the job over: leave off at the next good place
   * @throws  whatever keeps the job from being done: it is tried again after a while, until it is dead
   */
  readonly run: (data: unknown, signal: AbortSignal) => Promise<JobOutcome>
}

/** How long an idle process takes at most to see a new job, in seconds. */
const pollSeconds = 0.5
/** How often it is looked for jobs whose process has fallen silent. */
const watchSeconds = 5
const closeMsMax = 30_000

/**
 * Does the jobs of the consumers' queues, beside any number of other processes.
 *
 * @param url     of the database; the queue has two connections of its own
 * @param report  is told of what fails
 * @returns       ends it: what is being done is told to leave off, and waited for
 */
export async function consume(
  url: string,
  consumers: readonly Consumer[],
  report: (error: unknown, where: string) => void,
): Promise<{ close(): Promise<void> }> {
  const { PgBoss } = await import('pg-boss')
  const boss = new PgBoss({
    connectionString: url,
    max: 2,
    application_name: 'switchyard jobs',
    schema,
    migrate: false,
    schedule: false,
    superviseIntervalSeconds: watchSeconds,
    monitorIntervalSeconds: watchSeconds,
  })
  boss.on('error', error => report(error, 'jobs'))
  await boss.start()
  const stopping = new AbortController()
  for (const consumer of consumers) await attach(boss, consumer, stopping.signal, report)
  return {
    async close() {
      stopping.abort()
      await boss.stop({ graceful: true, timeout: closeMsMax })
    },
  }
}

async function attach(
  boss: PgBoss,
  consumer: Consumer,
  stopping: AbortSignal,
  report: (e: unknown, w: string) => void,
) {
  const { queue, atOnce, run } = consumer
  const options = { pollingIntervalSeconds: pollSeconds, localConcurrency: atOnce, includeMetadata: true } as const
  await boss.work(queue, options, async (jobs: JobWithMetadata<NewJob['data']>[]) => {
    for (const { data, singletonKey, signal } of jobs) {
      try {
        const outcome = await run(data, eitherOf(stopping, signal))
        if (outcome === 'later') await boss.insert(queue, [{ data, ...(singletonKey && { singletonKey }) }])
      } catch (error) {
        report(error, `job: ${queue}`)
        throw error
      }
    }
  })
}

/** Ends when one of the two does. Unlike that of AbortSignal.any it is held by both, so no collection takes it away. */
function eitherOf(one: AbortSignal, other: AbortSignal): AbortSignal {
  const either = new AbortController()
  for (const signal of [one, other]) {
    if (signal.aborted) either.abort()
    else signal.addEventListener('abort', () => either.abort(), { once: true, signal: either.signal })
  }
  return either.signal
}

/** Makes the queues, or brings them up to date. Safe to run from several processes at once. */
export async function installQueues(pool: Pool): Promise<void> {
  const { PgBoss } = await import('pg-boss')
  const boss = new PgBoss({ db: over(pool), schema, supervise: false, schedule: false })
  boss.on('error', () => undefined)
  await boss.start()
  try {
    const known = new Set((await boss.getQueues()).map(({ name }) => name))
    for (const name of queueNames) {
      const rules = { ...queues[name], retryBackoff: true }
      await (known.has(name) ? boss.updateQueue(name, rules) : boss.createQueue(name, rules))
    }
  } finally {
    await boss.stop({ graceful: false })
  }
}

/** What of the queues the database does not have yet, in the way in which migrations are named. */
export async function missingQueues(pool: Pool): Promise<readonly string[]> {
  const [installed] = await pool`select to_regclass('pgboss.version') as name`
  if (!installed?.name) return ['queues']
  const [store] = await pool<{ version: number }[]>`select version from pgboss.version`
  if (Number(store?.version) < storeVersion) return ['queues']
  const rows = await pool<({ name: string } & QueueRules)[]>`select name, retry_limit as "retryLimit",
    retry_delay as "retryDelay", retry_delay_max as "retryDelayMax", heartbeat_seconds as "heartbeatSeconds" from pgboss.queue`
  const isAsItShould = (name: QueueName, row: QueueRules) =>
    Object.entries(queues[name]).every(([rule, value]) => new Map(Object.entries(row)).get(rule) === value)
  return queueNames
    .filter(name => !rows.some(row => row.name === name && isAsItShould(name, row)))
    .map(name => `queue ${name}`)
}

/** Of the tables of pg-boss 12.35.0: `pgboss.schema` in its package.json. */
export const storeVersion = 43

/** pg-boss's statements on our pool; its scripts are transactions, which want one connection for themselves. */
const over = (pool: Pool): Db => ({
  async executeSql(text, values = []) {
    if (!/^\s*BEGIN\b/i.test(text)) return { rows: [...(await pool.unsafe(text, values as never[]))] }
    const connection = await pool.reserve()
    try {
      return { rows: [...(await connection.unsafe(text))] }
    } finally {
      connection.release()
    }
  },
})
