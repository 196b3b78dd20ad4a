import type Provider from 'oidc-provider'
import type { Pool } from '../../drizzle/client.ts'
import { createPasswordHashes } from '../../drizzle/password-hash.ts'
import type { Secrets } from '../../drizzle/secrets.ts'
import { bearerOf, createAuthenticate, readAccessToken, type AuthenticateBearer } from '../authenticate.ts'
import { createApiKeys } from '../api-keys.ts'
import type { Report } from '../error-mask.ts'
import { createPasswords, type Passwords } from '../passwords.ts'
import { createSessions, type KeptSessions } from '../sessions.ts'
import { createStorage } from './adapter.ts'
import { asking, type Ask } from './ask.ts'
import { createClients, type Clients } from './clients.ts'
import { createConsents, type Consents } from './consents.ts'
import { openKeys } from './keys.ts'
import { openNotices, type Notices } from './notices.ts'
import { createProvider } from './provider.ts'
import { openRevocations } from './revocations.ts'
import { createUsers, type Users } from './users.ts'

/** Everything that knows who somebody is. One per process. */
export type Identity = {
  readonly authenticateBearer: AuthenticateBearer
  /** Ends an access token and the refresh token that came with it, here at once and elsewhere within seconds. */
  revokeAccessToken(header: string | undefined): Promise<void>
  readonly sessions: KeptSessions
  readonly passwords: Passwords
  readonly users: Users
  readonly clients: Clients
  readonly consents: Consents
  /** Tells all processes to forget what they remember of a user, an API client or a session. */
  readonly notices: Notices
  readonly provider: Provider
  readonly ask: Ask
  readonly secrets: Secrets
  readonly report: Report
  close(): Promise<void>
}

export type IdentityDeps = {
  readonly sql: Pool
  readonly secrets: Secrets
  /** The address that clients use, `https://crm.example.com`. */
  readonly issuer: string
  readonly report: Report
  readonly now?: () => Date
}

/** @throws when the keys cannot be opened or revocations not be read: nobody is authenticated without them */
export async function openIdentity(deps: IdentityDeps): Promise<Identity> {
  const { sql, secrets, issuer, report, now = () => new Date() } = deps
  const notices = await openNotices(sql)
  const revocations = await openRevocations(sql, notices, now)
  const keys = await openKeys(sql, secrets, now)
  const clients = createClients(sql, notices)
  const users = createUsers(sql, notices)
  const passwords = createPasswords(users, createPasswordHashes(sql, secrets))
  const apiKeys = createApiKeys({ sql, notices, users, report, now })
  const consents = createConsents(sql, now)
  const storage = createStorage({ sql, secrets, revocations, clients, now })
  const sessions = createSessions({ sql, notices, users, passwords, now })
  const provider = createProvider({ issuer, keys, secrets, storage, users, passwords, consents })

  return {
    authenticateBearer: createAuthenticate({ keys, revocations, users, clients, apiKeys, now }),
    async revokeAccessToken(header) {
      const token = await readAccessToken(bearerOf(header), keys, now())
      if (typeof token !== 'string') await storage.endFamily(token.id.family)
    },
    sessions,
    passwords,
    users,
    clients,
    consents,
    notices,
    provider,
    ask: asking(provider),
    secrets,
    report,
    async close() {
      revocations.close()
      await apiKeys.close()
      await notices.close()
    },
  }
}
