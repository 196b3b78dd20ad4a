import type { ServerResponse } from 'node:http'

/**
 * A signal that ends when the caller has hung up, or `untilMs` is over (milliseconds since 1970).
 *
 * It never ends once the answer is written, so what was answered is not cancelled.
 */
export function requestSignal(response: ServerResponse, untilMs: number): AbortSignal {
  const stop = new AbortController()
  const timer = setTimeout(
    () => stop.abort(new DOMException('The request took too long', 'TimeoutError')),
    untilMs - Date.now(),
  )
  const end = () => {
    clearTimeout(timer)
    if (!response.writableFinished) stop.abort(new DOMException('The caller has gone', 'AbortError'))
  }
  if (response.closed) end()
  else response.once('close', end)
  return stop.signal
}
