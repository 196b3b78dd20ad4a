import { createHash, createHmac, createSecretKey, timingSafeEqual, type KeyObject } from 'node:crypto'
import { z } from 'zod'
import type { Repeatable } from '../../drizzle/once.ts'
import type { Principal } from '../../schema/principal.ts'

/** The header by which one process of the house tells another on whose behalf it asks. */
export const internalHeader = 'x-internal-auth'

/** Everything a subgraph needs to make the same Context that it would get in process. */
export type Claims = {
  readonly principal: Principal
  readonly requestId: string
  readonly door?: string
  readonly validation: 'strict' | 'lenient'
  readonly isRehearsal?: boolean
  /** Set when the client may send the request again; the writes are numbered from `step` on. */
  readonly repeatable?: Omit<Repeatable, 'nextStep'> & { readonly step: number }
  /** When the caller stops waiting, in milliseconds since 1970. */
  readonly deadline?: number
}

const lifetimeMs = 10_000
const sameMs = 1_000

const claimsSchema = z.object({
  principal: z.object({
    kind: z.enum(['user', 'system']),
    userId: z.string(),
    userName: z.string(),
    isAdmin: z.boolean(),
    clientId: z.string().optional(),
    keyId: z.string().optional(),
    scopes: z.union([z.literal('all'), z.array(z.string())]),
    dateStyle: z.object({ timezone: z.string(), dateFormat: z.string(), timeFormat: z.string() }),
  }),
  requestId: z.string(),
  door: z.string().optional(),
  validation: z.enum(['strict', 'lenient']),
  isRehearsal: z.boolean().optional(),
  repeatable: z.object({ caller: z.string(), key: z.string(), fingerprint: z.string(), step: z.number() }).optional(),
  deadline: z.number().optional(),
  expires: z.number(),
})

/** The ids and keys of a comma-separated list: the first signs, all verify, so that keys can be changed one by one. */
function keysOf(internalKey: string) {
  return internalKey.split(',').map(text => {
    const key = text.trim()
    const id = createHash('sha256').update(key).digest('base64url').slice(0, 8)
    return { id, key: createSecretKey(key, 'utf8') }
  })
}

const macOf = (text: string, key: KeyObject) => createHmac('sha256', key).update(text).digest()

export type InternalAuth = {
  sign(claims: Claims): string
  /** The same signature again for what a request asks within a second: an operation asks several subgraphs. */
  signFor(request: object, claims: () => Claims): string
  /** @returns undefined for anything but a token that one of our processes signed less than ten seconds ago */
  verify(token: unknown): Claims | undefined
}

/**
 * Signs and verifies what processes of one house say to each other.
 *
 * @param internalKey  the shared secret (INTERNAL_KEY); `new,old` while it is being changed
 */
export function internalAuth(internalKey: string, now: () => number = Date.now): InternalAuth {
  const keys = keysOf(internalKey)
  const [signing] = keys
  if (!signing) throw new Error('INTERNAL_KEY is empty')
  const signed = new WeakMap<object, { readonly token: string; readonly until: number }>()

  const sign = (claims: Claims) => {
    const body = Buffer.from(JSON.stringify({ ...claims, expires: now() + lifetimeMs })).toString('base64url')
    const text = `${signing.id}.${body}`
    return `${text}.${macOf(text, signing.key).toString('base64url')}`
  }

  return {
    sign,
    signFor(request, claims) {
      const known = signed.get(request)
      if (known && known.until > now()) return known.token
      const token = sign(claims())
      signed.set(request, { token, until: now() + sameMs })
      return token
    },
    verify(token) {
      if (typeof token !== 'string') return undefined
      const [id, body, mac] = token.split('.')
      const signer = keys.find(known => known.id === id)
      if (!signer || !body || !mac) return undefined
      const expected = macOf(`${signer.id}.${body}`, signer.key)
      const given = Buffer.from(mac, 'base64url')
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined
      const claims = claimsSchema.safeParse(JSON.parse(Buffer.from(body, 'base64url').toString()))
      return claims.success && claims.data.expires > now() ? claims.data : undefined
    },
  }
}
