import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { z } from 'zod'

/** One HTTP request, sent again and again. */
export type Request = {
  readonly method: 'GET' | 'POST'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** `requests`: those that were answered well. */
export type Load = {
  readonly requests: number
  readonly refused: number
  readonly perSecond: number
  readonly medianMs: number
}

/** How many ask at the same time, and how often together; as often as they can, when nothing is said. */
export type Pace = { readonly connections?: number; readonly perSecond?: number }

const resultSchema = z.object({
  '2xx': z.number(),
  non2xx: z.number(),
  errors: z.number(),
  duration: z.number(),
  latency: z.object({ p50: z.number() }),
})

const autocannon = fileURLToPath(new URL('../../node_modules/autocannon/autocannon.js', import.meta.url))

/** Sends a request for so many seconds, from a process of its own. */
export async function load(
  request: Request,
  seconds: number,
  { connections = 10, perSecond }: Pace = {},
): Promise<Load> {
  const headers = Object.entries(request.headers ?? {}).flatMap(([name, value]) => ['-H', `${name}=${value}`])
  const body = request.body === undefined ? [] : ['-b', request.body]
  const pace = perSecond === undefined ? [] : ['-R', String(perSecond)]
  const parameters = [
    '-j',
    '-c',
    String(connections),
    ...pace,
    '-d',
    String(seconds),
    '-m',
    request.method,
    ...headers,
    ...body,
  ]
  const { stdout } = await promisify(execFile)(process.execPath, [autocannon, ...parameters, request.url])
  const result = resultSchema.parse(JSON.parse(stdout))
  const refused = result.non2xx + result.errors
  return {
    requests: result['2xx'],
    refused,
    perSecond: result['2xx'] / result.duration,
    medianMs: result.latency.p50,
  }
}

/** Sends a request once, and answers what came, for a look at it before it is measured. */
export async function once({ url, method, headers, body }: Request): Promise<string> {
  const response = await fetch(url, { method, headers, body })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${text.slice(0, 500)}`)
  return text
}
