import type { RestContext } from '../context.ts'
import { problem, Problem } from '../v8_1/problem.ts'
import { faultOf, retryAfter } from '../v8_1/run.ts'
import type { Route } from './routes.ts'

export type Asked = {
  readonly route: Route
  readonly values: ReadonlyMap<string, string>
  readonly rawQuery: string
  readonly body: Uint8Array
}

/**
 * Runs the operation of a route. What it answers is the answer; of pages in something else, that page.
 *
 * @throws Problem  what cannot be understood, or what the graph refused
 */
export async function answerRoute({ route, values, rawQuery, body }: Asked, context: RestContext): Promise<unknown> {
  const variables = {
    ...(route.method === 'GET' ? fromQuery(rawQuery) : fromBody(route, body)),
    ...Object.fromEntries([...values].map(([name, value]) => [name, decoded(value)])),
  }
  const { data, errors = [] } = await context.execute(route.operation, variables, context)
  const [first, ...rest] = errors.map(error => faultOf(error, sourceOf))
  if (first) throw new Problem([first, ...rest], retryAfter(first))
  const { r } = data ?? {}
  if (r === null || r === undefined) throw problem('NOT_FOUND', 'There is nothing at this address that you may see')
  if (route.field === 'Query.listAttempts') return (r as { requests: unknown }).requests
  return route.field === 'Mutation.subscribeHook' ? (r as { endpoint: unknown }).endpoint : r
}

const numbers: ReadonlySet<string> = new Set(['first', 'last'])
const lists: ReadonlySet<string> = new Set(['states', 'event'])

/** Text of the address as the variables that it stands for; what is empty is not given. */
function fromQuery(rawQuery: string): Record<string, unknown> {
  const given = [...new URLSearchParams(rawQuery)].filter(([, value]) => value !== '')
  return Object.fromEntries(
    given.map(([name, value]) => {
      if (lists.has(name)) return [name, value.split(',')]
      if (!numbers.has(name)) return [name, value]
      if (!/^\d{1,6}$/.test(value)) throw problem('BAD_REQUEST', `${name} has to be a number`, { parameter: name })
      return [name, Number(value)]
    }),
  )
}

function fromBody({ body: kind }: Route, bytes: Uint8Array): Record<string, unknown> {
  if (kind === undefined) return {}
  const given = bytes.length === 0 ? {} : jsonOf(bytes)
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw problem('BAD_REQUEST', 'The body has to be a JSON object')
  if (kind === 'members') return { ...given }
  return { input: kind === 'hook' ? hookOf(given as Readonly<Record<string, unknown>>) : given }
}

/**
 * A subscription as Zapier, Make and others write it: where to, and of what.
 *
 * @see https://resthooks.org/docs/ (read 2026-11), https://docs.zapier.com/platform/build/hook-trigger (read 2026-11)
 */
function hookOf(given: Readonly<Record<string, unknown>>) {
  const {
    hookUrl,
    target_url: target,
    url = hookUrl ?? target,
    event,
    events,
    eventTypes = events ?? event,
    payload,
  } = given
  return {
    url,
    eventTypes: typeof eventTypes === 'string' ? eventTypes.split(',') : eventTypes,
    payload: payload ?? { kind: 'FULL' },
    description: 'REST hook',
    removedWhenGone: true,
  }
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw problem('BAD_REQUEST', 'The body is not JSON')
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw problem('BAD_REQUEST', 'The address has a broken escape')
  }
}

function sourceOf({ field, argument, pointer }: Readonly<Record<string, unknown>>) {
  if (typeof pointer === 'string') return { pointer }
  if (typeof field === 'string') return { pointer: `/${field}` }
  return typeof argument === 'string' ? { parameter: argument } : undefined
}
