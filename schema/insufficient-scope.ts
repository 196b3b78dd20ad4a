import { HouseError } from './errors.ts'

/** Refuses what the principal's scopes do not include. Names what is missing, so that a client knows what to ask for. */
export const insufficientScope = (missing: readonly string[]) =>
  new HouseError('FORBIDDEN', `This needs the scope ${missing.join(' and ')}, which the token does not have`, {
    reason: 'insufficient_scope',
    scope: missing.join(' '),
  })

/**
 * The `WWW-Authenticate` header of an answer that refuses for want of scopes; undefined for any other error.
 *
 * @param details  of the error, as they stand beside its code
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-3.1
 */
export function scopeChallenge(details: Readonly<Record<string, unknown>>): string | undefined {
  const { reason, scope } = details
  if (reason !== 'insufficient_scope' || typeof scope !== 'string') return undefined
  return `Bearer realm="Switchyard", error="insufficient_scope", scope="${scope.replace(/[^\w:* ]/g, '')}"`
}
