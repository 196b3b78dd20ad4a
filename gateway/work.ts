import type { Logger } from 'pino'
import type { Pool } from '../drizzle/client.ts'
import { chores, claimDue, markFinished, type Chore, type ChoreSettings } from './chores.ts'
import { consume, type Consumer } from '../drizzle/jobs.ts'
import { reportTo } from './log.ts'

export type Work = {
  /** Takes on nothing more, and waits for what is being done. */
  close(): Promise<void>
}

type WorkDeps = {
  readonly sql: Pool
  /** Of the database, for the queues. */
  readonly url: string
  readonly log: Logger
  readonly now: () => Date
  readonly settings: ChoreSettings
  readonly chores?: readonly Chore[]
  /** What does the jobs of the queues. */
  readonly consumers?: readonly Consumer[]
}

/** Every process asks this often; a chore is late by this much at most. */
const askMs = 15_000

/**
 * Does the background work of the house: in `switchyard work`, and in `switchyard serve` unless it is told not to.
 * Any number of processes may: each chore and each job is done by one of them.
 */
export async function startWork({ sql, url, log, now, settings, ...does }: WorkDeps): Promise<Work> {
  const { chores: all = chores, consumers = [] } = does
  const report = reportTo(log)
  let closed = false
  let timer: NodeJS.Timeout | undefined
  let round = Promise.resolve()

  async function goRound() {
    for (const chore of await claimDue(sql, all, now())) {
      if (closed) return
      const startedAt = performance.now()
      const done = await chore.run(sql, now(), settings).then(
        () => true,
        (error: unknown) => {
          report(error, `chore: ${chore.name}`)
          return false
        },
      )
      if (done) await markFinished(sql, chore, now())
      log.debug({ chore: chore.name, done, ms: Math.round(performance.now() - startedAt) }, 'chore')
    }
  }

  function next() {
    round = goRound()
      .catch((error: unknown) => report(error, 'chores'))
      .then(() => {
        if (!closed) timer = setTimeout(next, askMs)
      })
  }
  const jobs = await consume(url, consumers, report)
  next()

  return {
    async close() {
      closed = true
      clearTimeout(timer)
      await Promise.all([round, jobs.close()])
    },
  }
}
