import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto'
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Seals what must not be readable in a dump of the database, and derives keys for one purpose each. */
export type Secrets = {
  /** Tells master keys apart; not secret. */
  readonly keyId: string
  /**
   * @param place  where the sealed text will be kept, e.g. `oauth_key/k1/private_jwk`; it opens nowhere else, so
   *               swapping two rows gains nothing
   */
  seal(text: string, place: string): string
  /** @throws Error  sealed for another place, under another master key, or changed since */
  open(sealed: string, place: string): string
  /** 32 bytes that are the same for the same purpose and tell nothing about those of another. */
  derive(purpose: string): Buffer
}

const version = 'v1'
const nonceBytes = 12
const tagBytes = 16

/**
 * Envelope encryption (AES-256-GCM): every sealed text has a key of its own, which is sealed by the master key.
 *
 * @param secretKey  the master key: any text of at least 32 characters, the same for all processes of one installation
 * @param dataDir    without `secretKey`: where a generated one is kept, in a file that only its owner can read
 */
export function openSecrets({ secretKey, dataDir }: { secretKey?: string | undefined; dataDir: string }): Secrets {
  const master = secretKey ?? keptKey(dataDir)
  if (master.length < 32) throw new Error('SECRET_KEY must have at least 32 characters, e.g. `openssl rand -hex 32`')

  const derive = (purpose: string) => Buffer.from(hkdfSync('sha256', master, 'switchyard', purpose, 32))
  const wrapping = derive('seal')
  const keyId = createHash('sha256').update(derive('key id')).digest('hex').slice(0, 8)

  return {
    keyId,
    derive,
    seal(text, place) {
      const key = randomBytes(32)
      return [version, keyId, encrypt(wrapping, key, place), encrypt(key, Buffer.from(text), place)].join('.')
    },
    open(sealed, place) {
      const [form, id, wrapped, body] = sealed.split('.')
      if (form !== version || !wrapped || !body) throw new Error(`${place} is not sealed text`)
      if (id !== keyId) {
        throw new Error(`${place} was sealed under another SECRET_KEY (${id ?? 'unknown'}); this process has ${keyId}`)
      }
      return decrypt(decrypt(wrapping, wrapped, place), body, place).toString('utf8')
    },
  }
}

function encrypt(key: Buffer, text: Buffer, place: string) {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(place))
  return Buffer.concat([nonce, cipher.update(text), cipher.final(), cipher.getAuthTag()]).toString('base64url')
}

function decrypt(key: Buffer, sealed: string, place: string) {
  const bytes = Buffer.from(sealed, 'base64url')
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes })
  decipher.setAAD(Buffer.from(place)).setAuthTag(bytes.subarray(-tagBytes))
  return Buffer.concat([decipher.update(bytes.subarray(nonceBytes, -tagBytes)), decipher.final()])
}

/** Linking a finished file is atomic: of several processes that start at once, all read the same key. */
function keptKey(dataDir: string) {
  const file = join(dataDir, 'secret.key')
  if (!existsSync(file)) {
    mkdirSync(dataDir, { recursive: true })
    const own = `${file}.${randomBytes(6).toString('hex')}`
    writeFileSync(own, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flag: 'wx' })
    try {
      linkSync(own, file)
    } catch (error) {
      if (!existsSync(file)) throw error
    } finally {
      rmSync(own)
    }
  }
  return readFileSync(file, 'utf8').trim()
}
