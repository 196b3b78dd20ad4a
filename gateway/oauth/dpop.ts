import { hash } from 'node:crypto'
import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from 'jose'
import { z } from 'zod'
import type { Pool } from '../../drizzle/client.ts'

/** What a proof has to fit: the request it came with, and the token it speaks for. */
export type Proven = {
  readonly proof: string | undefined
  readonly method: string
  /** As the request line has it. */
  readonly url: string
  readonly token: string
  /** The thumbprint of the key that the token is bound to. */
  readonly jkt: string
}

export type Proofs = {
  /** @returns what is wrong with the proof; undefined when nothing is */
  faultOf(proven: Proven): Promise<string | undefined>
}

/** Asymmetric ones only: a proof must not be possible with a key that we know. */
export const dpopAlgorithms = ['ES256', 'EdDSA', 'RS256', 'PS256'] as const

/** How far a client's clock may be off, and how long the ids of proofs are kept. */
const toleranceSeconds = 60

const claimsOf = z.object({
  htm: z.string(),
  htu: z.string(),
  ath: z.string(),
  jti: z.string().min(1).max(256),
  iat: z.number(),
})

/**
 * Checks that the sender of a token holds the key that the token was issued to.
 *
 * The ids of proofs are kept in the database, for all processes; so this is the one kind of token that costs a statement.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9449#section-4.3
 */
export function createProofs({ sql, issuer, now }: { sql: Pool; issuer: string; now: () => Date }): Proofs {
  async function isFirst(jkt: string, jti: string) {
    const id = hash('sha256', `${jkt} ${jti}`, 'base64url')
    const until = new Date(now().getTime() + 2 * toleranceSeconds * 1000).toISOString()
    const { count } = await sql`insert into oauth_entry (model, id, payload, expires_at)
      values ('Proof', ${id}, '{}', ${until}) on conflict do nothing`
    return count === 1
  }

  return {
    async faultOf({ proof, method, url, token, jkt }) {
      if (!proof) return 'a DPoP proof is required'
      const verified = await jwtVerify(proof, EmbeddedJWK, { algorithms: [...dpopAlgorithms], typ: 'dpop+jwt' }).catch(
        () => undefined,
      )
      const claims = claimsOf.safeParse(verified?.payload).data
      if (!verified || !claims) return 'the DPoP proof is not valid'
      if (Math.abs(now().getTime() / 1000 - claims.iat) > toleranceSeconds)
        return 'the DPoP proof is too old, or too new'
      if (claims.htm !== method) return 'the DPoP proof is for another method'
      if (addressOf(claims.htu) !== addressOf(url, issuer)) return 'the DPoP proof is for another address'
      if (claims.ath !== hash('sha256', token, 'base64url')) return 'the DPoP proof is for another token'
      const { jwk } = verified.protectedHeader
      if (!jwk || (await calculateJwkThumbprint(jwk)) !== jkt) return 'the DPoP proof is by another key'
      return (await isFirst(jkt, claims.jti)) ? undefined : 'the DPoP proof was used before'
    },
  }
}

/** Without query and fragment, which a proof does not cover. */
function addressOf(url: string, base?: string) {
  const parsed = URL.parse(url, base)
  return parsed && parsed.origin + parsed.pathname
}
