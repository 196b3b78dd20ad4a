import { createPublicKey, type KeyObject } from 'node:crypto'
import type { JWK } from 'oidc-provider'
import { z } from 'zod'
import type { Pool } from '../../drizzle/client.ts'
import type { Secrets } from '../../drizzle/secrets.ts'
import { placeOf, turnKeys, type KeyState } from './key-rotation.ts'
import type { Notices } from './notices.ts'

/** The keys that tokens are signed with. They change while the process runs. */
export type Keys = {
  /** Private keys for oidc-provider: of each algorithm the one that signs comes first. */
  readonly jwks: readonly JWK[]
  /** The public key that verifies tokens of this key id and algorithm. */
  verifierOf(kid: unknown, alg: unknown): KeyObject | undefined
  /** Called after another set of keys has taken effect in this process. */
  onChange(handler: () => void): void
  /** Rotates keys whose time has come, and forgets those whose last token has expired. */
  turn(): Promise<void>
  close(): void
}

type Row = { kid: string; alg: string; state: KeyState; sealed_jwk: string }
type Opened = { readonly seen: string; readonly jwks: readonly JWK[]; readonly verifiers: Map<string, KeyObject> }

const jwkText = z.looseObject({ kty: z.string(), kid: z.string(), alg: z.string() })

/** A notice can be lost. Until a process hears of it, it knows the next key already and verifies what that one signs. */
const pollMs = 30_000
/** Any process may find that a key's time has come; one of them rotates it. */
const turnMs = 600_000

/** Opens the keys; makes those that are missing, once for all processes that start together. */
export async function openKeys(deps: {
  sql: Pool
  secrets: Secrets
  notices: Notices
  now: () => Date
  failed: (error: unknown) => void
}): Promise<Keys> {
  const { sql, secrets, notices, now, failed } = deps
  const handlers: (() => void)[] = []
  await turnKeys({ sql, secrets, now })
  let opened = await open(sql, secrets)

  const reload = async () => {
    const next = await open(sql, secrets, opened)
    if (next === opened) return
    opened = next
    for (const handler of handlers) handler()
  }
  const reloadQuietly = () => void reload().catch(failed)
  notices.on('keys', reloadQuietly)
  notices.onConnect(reloadQuietly)
  const turn = async () => {
    if (await turnKeys({ sql, secrets, now })) await reload()
  }
  const timers = [setInterval(reloadQuietly, pollMs), setInterval(() => void turn().catch(failed), turnMs)]
  for (const timer of timers) timer.unref()

  return {
    get jwks() {
      return opened.jwks
    },
    verifierOf: (kid, alg) => opened.verifiers.get(`${String(alg)} ${String(kid)}`),
    onChange: handler => void handlers.push(handler),
    turn,
    close: () => timers.forEach(timer => clearInterval(timer)),
  }
}

/** @returns `known` when nothing has changed since */
async function open(sql: Pool, secrets: Secrets, known?: Opened): Promise<Opened> {
  const rows = await sql<Row[]>`select kid, alg, state, sealed_jwk from oauth_key
    order by state = 'active' desc, state = 'next' desc, created_at desc, kid`
  const seen = rows.map(({ kid, state }) => `${kid} ${state}`).join()
  if (seen === known?.seen) return known
  const jwks = rows.map(row => jwkText.parse(JSON.parse(secrets.open(row.sealed_jwk, placeOf(row.kid)))))
  const verifiers = new Map(
    jwks.map(jwk => [`${jwk.alg} ${jwk.kid}`, createPublicKey({ key: publicPart(jwk), format: 'jwk' })]),
  )
  return { seen, jwks, verifiers }
}

/** RFC 7518: the members that make an RSA or EC key private. */
function publicPart(jwk: JWK) {
  const { d, p, q, dp, dq, qi, ...rest } = jwk
  return rest
}
