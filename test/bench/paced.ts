import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Request } from './load.ts'

const asker = fileURLToPath(new URL('paced-asker.ts', import.meta.url))

export type Paced = { readonly medianMs: number; readonly p95Ms: number }

/** What those feel who ask now and then: a request at even intervals, from a process of its own. */
export async function paced({ url, headers }: Request, perSecond: number, seconds: number): Promise<Paced> {
  const parameters = [url, JSON.stringify(headers ?? {}), String(perSecond), String(seconds)]
  const { stdout } = await promisify(execFile)(process.execPath, [asker, ...parameters])
  const took = (JSON.parse(stdout) as number[]).toSorted((a, b) => a - b)
  const at = (share: number) => took[Math.floor(took.length * share)] ?? Number.NaN
  return { medianMs: at(0.5), p95Ms: at(0.95) }
}
