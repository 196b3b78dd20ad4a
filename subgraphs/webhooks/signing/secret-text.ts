import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto'

/** How messages are signed: `v1` with a shared secret (HMAC-SHA256), `v1a` with a key pair (ed25519). */
export type Scheme = 'v1' | 'v1a'

/** The key that a text stands for. */
export type ReadKey =
  | { readonly kind: 'secret'; readonly scheme: 'v1'; readonly bytes: Buffer }
  | { readonly kind: 'private'; readonly scheme: 'v1a'; readonly key: KeyObject; readonly publicKey: KeyObject }
  | { readonly kind: 'public'; readonly scheme: 'v1a'; readonly publicKey: KeyObject }

/** Why a text is no key. */
export type KeyFault = 'empty' | 'prefix' | 'encoding' | 'length'

/** @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md (read 2026-11) */
export const secretPrefix = 'whsec_'
export const privatePrefix = 'whsk_'
export const publicPrefix = 'whpk_'

const secretBytesMin = 24
const secretBytesMax = 64
const keyBytes = 32

/** A new secret of 32 bytes, or a new key pair's private key. */
export function newSecretText(scheme: Scheme): string {
  if (scheme === 'v1') return `${secretPrefix}${randomBytes(32).toString('base64')}`
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  return `${privatePrefix}${Buffer.concat([seedOf(privateKey), pointOf(publicKey)]).toString('base64')}`
}

/** Reads `whsec_...` of 24 to 64 bytes, `whsk_...` (seed, or seed and public key) and `whpk_...`. */
export function readKey(text: string): ReadKey | KeyFault {
  if (text.trim() === '') return 'empty'
  const [, prefix, encoded = ''] = /^(whsec_|whsk_|whpk_)(.*)$/s.exec(text) ?? []
  if (prefix === undefined) return 'prefix'
  const bytes = decoded(encoded)
  if (!bytes) return 'encoding'
  if (prefix === secretPrefix) {
    if (bytes.length < secretBytesMin || bytes.length > secretBytesMax) return 'length'
    return { kind: 'secret', scheme: 'v1', bytes }
  }
  if (prefix === publicPrefix) {
    return bytes.length === keyBytes ? { kind: 'public', scheme: 'v1a', publicKey: publicKeyOf(bytes) } : 'length'
  }
  if (bytes.length !== keyBytes && bytes.length !== 2 * keyBytes) return 'length'
  const key = createPrivateKey({
    key: Buffer.concat([pkcs8Head, bytes.subarray(0, keyBytes)]),
    format: 'der',
    type: 'pkcs8',
  })
  const publicKey = createPublicKey(key)
  if (bytes.length > keyBytes && !pointOf(publicKey).equals(bytes.subarray(keyBytes))) return 'encoding'
  return { kind: 'private', scheme: 'v1a', key, publicKey }
}

/** What to tell about a fault, in words that complete "the secret ...". */
export const keyFaultWords: Readonly<Record<KeyFault, string>> = {
  empty: 'is empty',
  prefix: 'begins with none of whsec_ (a shared secret), whsk_ (a private key) and whpk_ (a public key)',
  encoding: 'is not base64 behind its prefix, or its two halves do not belong together',
  length: `has not the right length: behind whsec_ ${secretBytesMin} to ${secretBytesMax} bytes, behind whpk_ ${keyBytes}, behind whsk_ ${keyBytes} or ${2 * keyBytes}, written in base64`,
}

/** `whpk_...`, which receivers verify with. */
export const publicText = (key: KeyObject) => `${publicPrefix}${pointOf(key).toString('base64')}`

/** The public key as a JWK without a key id. @see RFC 8037 */
export const jwkOf = (key: KeyObject) => ({ kty: 'OKP', crv: 'Ed25519', x: pointOf(key).toString('base64url') })

/** Base64 as it is meant: the whole alphabet, padded, nothing else. */
export function decoded(text: string): Buffer | undefined {
  if (text === '' || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '') ? bytes : undefined
}

/** What stands before the 32 bytes in the DER of an ed25519 key. @see RFC 8410 */
const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex')
const spkiHead = Buffer.from('302a300506032b6570032100', 'hex')

const publicKeyOf = (point: Buffer) =>
  createPublicKey({ key: Buffer.concat([spkiHead, point]), format: 'der', type: 'spki' })

const seedOf = (key: KeyObject) => key.export({ format: 'der', type: 'pkcs8' }).subarray(-keyBytes)

const pointOf = (key: KeyObject) => key.export({ format: 'der', type: 'spki' }).subarray(-keyBytes)
