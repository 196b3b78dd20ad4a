import { once } from 'node:events'
import { WebSocket } from 'ws'

/** A connection of the protocol graphql-transport-ws, as bytes go over it. */
export type OpenSocket = {
  readonly socket: WebSocket
  /** What the server has sent, connection_ack left out. */
  readonly messages: { readonly type: string; readonly id?: string; readonly payload?: unknown }[]
  /** The code that it is closed with. */
  readonly closed: Promise<number>
  subscribe(query: string, variables?: Readonly<Record<string, unknown>>): void
}

/** Connects, and waits until the token is accepted. @throws when it is not */
export async function openSocket(url: string, token: string): Promise<OpenSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  const messages: OpenSocket['messages'] = []
  const acknowledged = Promise.withResolvers<void>()
  const closed = once(socket, 'close').then(([code]) => Number(code))
  socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString()) as OpenSocket['messages'][number]
    if (message.type === 'connection_ack') acknowledged.resolve()
    else messages.push(message)
  })
  void closed.then(code => acknowledged.reject(new Error(`closed with ${code}`)))
  await once(socket, 'open')
  socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } }))
  await acknowledged.promise
  return {
    socket,
    messages,
    closed,
    subscribe: (query, variables = {}) =>
      socket.send(JSON.stringify({ id: crypto.randomUUID(), type: 'subscribe', payload: { query, variables } })),
  }
}
