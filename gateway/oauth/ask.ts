import type { EventEmitter } from 'node:events'
import { IncomingMessage, ServerResponse, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http'
import { Socket } from 'node:net'
import type { KoaContextWithOIDC } from 'oidc-provider'
import type Provider from 'oidc-provider'

export type Question = {
  readonly method: 'GET' | 'POST' | 'OPTIONS'
  /** A path of oidc-provider's own, with the query. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
  /** A form as it was sent; `headers` say that it is one. */
  readonly body?: Buffer
}

export type Answer = {
  readonly status: number
  readonly headers: OutgoingHttpHeaders
  readonly body: string
  /** Why it failed, in oidc-provider's own words; more than it tells its callers. */
  readonly error?: Error
  /** Who asked and for whom, as far as it came to light. */
  readonly clientId?: string
  readonly userId?: string
}

/**
 * Asks the authorization server without a connection, so that its answer can be put into another form and doors stay
 * ordinary handlers.
 */
export type Ask = (question: Question) => Promise<Answer>

const failed = [
  ...['grant.error', 'authorization.error', 'pushed_authorization_request.error', 'device_authorization.error'],
  ...['introspection.error', 'revocation.error', 'code_verification.error', 'device_resume.error', 'server_error'],
] as const
const succeeded = ['grant.success', 'authorization.success', 'pushed_authorization_request.success'] as const

type Facts = Pick<Answer, 'error' | 'clientId' | 'userId'>

export function asking(provider: Provider): Ask {
  const handle = provider.callback()
  const facts = new WeakMap<object, Facts>()
  const note = (ctx: KoaContextWithOIDC, error?: Error) => {
    const { Client, Account } = ctx.oidc?.entities ?? {}
    facts.set(ctx.req, {
      ...(error && { error }),
      ...(Client && { clientId: Client.clientId }),
      ...(Account && { userId: Account.accountId }),
    })
  }
  const events: EventEmitter = provider
  for (const event of failed) events.on(event, note)
  for (const event of succeeded) events.on(event, (ctx: KoaContextWithOIDC) => note(ctx))

  return question =>
    new Promise((resolve, reject) => {
      const request = requestOf(question)
      const response = new ServerResponse(request)
      response.end = ((body?: unknown) => {
        resolve({
          status: response.statusCode,
          headers: response.getHeaders(),
          body: typeof body === 'string' ? body : Buffer.isBuffer(body) ? body.toString('utf8') : '',
          ...facts.get(request),
        })
        return response
      }) as typeof response.end
      Promise.resolve(handle(request, response)).catch(reject)
    })
}

/** A form as {@link Question} wants it. */
export const formBody = (form: Readonly<Record<string, string>>) => Buffer.from(new URLSearchParams(form).toString())
export const formType = { 'content-type': 'application/x-www-form-urlencoded' } as const

function requestOf({ method, url, headers, body }: Question) {
  const request = new IncomingMessage(new Socket())
  request.method = method
  request.url = url
  request.headers = { ...headers }
  delete request.headers['content-length']
  delete request.headers['transfer-encoding']
  if (body) {
    request.headers['content-length'] = String(body.length)
    request.push(body)
  }
  request.push(null)
  request.complete = true
  return request
}
