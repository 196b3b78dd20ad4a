import type { Dispatcher } from 'undici'

export type Posted = {
  readonly status: number
  readonly headers: Dispatcher.ResponseData['headers']
  readonly text: string
}

type Options = {
  readonly path: string
  readonly headers: Record<string, string>
  readonly body: string
  /** When the caller stops waiting, in milliseconds from now. */
  readonly deadlineMs: number
  readonly signal?: AbortSignal
}

/**
 * Posts a text and reads the whole answer.
 *
 * undici's `request` makes a stream of every answer, and a deadline by `AbortSignal.any` costs about as much as all else
 * here; a subgraph is asked for each part of an operation, so this listens to the connection itself.
 *
 * @throws AbortError, TimeoutError, or what undici says of the connection
 */
export function post(pool: Dispatcher, { path, headers, body, deadlineMs, signal }: Options): Promise<Posted> {
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined
    let over: Error | undefined
    let status = 0
    let answered: Posted['headers'] = {}
    const chunks: Buffer[] = []

    const stop = (reason: Error) => {
      over = reason
      controller?.abort(reason)
    }
    const onAbort = () => stop(new DOMException('The caller has gone', 'AbortError'))
    const timer = setTimeout(() => stop(new DOMException('A subgraph took too long', 'TimeoutError')), deadlineMs)
    const end = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
    }
    const fail = (error: Error) => {
      end()
      reject(over ?? error)
    }
    if (signal?.aborted) return fail(new DOMException('The caller has gone', 'AbortError'))
    signal?.addEventListener('abort', onAbort)

    pool.dispatch(
      { path, method: 'POST', headers, body },
      {
        onRequestStart(given) {
          controller = given
          if (over) given.abort(over)
        },
        onResponseStart(_controller, code, given) {
          status = code
          answered = given
        },
        onResponseData(_controller, chunk) {
          chunks.push(chunk)
        },
        onResponseEnd() {
          end()
          const [first] = chunks
          const whole = first && chunks.length === 1 ? first : Buffer.concat(chunks)
          resolve({ status, headers: answered, text: whole.toString('utf8') })
        },
        onResponseError(_controller, error) {
          fail(error)
        },
      },
    )
  })
}
