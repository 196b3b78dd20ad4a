import type { Connection } from '../../drizzle/client.ts'
import { jwkOf, readKey } from './signing/secret-text.ts'

/** The public keys that an endpoint's messages can be verified with, as JWKs. Anybody may know them. */
export async function publicKeysOf(sql: Connection, endpointId: string, now: Date) {
  const rows = await sql<{ id: string; text: string }[]>`
    select id, public_key as text from webhook_secret
    where endpoint_id = ${endpointId.replaceAll('\0', '')} and public_key is not null
      and (expires_at is null or expires_at > ${now.toISOString()})
    order by expires_at is not null, created_at desc`
  return rows.flatMap(({ id, text }) => {
    const key = readKey(text)
    return typeof key === 'object' && key.kind === 'public'
      ? [{ ...jwkOf(key.publicKey), kid: id, alg: 'EdDSA', use: 'sig' }]
      : []
  })
}
