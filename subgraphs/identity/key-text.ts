import { createHash, randomInt } from 'node:crypto'
import { crc32 } from 'node:zlib'

/**
 * An API key: `sw_live_<prefix>_<secret><check>`. The prefix is shown and stored, the secret has 256 random bits, and the
 * check tells a key from what only looks like one, without asking anybody: for scanners that look for leaked keys.
 * Letters and digits only, so that a double click selects all of it.
 */
export type KeyText = { readonly text: string; readonly prefix: string; readonly hash: string }

const mark = 'sw_live_'
const prefixLength = 8
const secretLength = 43
const checkLength = 6
const form = new RegExp(`^${mark}[0-9A-Za-z]{${prefixLength}}_[0-9A-Za-z]{${secretLength + checkLength}}$`)
const letters = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

export function newKeyText(): KeyText {
  const body = `${mark}${random(prefixLength)}_${random(secretLength)}`
  return parts(body + checkOf(body))
}

/** Does it claim to be an API key? */
export const looksLikeKey = (text: string) => text.startsWith(mark)

/** @returns undefined when it is mistyped, cut off or made up */
export function readKeyText(text: string): KeyText | undefined {
  if (!form.test(text) || checkOf(text.slice(0, -checkLength)) !== text.slice(-checkLength)) return undefined
  return parts(text)
}

const parts = (text: string): KeyText => ({
  text,
  prefix: text.slice(0, mark.length + prefixLength),
  hash: createHash('sha256').update(text).digest('base64url'),
})

const random = (length: number) => Array.from({ length }, () => letters.charAt(randomInt(letters.length))).join('')

/** CRC-32 in base 62. */
function checkOf(body: string) {
  let [rest, digits] = [crc32(body), '']
  while (digits.length < checkLength) {
    digits = letters.charAt(rest % letters.length) + digits
    rest = Math.floor(rest / letters.length)
  }
  return digits
}
