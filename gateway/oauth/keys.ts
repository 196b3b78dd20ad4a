import { begin } from '../../drizzle/transaction.ts'
import { createPublicKey, type KeyObject } from 'node:crypto'
import { exportJWK, generateKeyPair } from 'jose'
import type { JWK } from 'oidc-provider'
import { z } from 'zod'
import { build, run, type Pool } from '../../drizzle/client.ts'
import type { Secrets } from '../../drizzle/secrets.ts'
import { oauthKey } from '../../drizzle/tables/oauth.ts'

/** The keys that tokens are signed with. */
export type Keys = {
  /** Private keys for oidc-provider: of each algorithm the one that signs comes first. */
  readonly jwks: readonly JWK[]
  /** The public key that verifies tokens of this key id and algorithm. */
  verifierOf(kid: unknown, alg: unknown): KeyObject | undefined
}

/** RS256 for tokens in SuiteCRM's form, ES256 for our own. */
const algorithms = ['RS256', 'ES256'] as const
const lockKey = 74_120_031

const jwkText = z.looseObject({ kty: z.string(), kid: z.string(), alg: z.string() })
type Row = { kid: string; alg: string; sealed_jwk: string }

const place = (kid: string) => `oauth_key/${kid}`

/** Reads the keys; makes those that are missing, once for all processes that start together. */
export async function openKeys(sql: Pool, secrets: Secrets, now: () => Date): Promise<Keys> {
  const rows = await begin(sql, async tx => {
    await tx`select pg_advisory_xact_lock(${lockKey})`
    const active = await tx<{ alg: string }[]>`select alg from oauth_key where state = 'active'`
    const missing = algorithms.filter(alg => !active.some(row => row.alg === alg))
    for (const alg of missing) {
      const jwk = await generateJwk(alg)
      await run(
        tx,
        build.insert(oauthKey).values({
          kid: jwk.kid,
          alg,
          state: 'active',
          sealed_jwk: secrets.seal(JSON.stringify(jwk), place(jwk.kid)),
          created_at: now().toISOString(),
        }),
      )
    }
    return tx<Row[]>`select kid, alg, sealed_jwk from oauth_key order by state = 'active' desc, created_at desc`
  })
  const jwks = rows.map(row => jwkText.parse(JSON.parse(secrets.open(row.sealed_jwk, place(row.kid)))))
  const verifiers = new Map(
    jwks.map(jwk => [`${jwk.alg} ${jwk.kid}`, createPublicKey({ key: publicPart(jwk), format: 'jwk' })]),
  )
  return { jwks, verifierOf: (kid, alg) => verifiers.get(`${String(alg)} ${String(kid)}`) }
}

async function generateJwk(alg: (typeof algorithms)[number]) {
  const { privateKey } = await generateKeyPair(alg, { extractable: true })
  return { ...(await exportJWK(privateKey)), alg, use: 'sig', kid: crypto.randomUUID() }
}

/** RFC 7518: the members that make an RSA or EC key private. */
function publicPart(jwk: JWK) {
  const { d, p, q, dp, dq, qi, ...rest } = jwk
  return rest
}
