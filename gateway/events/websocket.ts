import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { CloseCode } from 'graphql-ws'
import { useServer, type Extra } from 'graphql-ws/use/ws'
import { GraphQLError, GraphQLSchema, parse, type ExecutionResult } from 'graphql'
import type { FastifyInstance } from 'fastify'
import { WebSocketServer, type WebSocket } from 'ws'
import { z } from 'zod'
import type { Principal } from '../../schema/principal.ts'
import type { DoorDeps } from '../doors.ts'
import { outcomeOf } from '../outcome.ts'
import type { PublicError, SubgraphResponse } from '../supergraph/subgraph.ts'
import type { Share } from './broadcast.ts'
import { endOf, standingOf, whileWelcome } from './streams.ts'
import { askedSchema } from './subscriptions.ts'

/** A browser cannot send headers with a WebSocket, so the token may come in the first message. */
const initSchema = z
  .looseObject({ Authorization: z.string().optional(), authorization: z.string().optional() })
  .nullish()
  .transform(given => given?.authorization ?? given?.Authorization)

/** What a connection is known by, from its first message on. */
type Known = {
  readonly requestId: string
  readonly startedAt: number
  readonly gone: AbortController
  principal?: Principal
  welcome?: AbortSignal
}

const payloadBytesMax = 1024 * 1024
const initMsMax = 10_000
const pingMs = 12_000

/** Only these are taken off HTTP; who asks for h2c, as Java does, is answered in HTTP/1.1. */
export const isForWebSockets = ({ headers, url = '' }: IncomingMessage) =>
  headers.upgrade?.toLowerCase() === 'websocket' && /^\/graphql(\/stream)?(\?|$)/.test(url)

/**
 * GraphQL over WebSocket at `/graphql`, for subscriptions: the protocol graphql-transport-ws.
 *
 * The token is shown in `connection_init` or in the header of the handshake. When it is not valid any more the connection
 * is closed with 4401, when the house closes with 1001.
 *
 * @see https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md read 2026-11
 */
export function openWebSockets(app: FastifyInstance, deps: DoorDeps): void {
  const { identity, subscriptions, streams, keep } = deps
  const sockets = new WebSocketServer({ noServer: true, maxPayload: payloadBytesMax })
  const known = new WeakMap<WebSocket, Known>()

  app.server.on('upgrade', (request, socket, head) => {
    sockets.handleUpgrade(request, socket, head, ws => {
      known.set(ws, { requestId: randomUUID(), startedAt: performance.now(), gone: new AbortController() })
      sockets.emit('connection', ws, request)
    })
  })

  async function enter({ socket, request }: Extra, parameters: unknown): Promise<boolean> {
    const connection = known.get(socket)
    const given = initSchema.safeParse(parameters)
    if (!connection || !given.success) return refuse(socket)
    const headers = given.data === undefined ? request.headers : { authorization: given.data }
    const shown = { headers, method: 'GET', url: '/graphql', ip: request.socket.remoteAddress }
    const caller = await identity.authenticate(shown)
    if (caller.kind !== 'ok') return refuse(socket)
    const { principal } = caller
    const welcome = whileWelcome(principal, standingOf(identity, headers), streams.closing, connection.gone.signal)
    welcome.addEventListener('abort', () => {
      const end = endOf(welcome)
      if (end) socket.close(end.code === 'UNAVAILABLE' ? goingAway : CloseCode.Unauthorized, end.code)
    })
    Object.assign(connection, { principal, welcome })
    return true
  }

  useServer<Record<string, unknown>>(
    {
      connectionInitWaitTimeout: initMsMax,
      onConnect: ctx => enter(ctx.extra, ctx.connectionParams),
      async onSubscribe({ extra: { socket } }, _id, payload) {
        const { principal, welcome, requestId } = known.get(socket) ?? {}
        const asked = askedSchema.safeParse(payload)
        if (!principal || !welcome || !requestId || !asked.success)
          return [new GraphQLError('This cannot be understood')]
        const opened = await subscriptions.open(asked.data, { principal, requestId, signal: welcome })
        if (opened.kind === 'refused') return opened.errors.map(asGraphQLError)
        return { schema: noSchema, document: subscriptionDocument, contextValue: opened.answers }
      },
      subscribe: ({ contextValue }) => asResults(contextValue as Share<SubgraphResponse>),
    },
    sockets,
    pingMs,
  )

  sockets.on('connection', (socket, request) => {
    const connection = known.get(socket)
    if (!connection) return
    socket.once('close', code => {
      connection.gone.abort(new DOMException('The caller has gone', 'AbortError'))
      keep(entryOf(connection, request, code))
    })
  })
}

const goingAway = 1001

function refuse(socket: WebSocket): false {
  socket.close(CloseCode.Unauthorized, 'UNAUTHENTICATED')
  return false
}

const asGraphQLError = ({ message, path, extensions }: PublicError) => new GraphQLError(message, { path, extensions })

/** graphql-ws calls the `toJSON` of errors. Whoever ends what this gives ends the share. */
const asResults = (answers: Share<SubgraphResponse>): AsyncIterableIterator<ExecutionResult> => ({
  [Symbol.asyncIterator]() {
    return this
  },
  async next() {
    const given = await answers.next()
    if (given.done) return { done: true, value: undefined }
    const { errors, ...answer } = given.value
    return { done: false, value: { ...answer, ...(errors && { errors: errors.map(asGraphQLError) }) } }
  },
  async return() {
    await answers.return?.()
    return { done: true, value: undefined }
  },
})

/** graphql-ws looks only at what kind of operation it has; what is run is ready before. */
const noSchema = new GraphQLSchema({})
const subscriptionDocument = parse('subscription { opened }')

/** A connection is one row in the log of requests, however many subscriptions it had. */
function entryOf({ requestId, startedAt, principal }: Known, request: IncomingMessage, closeCode: number) {
  const ms = performance.now() - startedAt
  const code = closeCode === Number(CloseCode.Unauthorized) ? 'UNAUTHENTICATED' : undefined
  return {
    at: Date.now() - ms,
    request_id: requestId,
    door: 'graphql',
    method: 'GET',
    route: '/graphql',
    operation: 'websocket',
    status: 101,
    code,
    outcome: outcomeOf(code),
    user_id: principal?.userId,
    client_id: principal?.clientId,
    key_id: principal?.keyId,
    address: request.socket.remoteAddress,
    ms: Math.round(ms * 100) / 100,
  }
}
