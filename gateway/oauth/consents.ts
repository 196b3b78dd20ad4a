import type { Pool } from '../../drizzle/client.ts'
import { covers, type Granted } from '../../schema/scopes.ts'

/** Users who told the consent page not to ask again for an API client, and for which scopes they were asked. */
export type Consents = {
  isRemembered(clientId: string, userId: string, scopes: readonly string[]): Promise<boolean>
  remember(clientId: string, userId: string, scopes: readonly string[]): Promise<void>
}

export const createConsents = (sql: Pool, now: () => Date): Consents => ({
  async isRemembered(clientId, userId, scopes) {
    const [row] = await sql<{ scopes: string[] }[]>`
      select scopes from oauth_consent where client_id = ${clientId} and user_id = ${userId}`
    return row !== undefined && scopes.every(scope => row.scopes.includes(scope) || isCovered(row.scopes, scope))
  },
  async remember(clientId, userId, scopes) {
    await sql`insert into oauth_consent as known (client_id, user_id, scopes, granted_at)
      values (${clientId}, ${userId}, ${[...scopes]}, ${now().toISOString()})
      on conflict (client_id, user_id) do update set granted_at = excluded.granted_at,
        scopes = (select array_agg(distinct scope) from unnest(known.scopes || excluded.scopes) as scope)`
  },
})

const isCovered = (agreed: Granted, scope: string) => covers(agreed, scope)
