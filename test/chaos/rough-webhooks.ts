import { connect } from '../../drizzle/client.ts'
import { startEmbedded } from '../../drizzle/embedded.ts'
import { migrate } from '../../drizzle/migrate.ts'
import { printTable } from '../bench/print.ts'
import { chaosOfWebhooks } from './webhooks.ts'

/** The long form, on a PostgreSQL of its own. @returns whether every promise was kept */
export async function roughWebhooks(
  dir: string,
  { events, workers }: { readonly events: number; readonly workers: number },
): Promise<boolean> {
  const server = await startEmbedded({ dir, log: console.error })
  const sql = connect(server.url, { max: 6 })
  try {
    await migrate(sql)
    const { faults, seconds, ...counts } = await chaosOfWebhooks(sql, server.url, {
      ...{ events, workers, killEveryMs: 5_000 },
      ...{ cutEveryMs: 2_000, repeatedShare: 0.05, lateShare: 0.01 },
    })
    printTable(['what happened', 'figure'], [...Object.entries(counts), ['seconds', seconds.toFixed(0)]])
    console.log(faults.length === 0 ? '\nEvery promise was kept.' : `\nBroken:\n${faults.join('\n')}`)
    return faults.length === 0
  } finally {
    await sql.end({ timeout: 5 })
    await server.stop()
  }
}
