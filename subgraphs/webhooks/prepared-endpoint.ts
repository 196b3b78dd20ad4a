import { LRUCache } from 'lru-cache'
import type { Connection } from '../../drizzle/client.ts'
import type { Secrets } from '../../drizzle/secrets.ts'
import type { Principal } from '../../schema/principal.ts'
import { sealedCredentials, type Credentials } from './authentication.ts'
import { readHeaders, type Headers } from './custom-headers.ts'
import { storedPayload, type Payload } from './payload.ts'
import { signerOf, type Signer } from './signing/sign.ts'
import { compileTemplate, type CompiledTemplate } from './template.ts'

/** An endpoint as messages to it need it: everything opened, read and compiled, once for a revision. */
export type PreparedEndpoint = {
  readonly id: string
  readonly revision: number
  readonly url: string
  readonly principal: Principal
  /** The same for endpoints that act with the same rights. */
  readonly rights: string
  readonly payload: Payload
  readonly template?: CompiledTemplate
  readonly headers: Headers
  readonly credentials: Credentials
  /** The current one first. */
  readonly signers: readonly { readonly signer: Signer; readonly expiresAt: number }[]
}

export type Prepare = (endpoint: {
  readonly id: string
  readonly revision: number
}) => Promise<PreparedEndpoint | undefined>

/** Where each sealed text is kept, so that it opens nowhere else. */
export const sealedPlace = {
  headers: (endpoint: string) => `webhook_endpoint/${endpoint}/headers`,
  authentication: (endpoint: string) => `webhook_endpoint/${endpoint}/authentication`,
  secret: (secret: string) => `webhook_secret/${secret}/sealed`,
  token: (endpoint: string) => `webhook_token/${endpoint}/sealed`,
} as const

const endpointsMax = 5_000

/** Remembers endpoints by their revision: what was changed is read again, what was not is not. */
export function preparing(sql: Connection, secrets: Pick<Secrets, 'open'>): Prepare {
  const known = new LRUCache<string, PreparedEndpoint>({ max: endpointsMax })
  return async ({ id, revision }) => {
    const found = known.get(id)
    if (found && found.revision >= revision) return found
    const made = await prepareEndpoint(sql, secrets, id)
    if (made) known.set(id, made)
    else known.delete(id)
    return made
  }
}

type Row = {
  url: string
  revision: number
  principal: Principal
  payload: unknown
  headers: string | null
  authentication: string | null
}

async function prepareEndpoint(
  sql: Connection,
  secrets: Pick<Secrets, 'open'>,
  id: string,
): Promise<PreparedEndpoint | undefined> {
  const [row] = await sql<Row[]>`
    select url, revision, principal, payload, headers, authentication from webhook_endpoint where id = ${id}`
  if (!row) return undefined
  const kept = await sql<{ id: string; sealed: string; expires: string | null }[]>`
    select id, sealed, expires_at as expires from webhook_secret where endpoint_id = ${id}
    order by expires_at is not null, created_at desc`
  const { url, revision, principal } = row
  const payload = storedPayload(row.payload)
  return {
    ...{ id, url, revision, principal, payload },
    rights: JSON.stringify(principal),
    ...(payload.kind === 'TEMPLATE' && {
      template: compileTemplate(payload.template, payload.mediaType, payload.outputSchema),
    }),
    headers: row.headers === null ? {} : readHeaders(JSON.parse(secrets.open(row.headers, sealedPlace.headers(id)))),
    credentials:
      row.authentication === null
        ? {}
        : sealedCredentials(secrets.open(row.authentication, sealedPlace.authentication(id))),
    signers: kept.map(({ id, sealed, expires }) => ({
      signer: signerOf(secrets.open(sealed, sealedPlace.secret(id))),
      expiresAt: expires === null ? Infinity : Date.parse(`${expires.replace(' ', 'T')}Z`),
    })),
  }
}
