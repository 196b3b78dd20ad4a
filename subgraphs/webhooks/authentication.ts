import { createPrivateKey, X509Certificate } from 'node:crypto'
import { z } from 'zod'
import { HouseError } from '../../schema/errors.ts'
import { urlFault, type OutgoingRules } from '../../schema/public-address.ts'
import type { ClientCertificate } from './message.ts'

const line = z
  .string()
  .min(1)
  .max(8_000)
  .regex(/^[\x20-\x7e]+$/, 'is no line of ASCII text')
const text = z.string().min(1).max(1_000)

/** How an endpoint is told who calls. */
const authentication = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('BASIC'), username: text.refine(name => !name.includes(':')), password: text }),
  z.strictObject({ kind: z.literal('BEARER'), token: line }),
  z.strictObject({
    kind: z.literal('OAUTH2'),
    tokenUrl: z.string().max(2_000),
    clientId: text,
    clientSecret: text,
    scope: text.optional(),
    /** Of some providers, such as Auth0. */
    audience: text.optional(),
    /** Where client id and secret stand in the request of the token. */
    clientAuthentication: z.enum(['BASIC', 'BODY']).default('BASIC'),
  }),
])

const certificate = z.strictObject({
  cert: z.string().min(1).max(50_000),
  key: z.string().min(1).max(50_000),
  ca: z.string().max(200_000).optional(),
})

export type Authentication = z.infer<typeof authentication>
export type ClientCredentials = Extract<Authentication, { kind: 'OAUTH2' }>

/** All that tells the receiver who calls; kept sealed as one text. */
export type Credentials = {
  readonly authentication?: Authentication
  readonly certificate?: ClientCertificate
}

/**
 * @throws INVALID  it is none, or leads where the house does not go
 */
export function readAuthentication(given: unknown, rules: OutgoingRules): Authentication {
  const read = authentication.safeParse(given)
  if (!read.success) throw invalid('authentication', read.error.issues.map(inWords))
  const { data } = read
  const fault = data.kind === 'OAUTH2' ? urlFault(data.tokenUrl, rules) : undefined
  if (fault) throw invalid('authentication', [`/tokenUrl ${fault.says}`])
  return data
}

/**
 * @throws INVALID  it is no certificate with its key, or is over
 */
export function readCertificate(given: unknown, now: Date): ClientCertificate {
  const read = certificate.safeParse(given)
  if (!read.success) throw invalid('certificate', read.error.issues.map(inWords))
  const { cert, key } = read.data
  const shown = attempt(() => new X509Certificate(cert))
  if (!shown) throw invalid('certificate', ['/cert is no certificate in PEM'])
  const secret = attempt(() => createPrivateKey(key))
  if (!secret) throw invalid('certificate', ['/key is no private key in PEM without a passphrase'])
  if (!shown.checkPrivateKey(secret)) throw invalid('certificate', ['/key is not that of the certificate'])
  if (shown.validToDate.getTime() <= now.getTime()) throw invalid('certificate', ['/cert is over'])
  return read.data
}

/** Until when a certificate is good. */
export const expiryOf = ({ cert }: ClientCertificate): Date => new X509Certificate(cert).validToDate

export const sealedCredentials = (text: string): Credentials =>
  z
    .strictObject({ authentication: authentication.optional(), certificate: certificate.optional() })
    .parse(JSON.parse(text))

/** The header for what needs nobody to be asked; of OAuth 2 the token has to be fetched. */
export function authorizationOf(given: Exclude<Authentication, ClientCredentials>): string {
  if (given.kind === 'BEARER') return `Bearer ${given.token}`
  return `Basic ${Buffer.from(`${given.username}:${given.password}`).toString('base64')}`
}

const attempt = <T>(work: () => T): T | undefined => {
  try {
    return work()
  } catch {
    return undefined
  }
}

const inWords = ({ path, message }: { readonly path: readonly PropertyKey[]; readonly message: string }) =>
  `${path.map(part => `/${String(part)}`).join('')} ${message}`

const invalid = (field: string, faults: readonly string[]) =>
  new HouseError('INVALID', `The ${field} cannot be saved: ${faults.join('; ')}`, { field, faults })
