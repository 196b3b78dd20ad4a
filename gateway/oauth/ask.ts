import { IncomingMessage, ServerResponse, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http'
import { Socket } from 'node:net'
import type Provider from 'oidc-provider'

export type Question = {
  readonly method: 'GET' | 'POST'
  /** A path of oidc-provider's own, with the query. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly form?: Record<string, string>
}

export type Answer = {
  readonly status: number
  readonly headers: OutgoingHttpHeaders
  readonly body: string
  /** Why it failed, in oidc-provider's own words; more than it tells its callers. */
  readonly error?: Error
}

/**
 * Asks the authorization server without a connection, so that its answer can be put into another form and doors stay
 * ordinary handlers.
 */
export type Ask = (question: Question) => Promise<Answer>

export function asking(provider: Provider): Ask {
  const handle = provider.callback()
  const failures = new WeakMap<object, Error>()
  const note = (ctx: { req: object }, error: Error) => void failures.set(ctx.req, error)
  provider.on('grant.error', note)
  provider.on('authorization.error', note)
  provider.on('server_error', note)

  return question =>
    new Promise((resolve, reject) => {
      const request = requestOf(question)
      const response = new ServerResponse(request)
      response.end = ((body?: unknown) => {
        const error = failures.get(request)
        resolve({
          status: response.statusCode,
          headers: response.getHeaders(),
          body: typeof body === 'string' ? body : Buffer.isBuffer(body) ? body.toString('utf8') : '',
          ...(error ? { error } : {}),
        })
        return response
      }) as typeof response.end
      Promise.resolve(handle(request, response)).catch(reject)
    })
}

function requestOf({ method, url, headers, form }: Question) {
  const request = new IncomingMessage(new Socket())
  const body = form && new URLSearchParams(form).toString()
  request.method = method
  request.url = url
  request.headers = { ...headers }
  delete request.headers['content-length']
  delete request.headers['transfer-encoding']
  if (body !== undefined) {
    request.headers['content-type'] = 'application/x-www-form-urlencoded'
    request.headers['content-length'] = String(Buffer.byteLength(body))
    request.push(body)
  }
  request.push(null)
  request.complete = true
  return request
}
