import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Pool } from '../drizzle/client.ts'
import type { Vocabulary } from '../schema/redact/value.ts'
import { legacySessions } from '../subgraphs/ops/log-policies.ts'
import type { Report } from './error-mask.ts'
import { gather } from './gather.ts'
import type { Graphs } from './graphs.ts'
import { noteOf } from './log.ts'
import type { LogPolicies } from './log-policy.ts'
import { redactBody } from './redact/body.ts'
import { redactHeaders } from './redact/headers.ts'
import { redactParameters } from './redact/query.ts'
import { vocabularyOf } from './redact/vocabulary.ts'

type Deps = {
  readonly sql: Pool
  readonly graphs: Graphs
  readonly report: Report
  readonly now: () => Date
  readonly policies: LogPolicies
}

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
export function keepBodiesOf(app: FastifyInstance, { sql, graphs, report, now, policies }: Deps): () => Promise<void> {
  const rows = gather<Row>({
    ...{ name: 'bodies of requests', everyMs: writeMs, waitingMax, report },
    write: rows => insert(sql, rows),
  })

  app.addHook('onSend', (request, reply, payload, done) => {
    done(null, payload)
    if (!policies.keepsBodies) return
    const clientId = clientOf(request)
    if (clientId === undefined || !policies.keepsBodiesOf(clientId)) return
    reply.raw.once('close', () => {
      if (rows.isFull) return
      const { catalog, api } = graphs.current
      rows.add(rowOf(clientId, request, reply, payload, { vocabulary: vocabularyOf(catalog, api), at: now() }))
    })
  })

  return rows.close
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

const insert = (sql: Pool, rows: readonly Row[]) =>
  sql`insert into request_body (at, request_id, client_id, headers, query, request, response)
    select at, request_id, client_id, headers, query, request, response
    from jsonb_populate_recordset(null::request_body, ${JSON.stringify(rows).toWellFormed()}::jsonb)`
