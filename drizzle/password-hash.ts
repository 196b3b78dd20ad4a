import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { HouseError } from '../schema/errors.ts'
import type { Pool } from './client.ts'
import { argon2id, computeHash } from './hash-threads.ts'
import { createPeppers, type Pepper, type Peppers } from './peppers.ts'
import type { Secrets } from './secrets.ts'

/**
 * What `users.user_hash` holds, and how it is checked. `digest` is always SuiteCRM's own pre-hash of a password, its
 * MD5 in hexadecimal, because that is all that the legacy API sends.
 */
export type PasswordHashes = {
  /**
   * What to store: `$sw$<pepper>$argon2id$...`, argon2id over the HMAC of the digest under a pepper.
   *
   * @param replaced  SuiteCRM's hash of the same password, which an import would bring again; see {@link isFrom}
   */
  hash(digest: string, replaced?: string): Promise<string>
  /**
   * Does the digest fit? Every call costs one hash computation, whatever is stored: ours, SuiteCRM's (bcrypt over the
   * MD5, in older rows the MD5 itself), or nonsense, which nothing fits.
   */
  verify(digest: string, stored: string): Promise<boolean>
  /** Is it stored in the way that {@link hash} stores today? */
  isCurrent(stored: string): Promise<boolean>
  /** Is it ours, and made from this hash of SuiteCRM? */
  isFrom(stored: string, hash: string): Promise<boolean>
}

/** Each computation keeps a core busy for 12 ms (argon2id) to 75 ms (bcrypt, cost 10) on purpose. */
const admittedMax = 8
const ownForm = /^\$sw\$([0-9a-f]{8})(\$argon2id\$[^~]+)(?:~([\w-]{22}))?$/
/** A stored cost beyond this would block a core for seconds. */
const bcryptForm = /^\$2[abxy]\$(0[4-9]|1[0-4])\$[./A-Za-z0-9]{53}$/
const md5Form = /^[0-9a-f]{32}$/

/** SuiteCRM's pre-hash of a password. */
export const md5Of = (password: string) => createHash('md5').update(password).digest('hex')

/** A bare MD5, which would open the legacy API to whoever reads it. */
export const isBareMd5 = (stored: string) => md5Form.test(stored)

let admitted = 0

/** Would {@link admitHashing} refuse now? For who can say so before doing anything else. */
export const isHashingFull = () => admitted >= admittedMax

/**
 * Does work that computes hashes, unless this process does as much of it as it should.
 *
 * @throws RATE_LIMITED  too many passwords are being checked right now
 */
export async function admitHashing<T>(work: () => Promise<T>): Promise<T> {
  if (isHashingFull()) throw new HouseError('RATE_LIMITED', 'Too many logins at once', { retryAfterSeconds: 1 })
  admitted += 1
  try {
    return await work()
  } finally {
    admitted -= 1
  }
}

export function createPasswordHashes(sql: Pool, secrets: Secrets): PasswordHashes {
  const peppers = createPeppers(sql, secrets)
  return {
    async hash(digest, replaced = '') {
      const pepper = await peppers.active()
      const own = await argon2Hash(peppered(pepper, digest))
      const trace = traceIn(replaced)
      return `$sw$${pepper.id}${own}${trace ? `~${trace}` : ''}`
    },

    verify: (digest, stored) => verify(peppers, digest, stored),

    async isCurrent(stored) {
      const { memoryCost, timeCost, parallelism } = argon2id
      const { id } = await peppers.active()
      return stored.startsWith(`$sw$${id}$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$`)
    },

    async isFrom(stored, hash) {
      if (!ownForm.test(stored)) return false
      return isBareMd5(hash) ? verify(peppers, hash, stored) : traceIn(stored) === traceOf(hash)
    },
  }
}

async function verify(peppers: Peppers, digest: string, stored: string): Promise<boolean> {
  if (bcryptForm.test(stored)) return holds('bcrypt verify', digest, stored).catch(() => false)
  const [, id, own] = ownForm.exec(stored) ?? []
  const pepper = id === undefined ? undefined : await peppers.find(id)
  if (pepper && own) return fits(own, peppered(pepper, digest))
  // What was stored before there were peppers.
  if (stored.startsWith('$argon2id$')) return fits(stored, digest)
  const isSame = isBareMd5(stored) && md5Form.test(digest) && timingSafeEqual(Buffer.from(stored), Buffer.from(digest))
  await fits(await neverMatching(), digest)
  return isSame
}

/** A broken hash costs as much as a good one. */
async function fits(stored: string, text: string): Promise<boolean> {
  try {
    return await holds('argon2 verify', text, stored)
  } catch {
    await holds('argon2 verify', text, await neverMatching())
    return false
  }
}

/** What is remembered of SuiteCRM's hash. An MD5 leaves no trace: it could be guessed at. */
const traceIn = (stored: string) => (bcryptForm.test(stored) ? traceOf(stored) : ownForm.exec(stored)?.[3])

const traceOf = (stored: string) => createHash('sha256').update(stored).digest('base64url').slice(0, 22)

const peppered = ({ key }: Pepper, digest: string) =>
  createHmac('sha256', key).update(digest.toLowerCase()).digest('hex')

let random: Promise<string> | undefined

/** A hash of random text. */
export const neverMatching = () => (random ??= argon2Hash(randomBytes(16).toString('hex')))

const argon2Hash = async (text: string) => String(await computeHash({ kind: 'argon2 hash', text }))

const holds = async (kind: 'argon2 verify' | 'bcrypt verify', text: string, stored: string) =>
  (await computeHash({ kind, text, stored })) === true
