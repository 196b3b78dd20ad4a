import type { Principal } from '../schema/principal.ts'
import type { Connection } from './client.ts'

/**
 * The principal as they are now, for work that goes on after its request: an administrator may have become a user, a
 * token's API client or key may have been taken away.
 *
 * @returns undefined when they may no longer act
 */
export async function principalNow(sql: Connection, principal: Principal): Promise<Principal | undefined> {
  if (principal.kind === 'system') return principal
  const { userId, clientId = null, keyId = null } = principal
  const [user] = await sql<{ isAdmin: boolean | null }[]>`
    select is_admin as "isAdmin" from users u where id = ${userId} and not deleted and status is distinct from 'Inactive'
      and (${clientId}::text is null or exists (select from oauth2clients c where c.id = ${clientId} and not c.deleted))
      and (${keyId}::text is null or exists (select from api_key k where k.id = ${keyId} and k.revoked_at is null))`
  return user && { ...principal, isAdmin: user.isAdmin === true }
}
