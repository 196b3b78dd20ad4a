import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { afterAll } from 'vitest'

/** A way to a server that can be cut and mended: connections break, new ones are refused. */
export async function cuttableProxy(target: URL) {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    const onward = connect(Number(target.port), target.hostname)
    for (const [each, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      sockets.add(each)
      each.on('error', () => other.destroy())
      each.on('close', () => {
        sockets.delete(each)
        other.destroy()
      })
      each.pipe(other)
    }
  })
  const listen = (port: number) =>
    new Promise<number>(resolve =>
      server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
    )
  const port = await listen(0)
  const cut = async () => {
    const closed = new Promise(resolve => server.close(resolve))
    for (const socket of sockets) socket.destroy()
    await closed
  }
  afterAll(async () => {
    if (server.listening) await cut()
  })
  const url = new URL(target)
  url.hostname = '127.0.0.1'
  url.port = String(port)
  return { url, cut, mend: () => listen(port) }
}
