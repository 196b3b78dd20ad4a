import { hash } from '@node-rs/argon2'
import type { Pool } from '../drizzle/client.ts'
import { createPasswordHashes, md5Of, type PasswordHashes } from '../drizzle/password-hash.ts'
import { openSecrets } from '../drizzle/secrets.ts'

/** A password as `users.user_hash` may hold it; one that any house can check, whatever its pepper. */
export const storedPassword = (password: string) => hash(md5Of(password), { memoryCost: 8192, timeCost: 1 })

/** How a house stores passwords, for contexts that are made without one. */
export const passwordsOf = (sql: Pool) =>
  createPasswordHashes(sql, openSecrets({ secretKey: 'the tests keep no secrets from anybody', dataDir: '' }))

/** The same hashes, and what kind of computation each check has cost. */
export function counted(hashes: PasswordHashes): PasswordHashes & { readonly computed: string[] } {
  const computed: string[] = []
  return {
    ...hashes,
    computed,
    verify(digest, stored) {
      computed.push(/^\$2[abxy]\$\d\d/.exec(stored)?.[0] ?? 'argon2id')
      return hashes.verify(digest, stored)
    },
  }
}
