import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Pool } from '../drizzle/client.ts'
import { keyReused, type Repeatable } from '../drizzle/once.ts'
import type { Secrets } from '../drizzle/secrets.ts'
import type { Report } from './error-mask.ts'
import type { Access } from '../schema/access.ts'
import { HouseError } from '../schema/errors.ts'
import type { Principal } from '../schema/principal.ts'

/** An answer as it was sent, with the headers that belong to it rather than to the exchange. */
export type KeptAnswer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** A request with an Idempotency-Key. */
export type KeyedRequest = {
  readonly principal: Principal
  readonly access: Access
  readonly key: string
  readonly fingerprint: string
}

export type Begun =
  | { readonly kind: 'kept'; readonly answer: KeptAnswer }
  | {
      readonly kind: 'run'
      readonly repeatable: Repeatable
      /** Must be called with what was answered, or without when nothing was. Does not fail. */
      readonly end: (answer?: KeptAnswer) => Promise<void>
    }

export type Idempotency = {
  /**
   * Begins a request, or answers what was answered to it before. While another process answers the same request, waits
   * for it, five seconds at most.
   *
   * What was refused without writing anything is not remembered, so it may be sent again, mended.
   *
   * @throws KEY_REUSED  the key came with another request
   * @throws CONFLICT    the same request is being answered right now
   */
  begin(request: KeyedRequest): Promise<Begun>
}

/** How long an answer is kept. */
export const keptSeconds = 86_400

/** How long a dead process keeps others from a request. */
const leaseMs = 15_000
const renewMs = 5_000
const waitMsMax = 5_000
const askMs = 100
/** A longer answer is made again: what it says was written once all the same. */
const bodyBytesMax = 1024 * 1024

type Row = {
  fingerprint: string
  sight: string | null
  status: number | null
  headers: Record<string, string> | null
  sealed_body: string | null
}

export function createIdempotency(deps: { sql: Pool; secrets: Secrets; now: () => Date; report: Report }): Idempotency {
  const { sql, secrets, now, report } = deps
  const from = (ms: number) => new Date(now().getTime() + ms).toISOString()

  /** Takes the request on, unless it was answered, is being answered, or the key belongs to another. */
  const claim = (caller: string, { key, fingerprint }: KeyedRequest) => sql`
    with forgotten as (
      delete from idempotency_step where caller = ${caller} and key = ${key} and created_at < ${from(-keptSeconds * 1000)}
    )
    insert into idempotency_request as r (caller, key, fingerprint, leased_until, created_at)
    values (${caller}, ${key}, ${fingerprint}, ${from(leaseMs)}, ${from(0)})
    on conflict (caller, key) do update set fingerprint = excluded.fingerprint, leased_until = excluded.leased_until,
      created_at = case when r.created_at < ${from(-keptSeconds * 1000)} then excluded.created_at else r.created_at end,
      sight = null, status = null, headers = null, sealed_body = null
    where r.created_at < ${from(-keptSeconds * 1000)}
      or (r.status is null and r.leased_until < ${from(0)} and r.fingerprint = excluded.fingerprint)
    returning 1`

  function running(caller: string, { key, fingerprint, ...seen }: KeyedRequest, isOurs: boolean): Begun {
    const renewing = setInterval(() => void renew().catch(() => undefined), renewMs)
    renewing.unref()
    let step = 0
    let isEnded = false
    const renew = () => sql`update idempotency_request set leased_until = ${from(leaseMs)}
      where caller = ${caller} and key = ${key} and status is null`

    async function keep(answer: KeptAnswer) {
      const [{ steps } = { steps: 0 }] = await sql<{ steps: number }[]>`
        select count(*)::int as steps from idempotency_step where caller = ${caller} and key = ${key}`
      if (steps === 0) return sql`delete from idempotency_request where caller = ${caller} and key = ${key}`
      if (answer.status >= 500 || answer.body.length > bodyBytesMax) return release()
      const sealed = secrets.seal(answer.body.toString('base64'), placeOf(caller, key))
      return sql`update idempotency_request set status = ${answer.status}, headers = ${JSON.stringify(answer.headers)}::jsonb,
        sealed_body = ${sealed}, sight = ${sightOf(seen)} where caller = ${caller} and key = ${key}`
    }
    const release = () => sql`update idempotency_request set leased_until = ${from(0)}
      where caller = ${caller} and key = ${key} and status is null`

    return {
      kind: 'run',
      repeatable: { caller, key, fingerprint, nextStep: () => step++ },
      async end(answer) {
        clearInterval(renewing)
        if (!isOurs || isEnded) return
        isEnded = true
        // The answer is on its way whatever becomes of this; a repeat then waits for the lease.
        await (answer ? keep(answer) : release()).catch((error: unknown) => report(error, 'idempotency'))
      },
    }
  }

  return {
    async begin(request) {
      const caller = callerOf(request.principal)
      const { key, fingerprint } = request
      const startedAt = performance.now()
      for (;;) {
        if ((await claim(caller, request)).length > 0) return running(caller, request, true)
        const [row] = await sql<Row[]>`select fingerprint, sight, status, headers, sealed_body
          from idempotency_request where caller = ${caller} and key = ${key}`
        if (row && row.fingerprint !== fingerprint) throw keyReused()
        if (row?.status && row.sealed_body !== null) {
          // Who may see less today is answered anew, from what was written then.
          if (row.sight !== sightOf(request)) return running(caller, request, false)
          const body = Buffer.from(secrets.open(row.sealed_body, placeOf(caller, key)), 'base64')
          return { kind: 'kept', answer: { status: row.status, headers: row.headers ?? {}, body } }
        }
        if (performance.now() - startedAt > waitMsMax) throw underWay()
        await pause(askMs)
      }
    },
  }
}

const underWay = () =>
  new HouseError('CONFLICT', 'The request with this Idempotency-Key is being answered', { retryAfterSeconds: 1 })

/** Deletes what has been kept long enough. */
export async function sweepIdempotency(sql: Pool, now: Date) {
  const before = new Date(now.getTime() - keptSeconds * 1000).toISOString()
  await sql`delete from idempotency_request where created_at < ${before}`
  await sql`delete from idempotency_step where created_at < ${before}`
}

export const callerOf = ({ clientId = '', keyId = '', userId }: Principal) => `${clientId}|${keyId}|${userId}`

export const placeOf = (caller: string, key: string) => `idempotency_request/${caller}/${key}/body`

/** Two requests with the same sight may be shown the same. */
const sightOf = ({ principal, access }: Pick<KeyedRequest, 'principal' | 'access'>) =>
  hashOf([principal.isAdmin, principal.scopes, access.isFull, access.shape, principal.dateStyle])

const hashOf = (parts: readonly unknown[]) => createHash('sha256').update(JSON.stringify(parts)).digest('base64url')

/** What is asked, as a fingerprint. */
export function fingerprintOf(method: string, url: string, version: unknown, body: Buffer | string): string {
  const hash = createHash('sha256').update(JSON.stringify([method, url, version ?? null]))
  return hash.update(body).digest('base64url')
}

/**
 * The value of an `Idempotency-Key` header: a string of RFC 8941, or, as most clients send it, the bare text.
 *
 * @returns undefined without the header
 * @throws BAD_REQUEST  it is empty, longer than 255 characters, or has characters that no key has
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/07/ read 2026-11
 */
export function idempotencyKeyOf(header: string | readonly string[] | undefined): string | undefined {
  if (header === undefined) return undefined
  const text = typeof header === 'string' ? header.trim() : ''
  const quoted = /^"((?:[^"\\]|\\["\\])*)"$/.exec(text)?.[1]?.replace(/\\(["\\])/g, '$1')
  const key = quoted ?? text
  if (/^[\x21-\x7e]{1,255}$/.test(key) && (quoted !== undefined || !key.includes('"'))) return key
  throw new HouseError('BAD_REQUEST', 'Idempotency-Key takes one text of 1 to 255 visible ASCII characters', {
    header: 'Idempotency-Key',
  })
}
