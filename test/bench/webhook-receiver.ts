import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

// A receiver in a process of its own: answers 204 to everything, and remembers what came when.

/** A request: its path, the record that it tells of, and when its first bytes were here, in milliseconds since 1970. */
export type Arrival = readonly [path: string, record: string, at: number]

let arrivals: Arrival[] = []
const server = createServer((request, response) => {
  const at = performance.timeOrigin + performance.now()
  let text = ''
  request.setEncoding('latin1').on('data', (chunk: string) => (text += chunk))
  request.on('end', () => {
    arrivals.push([request.url ?? '', /[0-9a-f]{8}-[0-9a-f-]{27}/.exec(text)?.[0] ?? '', at])
    response.writeHead(204).end()
  })
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
process.on('message', order => {
  if (order === 'count') process.send?.(arrivals.length)
  else {
    process.send?.(arrivals)
    arrivals = []
  }
})
