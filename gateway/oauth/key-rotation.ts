import { exportJWK, generateKeyPair } from 'jose'
import { audit } from '../../drizzle/audit.ts'
import { build, run, type Connection, type Pool } from '../../drizzle/client.ts'
import { transaction, type Context } from '../../drizzle/context.ts'
import type { Secrets } from '../../drizzle/secrets.ts'
import { oauthKey } from '../../drizzle/tables/oauth.ts'
import { begin } from '../../drizzle/transaction.ts'
import { accessTokenSecondsMax } from '../../subgraphs/identity/tokens.ts'

/** `next` → `active` → `retiring` → gone. Clients see all three, so none meets a key that it has not seen. */
export type KeyState = 'next' | 'active' | 'retiring'

type Algorithm = (typeof algorithms)[number]
type Deps = { readonly secrets: Secrets; readonly now: () => Date }
type Row = { kid: string; state: KeyState; activated_at: string }

/** RS256 for tokens in SuiteCRM's form, ES256 for our own. */
const algorithms = ['RS256', 'ES256'] as const
const lockKey = 74_120_031

/** A key signs for so long. */
const activeMs = 90 * 86_400_000
/** A key that signs no more is kept until its last token has expired, on clocks that differ too. */
const retiringMs = (accessTokenSecondsMax + 600) * 1000

/** Where a private key is sealed for. */
export const placeOf = (kid: string) => `oauth_key/${kid}`

/**
 * Makes the next key of each algorithm the one that signs, now and in all processes, without a restart. Tokens that were
 * signed before stay valid until they expire.
 *
 * @param endOld  when private keys are known to somebody: makes all keys new, so that every access token
 *                issued so far is refused at once. Refresh tokens stay: they are not signed.
 */
export const rotateKeys = (ctx: Context, secrets: Secrets, { endOld = false } = {}): Promise<void> =>
  transaction(ctx, async tx => {
    const before = await signing(tx)
    await turnAll(tx.sql, { secrets, now: tx.now }, endOld ? 'end old' : 'now')
    audit(tx, { action: 'signing_keys.rotated', id: 'oauth', before, after: { ...(await signing(tx)), endOld } })
  })

/** The id of the key that signs, by algorithm. */
async function signing({ sql }: Context): Promise<Record<string, string>> {
  const rows = await sql<{ alg: string; kid: string }[]>`select alg, kid from oauth_key where state = 'active'`
  return Object.fromEntries(rows.map(({ alg, kid }) => [alg, kid]))
}

/**
 * Brings the keys to where they should be: those that are missing are made, old ones rotate, retired ones go.
 *
 * @returns whether anything changed; then all processes have been told
 */
export const turnKeys = ({ sql, ...deps }: Deps & { readonly sql: Pool }): Promise<boolean> =>
  begin(sql, tx => turnAll(tx, deps, 'due'))

async function turnAll(tx: Connection, deps: Deps, rotation: 'due' | 'now' | 'end old'): Promise<boolean> {
  await tx`select pg_advisory_xact_lock(${lockKey})`
  if (rotation === 'end old') await tx`delete from oauth_key`
  const steps = await Promise.all(algorithms.map(alg => turn(tx, deps, alg, rotation)))
  const gone = await tx`delete from oauth_key where state = 'retiring'
    and retired_at < ${new Date(deps.now().getTime() - retiringMs).toISOString()}`
  const changed = steps.includes(true) || gone.count > 0
  if (changed) await tx`select pg_notify('identity', '{"kind":"keys"}')`
  return changed
}

async function turn(tx: Connection, deps: Deps, alg: Algorithm, rotation: 'due' | 'now' | 'end old') {
  const rows = await tx<Row[]>`select kid, state, coalesce(activated_at, created_at) as activated_at
    from oauth_key where alg = ${alg}`
  const [active, next] = (['active', 'next'] as const).map(state => rows.find(row => row.state === state))
  const [now, at] = [deps.now(), deps.now().toISOString()]
  if (!active) await make(tx, deps, alg, 'active')
  if (!active || !next) {
    if (!next) await make(tx, deps, alg, 'next')
    return true
  }
  const isDue = now.getTime() - Date.parse(`${active.activated_at}Z`) > activeMs
  if (rotation === 'due' && !isDue) return false
  await tx`update oauth_key set state = 'retiring', retired_at = ${at} where kid = ${active.kid}`
  await tx`update oauth_key set state = 'active', activated_at = ${at} where kid = ${next.kid}`
  await make(tx, deps, alg, 'next')
  return true
}

async function make(tx: Connection, { secrets, now }: Deps, alg: Algorithm, state: 'active' | 'next') {
  const { privateKey } = await generateKeyPair(alg, { extractable: true })
  const kid = crypto.randomUUID()
  const jwk = { ...(await exportJWK(privateKey)), alg, use: 'sig', kid }
  const at = now().toISOString()
  const row = {
    kid,
    alg,
    state,
    sealed_jwk: secrets.seal(JSON.stringify(jwk), placeOf(kid)),
    created_at: at,
    activated_at: state === 'active' ? at : null,
  }
  await run(tx, build.insert(oauthKey).values(row))
}
