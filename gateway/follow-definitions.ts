import type { Pool } from '../drizzle/client.ts'
import { loadCatalog } from '../drizzle/custom-fields.ts'
import { definitionsChannel } from '../drizzle/definitions.ts'
import { definitionsVersion } from '../drizzle/own-catalog.ts'
import type { Catalog } from '../schema/catalog.ts'
import type { Report } from './error-mask.ts'

export type Following = {
  /** Waits for what is being made. */
  close(): Promise<void>
}

type Options = {
  readonly sql: Pool
  readonly report: Report
  /** The version that this process serves. */
  readonly served: () => number
  /** Makes what serves another catalog and puts it in its place; when it fails, what was there goes on serving. */
  readonly follow: (catalog: Catalog) => Promise<void>
}

/** Notices may be lost with a connection; a change is served this much later at most. */
const askMs = 1_000
/** What could not be made is tried again then, or when the definitions change. */
const againMs = 30_000

/** Keeps what a process serves in step with the definitions of the installation, whoever changes them. */
export async function followDefinitions({ sql, report, served, follow }: Options): Promise<Following> {
  let closed = false
  let failed: { readonly version: number; readonly until: number } | undefined
  let isAway = false
  let wake = () => {}

  async function look() {
    const version = await definitionsVersion(sql)
    isAway = false
    if (version === served() || (failed?.version === version && Date.now() < failed.until)) return
    try {
      await follow(await loadCatalog(sql))
      failed = undefined
    } catch (error) {
      failed = { version, until: Date.now() + againMs }
      report(error, `definitions: version ${version} cannot be served, version ${served()} still is`)
    }
  }

  async function run() {
    while (!closed) {
      const woken = Promise.withResolvers<void>()
      wake = woken.resolve
      const timer = setTimeout(woken.resolve, askMs)
      await look().catch((error: unknown) => {
        if (!isAway) report(error, 'definitions')
        isAway = true
      })
      await woken.promise
      clearTimeout(timer)
    }
  }

  const running = run()
  const listening = await sql.listen(definitionsChannel, () => wake()).catch(() => undefined)
  return {
    async close() {
      closed = true
      wake()
      await running
      await listening?.unlisten().catch(() => undefined)
    },
  }
}
