import type { ServerResponse } from 'node:http'

const lookMs = 5_000

/** A client that has taken nothing for so long, though something waits for it, is cut off. It can go on from its cursor. */
const stuckMsMax = 30_000

/** Cuts a response that does not move, so that nobody holds a place in the house by not reading. */
export function cutWhenStuck(response: ServerResponse, msMax = stuckMsMax) {
  if (response.closed) return
  let taken = -1
  let since = performance.now()
  const timer = setInterval(() => {
    const { socket } = response
    const written = (socket?.bytesWritten ?? 0) - (socket?.writableLength ?? 0)
    const isWaiting = (socket?.writableLength ?? 0) > 0
    if (!isWaiting || written !== taken) {
      taken = written
      since = performance.now()
    } else if (performance.now() - since > msMax) response.destroy()
  }, lookMs).unref()
  response.once('close', () => clearInterval(timer))
}
