import { createHmac, randomBytes } from 'node:crypto'
import { admitHashing, md5Of, neverMatching, type PasswordHashes } from '../drizzle/password-hash.ts'
import type { User, Users } from './oauth/users.ts'

/** What a caller knows: the password, or (the legacy API) its MD5 in hexadecimal. */
export type Credential = { readonly plain: string } | { readonly md5: string }

export type Passwords = {
  /**
   * The active user with this name and password; undefined when there is none. Takes as long for names that do not
   * exist as for those that do. A password that is stored in SuiteCRM's way is stored in ours from now on.
   *
   * @throws RATE_LIMITED  too many passwords are being checked right now
   */
  signIn(name: string, credential: Credential): Promise<User | undefined>
}

/** @param hashes  a parameter so that tests can count what is computed */
export function createPasswords(users: Users, hashes: PasswordHashes): Passwords {
  const decoy = decoys(users)

  return {
    signIn: (name, credential) =>
      admitHashing(async () => {
        const digest = 'md5' in credential ? credential.md5.toLowerCase() : md5Of(credential.plain)
        const [found, unused] = await Promise.all([users.findToSignIn(name), decoy(name)])
        const matches = await hashes.verify(digest, found?.hash || unused)
        if (!matches || !found?.hash || found.user.isInactive) return undefined
        if (!(await hashes.isCurrent(found.hash))) {
          await users.replaceHash(found.user.id, { from: found.hash, to: await hashes.hash(digest, found.hash) })
        }
        return found.user
      }),
  }
}

/**
 * Chooses the decoy for a name, a hash of random text: always the same kind for a name, and each kind as often as it is
 * stored. So answers to unknown names are spread over the kinds as those to known names are, and their time tells
 * nothing.
 */
function decoys(users: Users) {
  const key = randomBytes(32)
  const rememberMs = 60_000
  let prefixes: Promise<{ prefix: string; count: number }[]> | undefined
  let readAt = 0

  return async (name: string) => {
    if (!prefixes || Date.now() - readAt > rememberMs) {
      readAt = Date.now()
      prefixes = users.hashPrefixes()
      prefixes.catch(() => (prefixes = undefined))
    }
    const counted = await prefixes
    const total = counted.reduce((sum, { count }) => sum + count, 0)
    let draw = createHmac('sha256', key).update(name.toLowerCase()).digest().readUInt32BE() % Math.max(total, 1)
    const drawn = counted.find(({ count }) => (draw -= count) < 0)
    const [bcrypt] = /^\$2[abxy]\$(0[4-9]|1[0-4])\$$/.exec(drawn?.prefix ?? '') ?? []
    return bcrypt ? `${bcrypt}abcdefghijklmnopqrstuuWuF7EvJ0fNn5n9m1bG0bq0m0Xh4G5Se` : neverMatching()
  }
}
