import { once } from 'node:events'
import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'

/** How long a request may keep us from closing. */
const drainMsMax = 10_000

/**
 * Prepares a server to be closed in order: what is under way is answered, what comes is refused, and connections that
 * only wait are cut. Node's own `closeIdleConnections` leaves those that have never asked anything, such as browsers
 * keep in store. A connection can be gone before its response has said that it is over, which is when its entry for
 * the log is made: that is waited for too.
 *
 * @returns closes the server
 */
export function drainable(app: FastifyInstance): () => Promise<void> {
  const waiting = new Set<Socket>()
  const open = new Set<ServerResponse>()
  const server: Server = app.server
  server.on('connection', socket => {
    waiting.add(socket)
    socket.once('close', () => waiting.delete(socket))
  })
  server.on('request', (request, response) => {
    const { socket } = request
    waiting.delete(socket)
    open.add(response)
    response.once('close', () => {
      open.delete(response)
      if (!socket.destroyed) waiting.add(socket)
    })
  })
  return async () => {
    const cut = () => waiting.forEach(socket => socket.destroy())
    const idle = setInterval(cut, 50)
    const late = setTimeout(() => server.closeAllConnections(), drainMsMax)
    await app.close()
    for (const response of open) await once(response, 'close')
    await new Promise(resolve => setImmediate(resolve))
    clearInterval(idle)
    clearTimeout(late)
  }
}
