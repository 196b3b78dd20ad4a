import { createHash, randomBytes } from 'node:crypto'

/**
 * What the `jti` of an access token tells us: to which family it belongs (all tokens of one grant), which generation of
 * it it is (a refresh makes the next) and when it was issued, to the millisecond. So one row revokes a family, all of it
 * before the last refresh, or whatever a user had before a moment; and issuing a token stores nothing.
 */
export type TokenId = { readonly family: string; readonly generation: number; readonly issuedAt: number }

const familyDigits = 40
const generationDigits = 8
const momentDigits = 12
const form = /^[0-9a-f]{80}$/

/** The family of a grant's tokens; tokens without a grant are families of one. */
export const familyOf = (grantId = randomBytes(20).toString('hex')) =>
  createHash('sha256').update(grantId).digest('hex').slice(0, familyDigits)

/** 80 hexadecimal digits, as SuiteCRM's token ids have; 80 of their bits are random. */
export const writeTokenId = ({ family, generation, issuedAt }: TokenId) =>
  family +
  generation.toString(16).padStart(generationDigits, '0') +
  issuedAt.toString(16).padStart(momentDigits, '0') +
  randomBytes(10).toString('hex')

export function readTokenId(jti: unknown): TokenId | undefined {
  if (typeof jti !== 'string' || !form.test(jti)) return undefined
  const [generation, issuedAt] = [familyDigits, familyDigits + generationDigits]
  return {
    family: jti.slice(0, generation),
    generation: Number.parseInt(jti.slice(generation, issuedAt), 16),
    issuedAt: Number.parseInt(jti.slice(issuedAt, issuedAt + momentDigits), 16),
  }
}
