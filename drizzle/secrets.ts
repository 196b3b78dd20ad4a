import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto'
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Seals what must not be readable in a dump of the database, and derives keys for one purpose each. */
export type Secrets = {
  /** Tells master keys apart; not secret. */
  readonly keyId: string
  /**
   * @param place  where the sealed text will be kept, e.g. `oauth_key/k1/private_jwk`; it opens nowhere else, so
   *               swapping two rows gains nothing
   */
  seal(text: string, place: string): string
  /** @throws Error  sealed for another place, under a master key that is not known here, or changed since */
  open(sealed: string, place: string): string
  /**
   * The same under this master key, from one of the other keys; nothing where it is that already.
   *
   * @throws Error  as for {@link Secrets.open}
   */
  reseal(sealed: string, place: string): string | undefined
  /** 32 bytes that are the same for the same purpose and tell nothing about those of another. */
  derive(purpose: string): Buffer
}

const version = 'v1'
const nonceBytes = 12
const tagBytes = 16

/** A master key, and what follows from it. */
type Master = { readonly id: string; readonly wrapping: Buffer; readonly derive: (purpose: string) => Buffer }

export type SecretSettings = {
  readonly secretKey?: string | undefined
  readonly otherSecretKeys?: readonly string[] | undefined
  readonly dataDir: string
}

/**
 * Envelope encryption (AES-256-GCM): every sealed text has a key of its own, which is sealed by the master key.
 *
 * @param secretKey        the master key: any text of at least 32 characters, the same for all processes of one installation
 * @param otherSecretKeys  master keys that open what they have sealed, and seal nothing, while the master key is changed
 * @param dataDir          where a generated master key is kept, in a file that only its owner can read; one that is there
 *                         beside `secretKey` opens what it has sealed
 */
export function openSecrets({ secretKey, otherSecretKeys = [], dataDir }: SecretSettings): Secrets {
  const file = join(dataDir, 'secret.key')
  const kept = existsSync(file) ? [readKept(file)] : []
  const master = masterOf(secretKey ?? kept[0] ?? keptKey(file))
  const all = new Map([...kept, ...otherSecretKeys].map(masterOf).map(each => [each.id, each]))
  all.set(master.id, master)

  /** Takes sealed text apart. */
  function read(sealed: string, place: string) {
    const [form, id = 'unknown', wrapped, body] = sealed.split('.')
    if (form !== version || !wrapped || !body) throw new Error(`${place} is not sealed text`)
    const under = all.get(id)
    if (!under) throw new Error(`${place} was sealed under another SECRET_KEY (${id}); this process has ${master.id}`)
    return { id, body, key: decrypt(under.wrapping, wrapped, place) }
  }

  return {
    keyId: master.id,
    derive: master.derive,
    seal(text, place) {
      const key = randomBytes(32)
      return [version, master.id, encrypt(master.wrapping, key, place), encrypt(key, Buffer.from(text), place)].join(
        '.',
      )
    },
    open(sealed, place) {
      const { key, body } = read(sealed, place)
      return decrypt(key, body, place).toString('utf8')
    },
    reseal(sealed, place) {
      const { id, key, body } = read(sealed, place)
      return id === master.id ? undefined : [version, master.id, encrypt(master.wrapping, key, place), body].join('.')
    },
  }
}

function masterOf(text: string): Master {
  if (text.length < 32) throw new Error('SECRET_KEY must have at least 32 characters, e.g. `openssl rand -hex 32`')
  const derive = (purpose: string) => Buffer.from(hkdfSync('sha256', text, 'switchyard', purpose, 32))
  const id = createHash('sha256').update(derive('key id')).digest('hex').slice(0, 8)
  return { id, wrapping: derive('seal'), derive }
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
function keptKey(file: string) {
  mkdirSync(dirname(file), { recursive: true })
  const own = `${file}.${randomBytes(6).toString('hex')}`
  writeFileSync(own, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flag: 'wx' })
  try {
    linkSync(own, file)
  } catch (error) {
    if (!existsSync(file)) throw error
  } finally {
    rmSync(own)
  }
  return readKept(file)
}

const readKept = (file: string) => readFileSync(file, 'utf8').trim()
