import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { newSecretText } from '../../subgraphs/webhooks/signing/secret-text.ts'

/** A request as a receiver got it. */
export type Received = {
  readonly path: string
  readonly method: string
  /** Its headers were complete. */
  readonly at: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** The event. */
  readonly id: string
  /** The reference library of Standard Webhooks accepts it. */
  readonly isVerified: boolean
}

type Answer = (response: ServerResponse, received: Received, nth: number) => void

export type Receiver = Awaited<ReturnType<typeof openReceiver>>

/** A real server that answers each path as it is told to, 204 otherwise, and verifies whatever comes. */
export async function openReceiver(secret = newSecretText('v1')) {
  const webhook = new Webhook(secret)
  const received: Received[] = []
  const answers = new Map<string, Answer>()
  let underWay = 0
  const most = new Map<string, number>()

  const server = createServer((request, response) => {
    const at = performance.now()
    const path = request.url ?? ''
    underWay += 1
    most.set(path, Math.max(most.get(path) ?? 0, underWay))
    response.on('close', () => (underWay -= 1))
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString()
      const { headers, method = '' } = request
      const one = {
        path,
        method,
        at,
        headers,
        text,
        id: String(headers['webhook-id']),
        isVerified: verifies(text, headers),
      }
      const nth = received.filter(each => each.path === path).length + 1
      received.push(one)
      const answer = answers.get(path)
      if (answer) answer(response, one, nth)
      else response.writeHead(204).end()
    })
  })
  const verifies = (text: string, headers: IncomingHttpHeaders) => {
    try {
      webhook.verify(text, headers as Record<string, string>)
      return true
    } catch {
      return false
    }
  }
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo

  return {
    secret,
    received,
    url: (path: string) => `http://127.0.0.1:${port}${path}`,
    to: (path: string) => received.filter(each => each.path === path),
    answer: (path: string, answer: Answer) => void answers.set(path, answer),
    /** How many requests were under way at once when one to the path came. */
    mostAtOnce: (path: string) => most.get(path) ?? 0,
    async close() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

export const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  response =>
    void response.writeHead(code, headers).end()

/** The first answers in turn, then the last again and again. */
export const inTurn =
  (...answers: readonly Answer[]): Answer =>
  (response, received, nth) =>
    answers[Math.min(nth, answers.length) - 1]?.(response, received, nth)
