import type { Pool } from '../drizzle/client.ts'
import type { Context } from '../drizzle/context.ts'
import { StartupError } from '../drizzle/startup-error.ts'
import { findJob, queueOf, type ClientJob } from '../subgraphs/crm/jobs/job.ts'
import { clientJobs } from './client-jobs.ts'
import type { Config } from './config.ts'
import { openLog, reportTo } from './log.ts'
import { houseOf } from './operator.ts'
import { progressOn } from './progress.ts'

/**
 * Does a client's job here and now, for a command that waits for it, and shows how far it is. Should another process have
 * begun with it, the two take turns.
 *
 * @throws StartupError  it failed, or was cancelled
 */
export async function doJob(
  ctx: Context,
  pool: Pool,
  config: Config,
  id: string,
  { name, signal }: { readonly name: string; readonly signal: AbortSignal },
): Promise<ClientJob> {
  const consumers = clientJobs(() => houseOf(pool, config), reportTo(openLog(config.logLevel)))
  const first = await findJob(ctx, id)
  const consumer = consumers.find(({ queue }) => queue === queueOf[first.kind])
  if (!consumer) throw new Error(`Nobody does ${first.kind}`)
  const progress = progressOn()
  progress.begin(name, first.total || undefined)
  let shown = 0
  const show = async () => {
    const job = await findJob(ctx, id)
    progress.advance(job.done - shown)
    shown = job.done
    return job
  }
  while ((await consumer.run({ id }, signal)) === 'later') {
    await show()
    signal.throwIfAborted()
  }
  const job = await show()
  progress.end()
  if (job.status !== 'FINISHED')
    throw new StartupError(job.errorMessage ?? `The job ${id} is ${job.status.toLowerCase()}.`)
  return job
}
