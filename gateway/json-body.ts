import type { FastifyInstance } from 'fastify'
import { HouseError } from '../schema/errors.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Deeper than any honest filter; JSON.parse itself knows no limit. */
const nestingMax = 64

/**
 * Reads a JSON body as it was sent: broken UTF-8 is refused, where a lenient decoder would store other text.
 *
 * @throws BAD_REQUEST
 */
export function parseJsonBody(body: Buffer): unknown {
  try {
    const text = utf8.decode(body)
    if (isDeep(text)) throw new HouseError('BAD_REQUEST', `The JSON is nested more than ${nestingMax} levels deep`)
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof HouseError) throw error
    throw new HouseError('BAD_REQUEST', error instanceof TypeError ? 'The body is not UTF-8' : 'The body is not JSON')
  }
}

/** Makes `application/json` (and what is written as it) the one media type of a scope. */
export function acceptJson(scope: FastifyInstance, bodyLimit: number) {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser(
    /^application\/([\w.-]+\+)?json\b/,
    { parseAs: 'buffer', bodyLimit },
    (_request, body, done) => {
      try {
        done(null, parseJsonBody(body as Buffer))
      } catch (error) {
        done(error as Error)
      }
    },
  )
}

function isDeep(text: string): boolean {
  let depth = 0
  let inText = false
  for (let i = 0; i < text.length; i++) {
    const at = text.charCodeAt(i)
    if (inText) {
      if (at === 0x5c) i += 1
      else if (at === 0x22) inText = false
    } else if (at === 0x22) inText = true
    else if (at === 0x7b || at === 0x5b) {
      depth += 1
      if (depth > nestingMax) return true
    } else if (at === 0x7d || at === 0x5d) depth -= 1
  }
  return false
}
