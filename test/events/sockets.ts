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

/**
 * Connects, and waits until the token is accepted.
 *
 * @param tell  is told of each message as it comes
 * @throws Error  the token is refused
 */
export async function openSocket(
  url: string,
  token: string,
  tell: (message: OpenSocket['messages'][number]) => void = () => {},
): Promise<OpenSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  const messages: OpenSocket['messages'] = []
  const acknowledged = Promise.withResolvers<void>()
  const closed = new Promise<number>(resolve => socket.once('close', resolve))
  socket.on('error', () => {}) // it is closed then, with a code
  socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString()) as OpenSocket['messages'][number]
    if (message.type === 'connection_ack') acknowledged.resolve()
    else {
      messages.push(message)
      tell(message)
    }
  })
  void closed.then(code => acknowledged.reject(new Error(`closed with ${code}`)))
  await Promise.race([once(socket, 'open'), acknowledged.promise])
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
