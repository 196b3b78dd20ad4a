import { Agent, type buildConnector, type Dispatcher } from 'undici'
import { LRUCache } from 'lru-cache'
import { retryAfterMs } from '../../subgraphs/webhooks/retry-after.ts'
import type { AttemptEnd } from '../../subgraphs/webhooks/next-step.ts'
import { outcomeOfStatus } from '../../subgraphs/webhooks/outcome.ts'
import type { ClientCertificate, Message } from '../../subgraphs/webhooks/message.ts'
import { Ended, outcomeOfFailure, type Stage } from './failure.ts'

/** What became of a request. */
export type Sent = AttemptEnd & {
  readonly message?: string | undefined
  /** Until the answer began; absent where there was none. */
  readonly responseMs?: number | undefined
  readonly ms: number
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: Buffer | undefined
}

export type Request = Omit<Extract<Message, { kind: 'request' }>, 'kind' | 'isCutToThin'> & {
  readonly method?: 'POST' | 'GET'
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** How connections are made, with a certificate or without. */
export type ConnectorFor = (certificate: ClientCertificate | undefined) => buildConnector.connector

export type Sender = { send(request: Request): Promise<Sent>; close(): Promise<void> }

/** Of an answer, so much is kept; what follows is not even read. */
export const responseBytesMax = 16 * 1024
const headerBytesMax = 4 * 1024
const certificatesMax = 100

/** Sends requests to receivers. It follows no redirect, repeats nothing, and reads no more than it keeps. */
export function createSender(connectorFor: ConnectorFor): Sender {
  const agentWith = (certificate?: ClientCertificate) =>
    // Time limits are our own: one for all stages of a request.
    new Agent({ connect: connectorFor(certificate), headersTimeout: 0, bodyTimeout: 0, pipelining: 1 })
  const plain = agentWith()
  const certified = new LRUCache<string, Agent>({
    max: certificatesMax,
    dispose: agent => void agent.close().catch(() => undefined),
  })

  const agentFor = (certificate: ClientCertificate | undefined) => {
    if (!certificate) return plain
    const key = `${certificate.cert}\n${certificate.key}\n${certificate.ca ?? ''}`
    const known = certified.get(key) ?? agentWith(certificate)
    certified.set(key, known)
    return known
  }

  return {
    send: request => exchange(agentFor(request.certificate), request),
    async close() {
      await Promise.all([plain.close(), ...[...certified.values()].map(agent => agent.close())])
    },
  }
}

function exchange(
  agent: Dispatcher,
  { url, method = 'POST', headers, body, timeoutMs, signal }: Request,
): Promise<Sent> {
  const startedAt = performance.now()
  const since = () => performance.now() - startedAt
  const { origin, pathname, search } = new URL(url)
  return new Promise(resolve => {
    let stage: Stage = 'connecting'
    let controller: Dispatcher.DispatchController | undefined
    let answer: { readonly status: number; readonly headers: Record<string, string>; readonly ms: number } | undefined
    const chunks: Buffer[] = []
    let bytes = 0
    let isOver = false

    const finish = (error?: Error) => {
      if (isOver) return
      isOver = true
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      resolve(
        answer ? answered(answer, chunks, since(), error) : unanswered(error ?? new Ended('deadline'), stage, since()),
      )
    }
    const end = (why: Ended['why']) => {
      const reason = new Ended(why)
      finish(reason)
      controller?.abort(reason)
    }
    const timer = setTimeout(() => end('deadline'), timeoutMs)
    const onAbort = () => end('closing')
    signal.addEventListener('abort', onAbort)

    agent.dispatch(
      { origin, path: `${pathname}${search}`, method, headers, body: method === 'POST' ? body : null },
      {
        onRequestStart(given) {
          controller = given
          // Its time was over before there was a connection.
          if (isOver) given.abort(new Ended('deadline'))
          else stage = 'waiting'
        },
        onResponseStart(_controller, status, given) {
          if (status < 200) return
          stage = 'reading'
          answer = { status, headers: kept(given), ms: since() }
        },
        onResponseData(_controller, chunk) {
          chunks.push(chunk.subarray(0, responseBytesMax - bytes))
          bytes += chunk.length
          if (bytes > responseBytesMax) end('cap')
        },
        onResponseEnd: () => finish(),
        onResponseError: (_controller, error) => finish(error),
      },
    )
  })
}

function answered(
  { status, headers, ms: responseMs }: { status: number; headers: Record<string, string>; ms: number },
  chunks: readonly Buffer[],
  ms: number,
  error: Error | undefined,
): Sent {
  const isCut = error !== undefined && !(error instanceof Ended && error.why === 'cap')
  return {
    ...{ outcome: outcomeOfStatus(status), status, responseMs, ms, headers, mayHaveArrived: true },
    retryAfterMs: retryAfterMs(headers['retry-after'], Date.now()),
    body: chunks.length > 0 ? Buffer.concat(chunks) : undefined,
    message: isCut ? 'The answer did not come to its end' : undefined,
  }
}

function unanswered(error: Error, stage: Stage, ms: number): Sent {
  const outcome = outcomeOfFailure(error, stage)
  return {
    outcome,
    ms,
    mayHaveArrived: stage !== 'connecting',
    mayRetry: outcome !== 'policy_blocked',
    message: says[outcome],
  }
}

/** For the owner. None tells what a name resolves to. */
const says: Readonly<Partial<Record<Sent['outcome'], string>>> = {
  timeout_connect: 'No connection within the time limit',
  timeout_wait: 'No answer within the time limit',
  dns: 'The host name could not be resolved',
  refused: 'The connection was refused',
  reset: 'The connection was reset',
  receiver_abort: 'The receiver closed the connection without an answer',
  tls: 'No secure connection: the certificate or the protocol of the receiver is not accepted',
  policy_blocked: 'The address does not lead to a public address',
  our_fault: 'The request could not be made',
}

function kept(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const all: Record<string, string> = {}
  let bytes = 0
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || name === 'set-cookie') continue
    const text = (Array.isArray(value) ? value.join(', ') : value).replaceAll('\0', '')
    bytes += name.length + text.length
    if (bytes > headerBytesMax) break
    all[name] = text
  }
  return all
}
