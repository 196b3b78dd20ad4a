import { randomUUID } from 'node:crypto'
import { audit } from '../../drizzle/audit.ts'
import { transaction, type Context } from '../../drizzle/context.ts'
import { outsideOf } from '../../drizzle/outside.ts'
import { HouseError } from '../../schema/errors.ts'
import { invalid } from './endpoint-input.ts'
import { endpointOf } from './endpoints.ts'
import { sealedPlace } from './prepared-endpoint.ts'
import { keyFaultWords, newSecretText, publicText, readKey, type Scheme } from './signing/secret-text.ts'

/** What a new secret shall be. */
export type NewSecret = {
  /** `V1A`: a key pair, of which the receiver gets the public key. */
  readonly signing?: 'V1' | 'V1A' | null
  /** One's own: `whsec_...`. */
  readonly secret?: string | null
}

/** The secret is told this once. Of a key pair only the public key leaves the house. */
export type SecretShown = { readonly secret: string | null; readonly publicKey: string | null }

/** A secret, without the secret. */
export type Secret = {
  readonly id: string
  readonly signing: 'V1' | 'V1A'
  readonly publicKey: string | null
  readonly createdAt: string
  /** Null: it is the current one. */
  readonly expiresAt: string | null
}

const overlapHoursDefault = 24
const overlapHoursMax = 168
const oldSecretsMax = 5

/** The secrets that hold, the current one first. */
export async function listSecrets(ctx: Context, endpointId: string): Promise<Secret[]> {
  await endpointOf(ctx, endpointId)
  return ctx.sql<Secret[]>`
    select id, upper(kind) as signing, public_key as "publicKey", created_at as "createdAt", expires_at as "expiresAt"
    from webhook_secret where endpoint_id = ${endpointId} and (expires_at is null or expires_at > ${ctx.now().toISOString()})
    order by expires_at is not null, created_at desc`
}

/**
 * Puts a new secret in the place of the current one, which signs too for a while longer.
 *
 * @throws CONFLICT  five old ones still hold
 * @throws INVALID   the secret is none
 */
export async function rotateSecret(
  ctx: Context,
  endpointId: string,
  { overlapHours, ...wanted }: NewSecret & { readonly overlapHours?: number | null },
): Promise<SecretShown> {
  const hours = overlapHours ?? overlapHoursDefault
  if (!Number.isInteger(hours) || hours < 0 || hours > overlapHoursMax)
    throw invalid('overlapHours', `is 0 to ${overlapHoursMax}`)
  return transaction(ctx, async tx => {
    const { owner } = await endpointOf(tx, endpointId)
    await tx.sql`select from webhook_endpoint where id = ${endpointId} for update`
    const now = tx.now()
    await tx.sql`delete from webhook_secret where endpoint_id = ${endpointId} and expires_at <= ${now.toISOString()}`
    const [row] = await tx.sql<{ count: number }[]>`
      select count(*)::integer as count from webhook_secret where endpoint_id = ${endpointId} and expires_at is not null`
    if ((row?.count ?? 0) >= oldSecretsMax && hours > 0) {
      throw new HouseError('CONFLICT', `${oldSecretsMax} old secrets still hold; wait until one of them ends`, {
        id: endpointId,
      })
    }
    const until = new Date(now.getTime() + hours * 3_600_000).toISOString()
    await tx.sql`update webhook_secret set expires_at = ${until} where endpoint_id = ${endpointId} and expires_at is null`
    const shown = await addSecret(tx, endpointId, wanted)
    await tx.sql`update webhook_endpoint set revision = revision + 1 where id = ${endpointId}`
    audit(tx, { action: 'webhook.rotated', id: endpointId, relatedId: owner.id, after: { overlapHours: hours } })
    return shown
  })
}

/** Stores a secret as the current one. */
export async function addSecret(tx: Context, endpointId: string, wanted: NewSecret): Promise<SecretShown> {
  const scheme: Scheme = wanted.signing === 'V1A' ? 'v1a' : 'v1'
  const text = wanted.secret ?? newSecretText(scheme)
  const key = readKey(text)
  if (typeof key === 'string') throw invalid('secret', keyFaultWords[key])
  if (key.kind === 'public' || key.scheme !== scheme)
    throw invalid('secret', scheme === 'v1' ? 'has to begin with whsec_' : 'has to begin with whsk_')
  const id = randomUUID()
  const publicKey = key.kind === 'private' ? publicText(key.publicKey) : null
  const sealed = outsideOf(tx).secrets.seal(text, sealedPlace.secret(id))
  await tx.sql`insert into webhook_secret ${tx.sql({
    ...{ id, endpoint_id: endpointId, kind: scheme, sealed, public_key: publicKey },
    created_at: tx.now().toISOString(),
  })}`
  return { secret: key.kind === 'private' ? null : text, publicKey }
}
