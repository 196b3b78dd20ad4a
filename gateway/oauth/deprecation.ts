import type { Note } from '../log.ts'

/** RFC 9700, the security practice that says "MUST NOT be used", is of January 2025. */
const passwordGrantSince = Date.parse('2025-01-01T00:00:00Z') / 1000

/**
 * Says that the password grant should be left behind (RFC 9745), to the client in headers and to the operator in the
 * log: `deprecated` of a request's line, with its client and user.
 */
export function deprecationHeaders(issuer: string, note: Note): Record<string, string> {
  note.deprecated = 'password grant'
  return {
    deprecation: `@${passwordGrantSince}`,
    link: `<${issuer}/docs/oauth#password-grant>; rel="deprecation"; type="text/html"`,
  }
}
