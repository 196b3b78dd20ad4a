import { hash as argon2Hash, verify as argon2Verify } from '@node-rs/argon2'
import { verify as bcryptVerify } from '@node-rs/bcrypt'
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { HouseError } from '../schema/errors.ts'
import type { User, Users } from './oauth/users.ts'

/** What a caller knows: the password, or (the legacy API) its MD5 in hexadecimal. */
export type Credential = { readonly plain: string } | { readonly md5: string }

export type Passwords = {
  /**
   * The active user with this name and password; undefined when there is none. Takes as long for names that do not
   * exist as for those that do.
   *
   * @throws RATE_LIMITED  too many passwords are being checked right now
   */
  signIn(name: string, credential: Credential): Promise<User | undefined>
}

/** Each check keeps a core busy for 12 ms (argon2id) to 75 ms (bcrypt, cost 10) on purpose. */
const checksMax = 8
/** OWASP's parameters; 12 ms. */
const argon2id = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }
/** A stored cost beyond this would block a core for seconds. */
const bcryptForm = /^\$2[abxy]\$(0[4-9]|1[0-4])\$[./A-Za-z0-9]{53}$/
const md5Form = /^[0-9a-f]{32}$/

export const md5Of = (password: string) => createHash('md5').update(password).digest('hex')

/** What `users.user_hash` holds for a new password: argon2id over SuiteCRM's own pre-hash, the lower-case MD5. */
export const hashPassword = (password: string) => argon2Hash(md5Of(password), argon2id)

export function createPasswords(users: Users): Passwords {
  const decoy = decoys(users)
  let checks = 0

  return {
    async signIn(name, credential) {
      if (checks >= checksMax) throw new HouseError('RATE_LIMITED', 'Too many logins at once', { retryAfterSeconds: 1 })
      checks += 1
      try {
        const digest = 'md5' in credential ? credential.md5.toLowerCase() : md5Of(credential.plain)
        const [found, unused] = await Promise.all([users.findToSignIn(name), decoy(name)])
        const matches = await verify(digest, found?.hash || unused)
        return matches && found?.hash && !found.user.isInactive ? found.user : undefined
      } finally {
        checks -= 1
      }
    },
  }
}

/** SuiteCRM's hashes (bcrypt over the MD5, older rows the MD5 itself) and ours. A broken one fits nothing. */
async function verify(digest: string, stored: string): Promise<boolean> {
  if (stored.startsWith('$argon2id$')) return argon2Verify(stored, digest).catch(() => false)
  if (bcryptForm.test(stored)) return bcryptVerify(digest, stored).catch(() => false)
  const matches =
    md5Form.test(stored) && md5Form.test(digest) && timingSafeEqual(Buffer.from(stored), Buffer.from(digest))
  await argon2Verify(await neverMatching.argon2id(), digest)
  return matches
}

/** Hashes of random text, one for each scheme, so that a name that does not exist costs as much as one that does. */
const neverMatching = {
  bcrypt: () => '$2y$10$abcdefghijklmnopqrstuuWuF7EvJ0fNn5n9m1bG0bq0m0Xh4G5Se',
  argon2id: once(() => argon2Hash(randomBytes(16).toString('hex'), argon2id)),
}

/**
 * Chooses the decoy for a name: always the same one, and each scheme as often as it is stored. So answers to unknown
 * names are spread over the schemes as those to known names are, and their time tells nothing.
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
    const draw = createHmac('sha256', key).update(name.toLowerCase()).digest().readUInt32BE() % Math.max(total, 1)
    const bcrypts = counted.filter(({ prefix }) => prefix.startsWith('$2')).reduce((sum, { count }) => sum + count, 0)
    return draw < bcrypts ? neverMatching.bcrypt() : neverMatching.argon2id()
  }
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => (made ??= { value: make() }).value
}
