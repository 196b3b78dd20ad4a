import { Pool } from 'undici'
import { z } from 'zod'
import type { Context } from '../../drizzle/context.ts'
import type { Meter } from '../../drizzle/meter.ts'
import type { Repeatable } from '../../drizzle/once.ts'
import { maskError, type Report } from '../error-mask.ts'
import { internalHeader, type InternalAuth } from './internal-auth.ts'
import { post } from './post.ts'
import type { Subgraph, SubgraphResponse } from './subgraph.ts'
import { isTree } from './tree.ts'

/** Where a process serves the subgraph `name`, below its address. */
export const subgraphPath = (name: string) => `/subgraphs/${name}`

/** What the other process had of the database for an answer: milliseconds and rows. */
export const databaseHeader = 'x-database'

const responseBytesMax = 256 * 1024 * 1024

const responseSchema = z.object({
  // As it was parsed, never rebuilt: response keys are the client's words, and one may be `__proto__`.
  data: z.custom<Record<string, unknown>>(value => typeof value === 'object').optional(),
  errors: z
    .array(
      z.object({
        message: z.string(),
        path: z.array(z.union([z.string(), z.number()])).optional(),
        extensions: z.looseObject({ code: z.string() }),
      }),
    )
    .optional(),
})

/** Most answers have data and no errors, and data is taken as it is. */
const responseOf = (parsed: unknown): SubgraphResponse =>
  isTree(parsed) && isTree(parsed.data) && parsed.errors === undefined
    ? { data: parsed.data }
    : responseSchema.parse(parsed)

/**
 * A subgraph in another process, asked over kept-alive connections.
 *
 * Each request is signed and says for whom it is made; when the caller goes, the connection is cut, and the other
 * process stops its work.
 *
 * @param options.deadlineMs  how long an answer may take when the Context names no end
 */
export function overHttp(
  name: string,
  url: string,
  auth: InternalAuth,
  report: Report,
  options: { connections?: number; deadlineMs?: number } = {},
): Subgraph {
  const { connections = 32, deadlineMs = 30_000 } = options
  const { origin, pathname } = new URL(url)
  const path = pathname === '/' ? subgraphPath(name) : pathname
  const pool = new Pool(origin, {
    connections,
    keepAliveTimeout: 4_000,
    connectTimeout: 3_000,
    maxResponseSize: responseBytesMax,
  })

  async function ask(body: string, token: string, { traceparent, meter, signal }: Context): Promise<SubgraphResponse> {
    const headers = {
      'content-type': 'application/json',
      [internalHeader]: token,
      ...(traceparent && { traceparent }),
    }
    const answer = await post(pool, { path, headers, body, deadlineMs, signal })
    if (meter) addServed(meter, answer.headers[databaseHeader])
    if (answer.status !== 200) throw new Error(`subgraph ${name} answered ${answer.status}`)
    return responseOf(JSON.parse(answer.text))
  }

  return {
    name,
    async execute({ text, operationName, variables }, ctx) {
      const { principal, requestId, door, validation, isRehearsal } = ctx
      const claims = () => ({
        ...{ principal, requestId, door, validation, isRehearsal, deadline: Date.now() + deadlineMs },
        repeatable: ctx.repeatable && numbered(ctx.repeatable),
      })
      // What may be repeated has a number of its own.
      const token = ctx.repeatable ? auth.sign(claims()) : auth.signFor(ctx, claims)
      try {
        return await ask(JSON.stringify({ query: text, operationName, variables }), token, ctx)
      } catch (thrown) {
        const isOver = isEnd(thrown)
        const cause = isOver ? thrown : away(thrown)
        return { data: null, errors: [maskError(cause, { requestId, signal: { aborted: isOver } }, report)] }
      }
    },
    close: () => pool.destroy(),
  }
}

function addServed(meter: Meter, header: string | string[] | undefined) {
  const [ms = NaN, rows = NaN] = String(header).split(' ').map(Number)
  if (!(ms >= 0 && rows >= 0)) return
  meter.databaseMs += ms
  meter.rows += rows
}

/** The other process numbers the writes of this request to it, of which it has no more than there are root fields. */
const numbered = ({ caller, key, fingerprint, nextStep }: Repeatable) => ({
  ...{ caller, key, fingerprint },
  step: (nextStep() + 1) * writesMax,
})

const writesMax = 10_000

/** The caller has gone, or its time is over. */
const isEnd = (thrown: unknown) => thrown instanceof Error && /^(AbortError|TimeoutError)$/.test(thrown.name)

/** A subgraph that cannot be reached is away, whatever the reason; the reason is logged. */
const away = (thrown: unknown) =>
  Object.assign(new Error('A subgraph does not answer', { cause: thrown }), { code: 'ECONNREFUSED' })
