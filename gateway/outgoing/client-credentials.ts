import { Agent, request } from 'undici'
import { z } from 'zod'
import { urlFault, type OutgoingRules } from '../../schema/public-address.ts'
import { ForbiddenAddress, guardedConnector } from './guard.ts'

/** A client of somebody else's authorization server. */
export type ClientCredentials = {
  readonly tokenUrl: string
  readonly clientId: string
  readonly clientSecret: string
  readonly scope?: string
  readonly audience?: string
  readonly clientAuthentication: 'BASIC' | 'BODY'
}

export type GivenToken = { readonly token: string; readonly seconds: number }

const answer = z.object({
  access_token: z.string().min(1).max(16_000),
  expires_in: z.coerce.number().min(0).optional(),
})

/** Where the answer does not say how long a token is good. @see RFC 6749, 5.1 */
const secondsDefault = 300
const answerBytesMax = 64 * 1024

/**
 * Asks for access tokens with client credentials, through the guard.
 *
 * @returns a function that throws in words for who set the credentials up: no secret, no answer's text, no address
 * @see RFC 6749, 4.4
 */
export function tokenFetcher(rules: OutgoingRules) {
  const agent = new Agent({
    connect: guardedConnector(rules, { timeout: 5_000 }),
    headersTimeout: 10_000,
    bodyTimeout: 10_000,
    maxResponseSize: answerBytesMax,
  })

  async function fetchToken(given: ClientCredentials): Promise<GivenToken> {
    if (urlFault(given.tokenUrl, rules)) throw new ForbiddenAddress()
    const { status, text } = await asked(given, agent)
    if (status !== 200) throw new Error(`the authorization server answered ${status}${codeIn(text)}`)
    const read = answer.safeParse(jsonOf(text))
    if (!read.success) throw new Error('the authorization server gave no token')
    return { token: read.data.access_token, seconds: read.data.expires_in ?? secondsDefault }
  }
  return { fetchToken, close: () => agent.close() }
}

async function asked(given: ClientCredentials, dispatcher: Agent) {
  const { clientId, clientSecret, scope, audience, clientAuthentication } = given
  const isBasic = clientAuthentication === 'BASIC'
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    ...(scope !== undefined && { scope }),
    ...(audience !== undefined && { audience }),
    ...(!isBasic && { client_id: clientId, client_secret: clientSecret }),
  })
  const pair = `${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`
  try {
    const { statusCode, body } = await request(given.tokenUrl, {
      dispatcher,
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        accept: 'application/json',
        ...(isBasic && { authorization: `Basic ${Buffer.from(pair).toString('base64')}` }),
      },
      body: form.toString(),
      signal: AbortSignal.timeout(15_000),
    })
    return { status: statusCode, text: await body.text() }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'no answer'
    if (error instanceof ForbiddenAddress) throw error
    throw new Error(`the authorization server cannot be reached (${code})`, { cause: error })
  }
}

/** The error code of OAuth, which is one of a few words; nothing else of the answer. */
function codeIn(text: string): string {
  const read = z.object({ error: z.string().regex(/^[a-z_]{1,60}$/) }).safeParse(jsonOf(text))
  return read.success ? `: ${read.data.error}` : ''
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
