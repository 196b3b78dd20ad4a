import { HouseError } from '../../schema/errors.ts'

/**
 * A moment that was given as text, as ISO 8601. UTC, unless the text says another zone.
 *
 * @throws BAD_REQUEST  it is none
 */
export function momentOf(argument: string, text: string): string {
  const written = text.trim().replace(' ', 'T')
  const zoned = /(Z|[+-]\d\d:?\d\d)$/i.test(written) || !written.includes('T') ? written : `${written}Z`
  const at = Date.parse(zoned)
  if (!/^\d{4}-\d\d-\d\d/.test(written) || Number.isNaN(at))
    throw refused(argument, 'Write a moment as 2030-03-04T10:30:00Z')
  return new Date(at).toISOString()
}

export const refused = (argument: string, message: string) => new HouseError('BAD_REQUEST', message, { argument })
