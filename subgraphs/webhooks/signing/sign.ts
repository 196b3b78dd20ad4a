import { createHmac, sign, type KeyObject } from 'node:crypto'
import { keyFaultWords, readKey } from './secret-text.ts'

/** Signs messages with one secret. It is made once for a secret and kept, so that nothing is decoded for a message. */
export type Signer = {
  /** `v1,...` or `v1a,...` of a message. */
  readonly sign: (id: string, seconds: number, body: Uint8Array) => string
}

/** @throws Error  the text is no secret; only what was checked when it was saved comes here */
export function signerOf(text: string): Signer {
  const key = readKey(text)
  if (typeof key === 'string') throw new Error(`The secret ${keyFaultWords[key]}`)
  if (key.kind === 'public') throw new Error('A public key signs nothing')
  if (key.kind === 'secret') return { sign: (...message) => hmac(key.bytes, ...message) }
  return { sign: (...message) => ed25519(key.key, contentOf(...message)) }
}

/**
 * The headers of Standard Webhooks for the very bytes that are sent. Of several secrets, as while one is replaced, each
 * signs: a receiver that knows any of them is content.
 *
 * @param signers  the current secret first
 * @param seconds  when the attempt is made, in seconds since 1970
 */
export const signedHeaders = (signers: readonly Signer[], id: string, seconds: number, body: Uint8Array) => ({
  'webhook-id': id,
  'webhook-timestamp': String(seconds),
  'webhook-signature': signers.map(({ sign }) => sign(id, seconds, body)).join(' '),
})

/** What is signed. @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#signature-scheme */
export const contentOf = (id: string, seconds: number | string, body: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(`${id}.${seconds}.`), body])

const hmac = (key: Buffer, id: string, seconds: number, body: Uint8Array) =>
  `v1,${createHmac('sha256', key).update(`${id}.${seconds}.`).update(body).digest('base64')}`

const ed25519 = (key: KeyObject, content: Buffer) => `v1a,${sign(null, content, key).toString('base64')}`
