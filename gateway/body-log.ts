import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Pool } from '../drizzle/client.ts'
import { legacySessions } from '../subgraphs/ops/log-policies.ts'
import type { Report } from './error-mask.ts'
import type { Graphs } from './graphs.ts'
import { noteOf } from './log.ts'
import { redactBody } from './redact/body.ts'
import { redactHeaders } from './redact/headers.ts'
import { redactParameters } from './redact/query.ts'
import { vocabularyOf, type Vocabulary } from './redact/vocabulary.ts'

type Deps = { readonly sql: Pool; readonly graphs: Graphs; readonly report: Report; readonly now: () => Date }

/** A change of what is kept is known this soon. */
const lookMs = 2_000
const writeMs = 500

/** What waits to be written at most; more is left out. */
const waitingMax = 500

type Row = ReturnType<typeof rowOf>

/**
 * Keeps what the API clients send and are answered for which an administrator wants it, redacted. For all others, which
 * are nearly all, it costs one look into a map.
 *
 * @returns stops it, when what waits is written
 */
export function keepBodiesOf(app: FastifyInstance, { sql, graphs, report, now }: Deps): () => Promise<void> {
  let until: ReadonlyMap<string, number> = new Map()
  let waiting: Row[] = []
  let timer: NodeJS.Timeout | undefined
  let writing = Promise.resolve()

  const look = async () => {
    const rows = await sql<{ id: string; until: string }[]>`
      select client_id as id, bodies_until as until from log_policy where bodies_until > ${now().toISOString()}`
    until = new Map(rows.map(row => [row.id, Date.parse(`${row.until}Z`)]))
  }
  // What was read last holds until its time is over, whatever happens to the database.
  const looking = setInterval(() => void look().catch(() => undefined), lookMs)
  looking.unref()

  function write() {
    clearTimeout(timer)
    timer = undefined
    const rows = waiting
    waiting = []
    if (rows.length > 0) {
      writing = writing.then(() => insert(sql, rows)).catch((error: unknown) => report(error, 'bodies of requests'))
    }
    return writing
  }

  app.addHook('onSend', (request, reply, payload, done) => {
    done(null, payload)
    if (until.size === 0) return
    const clientId = clientOf(request)
    if (clientId === undefined || (until.get(clientId) ?? 0) <= now().getTime()) return
    reply.raw.once('close', () => {
      if (waiting.length >= waitingMax) return
      const { catalog, api } = graphs.current
      waiting.push(rowOf(clientId, request, reply, payload, { vocabulary: vocabularyOf(catalog, api), at: now() }))
      timer ??= setTimeout(() => void write(), writeMs).unref()
    })
  })

  return () => {
    clearInterval(looking)
    return write()
  }
}

function clientOf(request: FastifyRequest): string | undefined {
  const { clientId, door } = noteOf(request)
  return clientId ?? (door === 'v4_1' ? legacySessions : undefined)
}

function rowOf(
  clientId: string,
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
  { vocabulary, at }: { vocabulary: Vocabulary; at: Date },
) {
  const [, query = ''] = request.url.split(/\?(.*)/s)
  return {
    at: at.toISOString(),
    request_id: request.id,
    client_id: clientId,
    headers: redactHeaders(request.headers),
    query: query === '' ? null : redactParameters(query, vocabulary),
    request: redactBody(bytesOf(request.body), request.headers['content-type'], vocabulary),
    response: redactBody(bytesOf(payload), reply.getHeader('content-type'), vocabulary),
  }
}

/** Some doors read JSON themselves. A stream is not held up to be looked at. */
function bytesOf(body: unknown): Buffer {
  if (Buffer.isBuffer(body)) return body
  if (typeof body === 'string') return Buffer.from(body)
  return isPlain(body) ? Buffer.from(JSON.stringify(body)) : Buffer.alloc(0)
}

const isPlain = (body: unknown) => typeof body === 'object' && body !== null && !('pipe' in body)

const insert = async (sql: Pool, rows: readonly Row[]): Promise<void> => {
  await sql`insert into request_body (at, request_id, client_id, headers, query, request, response)
    select at, request_id, client_id, headers, query, request, response
    from jsonb_populate_recordset(null::request_body, ${JSON.stringify(rows).toWellFormed()}::jsonb)`
}
