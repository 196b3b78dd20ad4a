import type { Pool } from '../../drizzle/client.ts'

/** Users who told the consent page not to ask again for an API client. */
export type Consents = {
  isRemembered(clientId: string, userId: string): Promise<boolean>
  remember(clientId: string, userId: string): Promise<void>
}

export const createConsents = (sql: Pool, now: () => Date): Consents => ({
  async isRemembered(clientId, userId) {
    const [row] = await sql`select 1 from oauth_consent where client_id = ${clientId} and user_id = ${userId}`
    return row !== undefined
  },
  async remember(clientId, userId) {
    await sql`insert into oauth_consent (client_id, user_id, granted_at)
      values (${clientId}, ${userId}, ${now().toISOString()}) on conflict do nothing`
  },
})
