import type { IncomingHttpHeaders } from 'node:http'
import { readKeyText } from '../../subgraphs/identity/key-text.ts'
import { hiddenName } from '../../schema/redact/names.ts'
import { hidden } from '../../schema/redact/value.ts'

const mediaTypes = new Set([
  ...['application/json', 'application/vnd.api+json', 'application/x-www-form-urlencoded', 'multipart/form-data'],
  ...['text/plain', 'text/html', 'application/graphql-response+json', 'application/xml', 'text/event-stream', '*/*'],
])

/** The media type of a header, without its parameters; undefined for one that we do not know. */
export function mediaTypeOf(header: unknown): string | undefined {
  const type = typeof header === 'string' ? (header.split(/[;,]/, 1)[0] ?? '').trim().toLowerCase() : ''
  return mediaTypes.has(type) ? type : undefined
}

/** Headers whose names stay. The values of others than the first four do not. */
const known = new Set([
  ...['accept', 'content-type', 'content-length', 'content-encoding', 'accept-encoding', 'accept-language', 'host'],
  ...['authorization', 'cookie', 'x-api-key', 'user-agent', 'connection', 'origin', 'referer', 'x-request-id'],
  ...['traceparent', 'tracestate', 'api-version', 'idempotency-key', 'if-match', 'if-none-match', 'prefer', 'dpop'],
  ...['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'forwarded', 'via', 'transfer-encoding'],
])

/** The headers of a request by name; of credentials only their scheme, and the prefix of an API key of ours. */
export function redactHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const shown: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    shown[known.has(name) ? name : hiddenName] = redactHeader(name, value)
  }
  return shown
}

function redactHeader(name: string, value: string | string[] | undefined): string {
  const text = typeof value === 'string' ? value : ''
  switch (name) {
    case 'accept':
    case 'content-type':
      return mediaTypeOf(text) ?? hidden
    case 'content-length':
      return /^\d{1,12}$/.test(text) ? text : hidden
    case 'authorization':
      return credential(/^(Bearer|Basic|DPoP) /i.exec(text)?.[1], text.replace(/^\w+ +/, ''))
    case 'x-api-key':
      return credential(undefined, text)
    default:
      return hidden
  }
}

const credential = (scheme: string | undefined, text: string) =>
  [scheme, readKeyText(text.trim())?.prefix, hidden].filter(Boolean).join(' ')
