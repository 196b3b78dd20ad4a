import { createHmac, timingSafeEqual, verify as verifySignature, type KeyObject } from 'node:crypto'
import { keyFaultWords, readKey, secretPrefix, decoded } from './secret-text.ts'
import { contentOf } from './sign.ts'

/** A message as a receiver has it. Header names are in lower case; the body is the very bytes that came. */
export type ReceivedMessage = {
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Uint8Array
  /** What the receiver knows: `whsec_...` or `whpk_...`. */
  readonly secret: string
}

export type Verified =
  { readonly kind: 'good' } | { readonly kind: 'bad'; readonly mistake: Mistake; readonly says: string }

/** The usual mistakes, and how to mend them. The first that applies is named. */
export const mistakes = {
  NO_SECRET: 'There is no secret: give the one that the endpoint showed when it was made or rotated.',
  BAD_SECRET: 'The secret is no secret.',
  NO_ID: 'The header webhook-id is missing. Pass on the headers of the request as they came.',
  NO_TIMESTAMP: 'The header webhook-timestamp is missing. Pass on the headers of the request as they came.',
  NO_SIGNATURE: 'The header webhook-signature is missing. Pass on the headers of the request as they came.',
  BAD_TIMESTAMP: 'The header webhook-timestamp is no whole number of seconds since 1970.',
  MILLISECONDS: 'The timestamp is in milliseconds; it has to be in seconds.',
  STALE: 'The message is too old: more than five minutes. It may be replayed by somebody, or the clock here is ahead.',
  FUTURE: 'The message is from the future: more than five minutes. The clock here is behind.',
  BAD_SIGNATURE: 'The header webhook-signature has no signature of the form v1,<base64> or v1a,<base64>.',
  WRONG_SCHEME: 'The signature is of the other kind than the key: v1 goes with whsec_, v1a with whpk_.',
  CUT_SIGNATURE: 'The signature is right as far as it goes, but its end is missing. Is a column or a header too short?',
  HEX_SIGNATURE: 'The signature is in hexadecimal; it has to be in base64.',
  SECRET_NOT_DECODED:
    'It was signed with the letters of the secret: what stands behind whsec_ has to be decoded from base64.',
  BODY_REWRITTEN:
    'The body is not the one that was signed: it was parsed and written again. Verify the bytes that came, before anything parses them.',
  BODY_SPACE: 'The body is not the one that was signed: space or line ends at its ends were added, cut or changed.',
  ONLY_BODY: 'Only the body was signed; it has to be id, timestamp and body with a dot between.',
  WRONG_SECRET: 'The signature was not made with this secret, or id, timestamp or body have been changed on the way.',
} as const

export type Mistake = keyof typeof mistakes

/** The names of the three headers. */
export const headerNames = ['webhook-id', 'webhook-timestamp', 'webhook-signature'] as const

const toleranceSeconds = 300

/**
 * Verifies a message, and tells which of the usual mistakes keeps it from being good. Signatures are compared in constant
 * time; what is found out beside that is for whoever looks for a mistake, and not for receivers to answer.
 *
 * @param seconds  now, in seconds since 1970
 */
export function verifyMessage({ headers, body, secret }: ReceivedMessage, seconds: number): Verified {
  const key = readKey(secret)
  if (key === 'empty') return bad('NO_SECRET')
  if (typeof key === 'string') return bad('BAD_SECRET', `The secret ${keyFaultWords[key]}.`)
  const id = headers['webhook-id']?.trim()
  const timestamp = headers['webhook-timestamp']?.trim()
  const signature = headers['webhook-signature']?.trim()
  if (!id) return bad('NO_ID')
  if (!timestamp) return bad('NO_TIMESTAMP')
  if (!signature) return bad('NO_SIGNATURE')
  if (!/^\d{1,16}$/.test(timestamp)) return bad('BAD_TIMESTAMP')
  const at = Number(timestamp)
  if (at > 100_000_000_000) return bad('MILLISECONDS')
  if (seconds - at > toleranceSeconds) return bad('STALE')
  if (at - seconds > toleranceSeconds) return bad('FUTURE')

  const given = signaturesIn(signature)
  const content = contentOf(id, timestamp, body)
  const own = given.filter(({ scheme }) => scheme === key.scheme)
  const isGood =
    key.kind === 'secret'
      ? own.map(({ text }) => isSame(text, hmacOf(key.bytes, content))).includes(true)
      : own.map(({ text }) => isSignedBy(key.publicKey, text, content)).includes(true)
  if (isGood) return { kind: 'good' }
  if (given.length === 0) return bad('BAD_SIGNATURE')
  if (own.length === 0) return bad('WRONG_SCHEME')
  const texts = own.map(({ text }) => text)
  const found =
    key.kind === 'secret'
      ? hmacMistake(texts, { id, timestamp, body, key: key.bytes, secret })
      : texts.some(text => (decoded(text)?.length ?? 0) < 64)
        ? 'CUT_SIGNATURE'
        : bodiesSigned(body).find(({ bytes }) =>
            texts.some(text => isSignedBy(key.publicKey, text, contentOf(id, timestamp, bytes))),
          )?.mistake
  return bad(found ?? 'WRONG_SECRET')
}

const bad = (mistake: Mistake, says: string = mistakes[mistake]): Verified => ({ kind: 'bad', mistake, says })

/** The signatures in a header: `v1,... v1a,...`. */
const signaturesIn = (header: string) =>
  header.split(/\s+/).flatMap(each => {
    const [, scheme, text] = /^(v1a?),(.+)$/.exec(each) ?? []
    return scheme !== undefined && text !== undefined ? [{ scheme, text }] : []
  })

type Signed = { id: string; timestamp: string; body: Uint8Array; key: Buffer; secret: string }

/** Which mistake would have made one of the signatures: each is tried alone. */
function hmacMistake(texts: readonly string[], { id, timestamp, body, key, secret }: Signed): Mistake | undefined {
  const right = contentOf(id, timestamp, body)
  const bare = secret.slice(secretPrefix.length)
  const tries: readonly { mistake: Mistake; key: Buffer; content: Uint8Array }[] = [
    { mistake: 'SECRET_NOT_DECODED', key: Buffer.from(bare), content: right },
    { mistake: 'SECRET_NOT_DECODED', key: Buffer.from(secret), content: right },
    { mistake: 'ONLY_BODY', key, content: body },
    ...bodiesSigned(body).map(({ mistake, bytes }) => ({ mistake, key, content: contentOf(id, timestamp, bytes) })),
  ]
  const expected = hmacOf(key, right)
  if (
    texts.some(
      text => text.length >= 8 && text.length < expected.length && expected.startsWith(text.replace(/=+$/, '')),
    )
  )
    return 'CUT_SIGNATURE'
  if (texts.some(text => text.toLowerCase() === Buffer.from(expected, 'base64').toString('hex'))) return 'HEX_SIGNATURE'
  return tries.find(({ key, content }) => texts.includes(hmacOf(key, content)))?.mistake
}

/** The body as it may have been when it was signed. */
function bodiesSigned(body: Uint8Array): readonly { mistake: Mistake; bytes: Uint8Array }[] {
  const text = Buffer.from(body).toString('utf8')
  const spaced = [text.trim(), `${text}\n`, `${text}\r\n`, text.replaceAll('\r\n', '\n'), text.replaceAll('\n', '\r\n')]
  const rewritten = rewrittenForms(text)
  return [
    ...[...spaced, `\uFEFF${text}`].map(each => ({ mistake: 'BODY_SPACE' as const, bytes: Buffer.from(each) })),
    ...rewritten.map(each => ({ mistake: 'BODY_REWRITTEN' as const, bytes: Buffer.from(each) })),
  ]
}

/** As the JSON writers of the usual languages have it. */
function rewrittenForms(text: string): string[] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return []
  }
  const compact = JSON.stringify(value)
  const ascii = (json: string) =>
    json.replace(/[\u0080-\uffff]/g, each => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`)
  const slashed = (json: string) => json.replaceAll('/', '\\/')
  return [compact, ascii(compact), slashed(compact), ascii(slashed(compact)), JSON.stringify(value, undefined, 2)]
}

const hmacOf = (key: Buffer, content: Uint8Array) => createHmac('sha256', key).update(content).digest('base64')

/** In a time that tells nothing about where two texts differ. */
function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}

function isSignedBy(key: KeyObject, text: string, content: Uint8Array): boolean {
  const bytes = decoded(text)
  return bytes?.length === 64 && verifySignature(null, content, key, bytes)
}
