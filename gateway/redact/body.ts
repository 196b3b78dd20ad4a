import { createHash } from 'node:crypto'
import { mediaTypeOf } from './headers.ts'
import { redactDocument } from './document.ts'
import { redactParameters } from './query.ts'
import { hidden, redactJson, redactValue, unreadable, type Vocabulary } from '../../schema/redact/value.ts'

/** Longer bodies are not read: a part of one cannot be known to be harmless. */
export const shownBytesMax = 50 * 1024

/** What a body may show: its structure and values that the vocabulary knows; of what cannot be read, type and size. */
export function redactBody(body: Buffer, contentType: unknown, vocabulary: Vocabulary): unknown {
  const type = mediaTypeOf(contentType)
  const told = { type: type ?? hidden, bytes: body.length }
  if (body.length === 0) return null
  if (type === 'application/x-www-form-urlencoded' && body.length <= shownBytesMax) {
    return redactParameters(body.toString('utf8'), vocabulary)
  }
  if (type?.endsWith('json')) {
    return body.length <= shownBytesMax
      ? redactRequest(body.toString('utf8'), vocabulary)
      : { ...told, shown: unreadable }
  }
  // The hash of a short text could be found out again by trying.
  return type === 'multipart/form-data' || body.length > 1024
    ? { ...told, sha256: createHash('sha256').update(body).digest('hex') }
    : told
}

/** JSON; in GraphQL's envelope the document is a language of its own. */
function redactRequest(text: string, vocabulary: Vocabulary): unknown {
  const shown = redactJson(text, vocabulary)
  if (!isObject(shown) || !('query' in shown)) return shown
  const given: unknown = JSON.parse(text)
  if (!isObject(given) || typeof given['query'] !== 'string') return shown
  return {
    ...shown,
    query: redactDocument(given['query'], vocabulary),
    variables: redactValue(given['variables'], vocabulary),
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
