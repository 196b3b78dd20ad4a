import { createHash, randomBytes } from 'node:crypto'

/**
 * What the `jti` of an access token tells us: to which family it belongs (all tokens of one grant) and which
 * generation of it it is (a refresh makes the next). So one row revokes a family, or all of it before the last refresh,
 * and issuing a token stores nothing.
 */
export type TokenId = { readonly family: string; readonly generation: number }

const familyDigits = 40
const generationDigits = 8
const form = /^[0-9a-f]{80}$/

/** The family of a grant's tokens; tokens without a grant are families of one. */
export const familyOf = (grantId = randomBytes(20).toString('hex')) =>
  createHash('sha256').update(grantId).digest('hex').slice(0, familyDigits)

/** 80 hexadecimal digits, as SuiteCRM's token ids have. */
export const writeTokenId = ({ family, generation }: TokenId) =>
  family + generation.toString(16).padStart(generationDigits, '0') + randomBytes(16).toString('hex')

export function readTokenId(jti: unknown): TokenId | undefined {
  if (typeof jti !== 'string' || !form.test(jti)) return undefined
  const rest = familyDigits + generationDigits
  return { family: jti.slice(0, familyDigits), generation: Number.parseInt(jti.slice(familyDigits, rest), 16) }
}
