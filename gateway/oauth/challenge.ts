import type { Authentication } from '../authenticate.ts'
import { dpopAlgorithms } from './dpop.ts'

export type Refused = Exclude<Authentication, { kind: 'ok' }>

/** Where a client learns who issues tokens for this API (RFC 9728). */
export const resourceMetadataPath = '/.well-known/oauth-protected-resource'

/**
 * `WWW-Authenticate` for who was refused: which schemes there are, and what was wrong with what was sent.
 *
 * @param resource  the path of the door, whose metadata the client is led to
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-3 and https://www.rfc-editor.org/rfc/rfc9449#section-7.1
 */
export function challengeFor(
  refused: Refused,
  { credential, issuer, resource }: { credential: string | undefined; issuer: string; resource: string },
): string {
  const metadata = `resource_metadata="${issuer}${resourceMetadataPath}${resource}"`
  const algorithms = `algs="${dpopAlgorithms.join(' ')}"`
  const proof = refused.kind === 'denied' ? refused.proof : undefined
  if (proof) {
    return `DPoP ${algorithms}, error="${proof.error}", error_description="${proof.fault}", ${metadata}`
  }
  const error = credential ? ', error="invalid_token"' : ''
  return `Bearer realm="Switchyard"${error}, ${metadata}, DPoP ${algorithms}`
}
