import type Provider from 'oidc-provider'
import type { Pool } from '../../drizzle/client.ts'
import { createPasswordHashes } from '../../drizzle/password-hash.ts'
import type { Secrets } from '../../drizzle/secrets.ts'
import { createApiKeys } from '../api-keys.ts'
import {
  createAuthenticate,
  createExamine,
  readAccessToken,
  tokenOf,
  type Authenticate,
  type Examine,
} from '../authenticate.ts'
import type { Report } from '../error-mask.ts'
import type { Alert } from '../log.ts'
import { createPasswords, type Passwords } from '../passwords.ts'
import { createSessions, type KeptSessions } from '../sessions.ts'
import { createStorage } from './adapter.ts'
import { asking, type Ask } from './ask.ts'
import { createClients, type Clients } from './clients.ts'
import { createConsents, type Consents } from './consents.ts'
import { createProofs } from './dpop.ts'
import { openKeys } from './keys.ts'
import { openNotices, type Notices } from './notices.ts'
import { createProvider } from './provider.ts'
import { openRevocations } from './revocations.ts'
import { createUsers, type Users } from './users.ts'

/** Everything that knows who somebody is. One per process. */
export type Identity = {
  readonly authenticate: Authenticate
  /** Whether a token would be accepted, whoever sends it. */
  readonly examine: Examine
  /** Ends an access token and the refresh token that came with it, here at once and elsewhere within seconds. */
  revokeAccessToken(header: string | undefined): Promise<void>
  readonly sessions: KeptSessions
  readonly passwords: Passwords
  readonly users: Users
  readonly clients: Clients
  readonly consents: Consents
  /** Tells all processes to forget what they remember of a user, an API client or a session. */
  readonly notices: Notices
  /** The address that clients know us by, and the audience of our tokens. */
  readonly issuer: string
  /** With the keys of this moment: ask for it each time. */
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
  readonly alert?: Alert
  readonly now?: () => Date
}

/** @throws when the keys cannot be opened or revocations not be read: nobody is authenticated without them */
export async function openIdentity(deps: IdentityDeps): Promise<Identity> {
  const { sql, secrets, issuer, report, alert = () => {}, now = () => new Date() } = deps
  const notices = await openNotices(sql)
  const revocations = await openRevocations(sql, notices, now)
  const failed = (error: unknown) => report(error, 'signing keys')
  const keys = await openKeys({ sql, secrets, notices, now, failed })
  const clients = createClients(sql, notices)
  const users = createUsers(sql, notices)
  const passwords = createPasswords(users, createPasswordHashes(sql, secrets))
  const apiKeys = createApiKeys({ sql, notices, users, report, now })
  const consents = createConsents(sql, now)
  const storage = createStorage({ sql, secrets, revocations, clients, now })
  const sessions = createSessions({ sql, notices, users, passwords, now })
  const examine = createExamine({ keys, issuer, revocations, users, clients, now })
  const proofs = createProofs({ sql, issuer, now })
  const open = () => {
    const deps = { issuer, keys, secrets, storage, clients, users, passwords, consents, examine, alert }
    const provider = createProvider(deps)
    return { provider, ask: asking(provider) }
  }
  let current = open()
  keys.onChange(() => (current = open()))

  return {
    authenticate: createAuthenticate({ examine, proofs, apiKeys }),
    examine,
    issuer,
    async revokeAccessToken(header) {
      const token = await readAccessToken(tokenOf(header), { keys, issuer, now })
      if (typeof token !== 'string') await storage.endFamily(token.id.family)
    },
    sessions,
    passwords,
    users,
    clients,
    consents,
    notices,
    get provider() {
      return current.provider
    },
    ask: question => current.ask(question),
    secrets,
    report,
    async close() {
      keys.close()
      revocations.close()
      await apiKeys.close()
      await notices.close()
    },
  }
}
