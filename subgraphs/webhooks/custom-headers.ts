import { HouseError } from '../../schema/errors.ts'

export type Headers = Readonly<Record<string, string>>

/** Headers that are ours, or belong to the connection. A name that ends in - stands for all that begin so. */
export const reservedHeaders: readonly string[] = [
  ...['webhook-', 'ce-', 'host', 'content-length', 'content-type', 'content-encoding', 'transfer-encoding'],
  ...['connection', 'keep-alive', 'proxy-', 'te', 'trailer', 'upgrade', 'expect', 'authorization', 'user-agent'],
  ...['traceparent', 'tracestate'],
]

const headersMax = 20
const charactersMax = 4_000

/**
 * Headers that an endpoint's owner wants to be sent, in lower case.
 *
 * @throws INVALID  a name that is reserved, or what is no header
 */
export function readHeaders(given: unknown): Headers {
  if (given === null || given === undefined) return {}
  if (typeof given !== 'object' || Array.isArray(given)) throw refused('headers are an object of names and texts')
  const entries = Object.entries(given).map(([name, value]) => [name.toLowerCase(), value as unknown] as const)
  if (entries.length > headersMax) throw refused(`there may be ${headersMax} headers at most`)
  const reserved = entries.map(([name]) => name).filter(isReserved)
  if (reserved.length > 0) {
    throw refused(`${reserved.join(', ')} cannot be set; reserved are ${reservedHeaders.join(', ')}`, {
      reserved: reservedHeaders,
    })
  }
  for (const [name, value] of entries) {
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]{1,100}$/.test(name)) throw refused('a name has letters, digits and - only')
    if (typeof value !== 'string' || value.length > charactersMax || !/^[\t\x20-\x7e]*$/.test(value))
      throw refused(`the value of ${name} is no line of ASCII text`)
  }
  return Object.fromEntries(entries as readonly (readonly [string, string])[])
}

const isReserved = (name: string) =>
  reservedHeaders.some(each => (each.endsWith('-') ? name.startsWith(each) : name === each))

const refused = (says: string, details: Readonly<Record<string, readonly string[]>> = {}) =>
  new HouseError('INVALID', `The headers cannot be saved: ${says}`, { field: 'headers', ...details })
