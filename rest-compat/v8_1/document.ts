import type { Answer } from '../v8/answer.ts'
import { corsHeaders } from './cors.ts'
import { mediaType } from './problem.ts'

const headers = {
  ...corsHeaders,
  vary: 'Accept, API-Version',
  'cache-control': 'private, no-cache',
}

/** The members of a document, as JSON text; what is undefined is left out. */
export type Document = {
  readonly data?: string
  readonly included?: readonly string[]
  readonly links?: Readonly<Record<string, string | null>>
  readonly meta?: Readonly<Record<string, unknown>>
  /** Of several operations at once. */
  readonly results?: readonly unknown[]
}

type How = {
  readonly status?: number
  readonly type?: string
  readonly [header: string]: string | number | undefined
}

export function documentAnswer(
  { data, included = [], links, meta, results }: Document,
  { status = 200, type = mediaType, ...more }: How = {},
): Answer {
  let body = '{"jsonapi":{"version":"1.1"}'
  if (data !== undefined) body += `,"data":${data}`
  if (included.length > 0) body += `,"included":[${included.join()}]`
  if (links) body += `,"links":${JSON.stringify(links)}`
  if (results) body += `,"atomic:results":${JSON.stringify(results)}`
  if (meta) body += `,"meta":${JSON.stringify(meta)}`
  const own = Object.entries(more).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as const],
  )
  return { status, headers: { ...headers, 'content-type': type, ...Object.fromEntries(own) }, body: `${body}}` }
}

/** Done, and there is nothing to say. */
export const emptyAnswer = (): Answer => ({ status: 204, headers: corsHeaders, body: '' })

/** What was asked for would have been done. */
export const rehearsedAnswer = (type?: string): Answer =>
  documentAnswer({ meta: { valid: true } }, { type, 'preference-applied': 'validate-only' })

/** The entity tag of a record: the count of its changes. */
export const etagOf = (version: unknown) => `"${Number(version)}"`
