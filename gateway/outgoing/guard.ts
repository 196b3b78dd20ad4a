import dns from 'node:dns'
import { isIP } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import { buildConnector } from 'undici'
import { mayConnect, type OutgoingRules } from '../../schema/public-address.ts'

/** The address of a host as a resolver gives it. */
export type Address = { readonly address: string; readonly family: number }

/** Finds all addresses of a host. @throws what a resolver throws: ENOTFOUND and others */
export type Resolve = (host: string) => Promise<readonly Address[]>

/** A connection that the house does not make. Says nothing about where the name leads. */
export class ForbiddenAddress extends Error {
  override readonly name = 'ForbiddenAddress'
  readonly code = 'EFORBIDDENADDRESS'

  constructor() {
    super('The address does not lead to a public address')
  }
}

type Connector = buildConnector.connector

/** Certificates, and the time limit of the whole. */
type ConnectorOptions = Pick<ConnectionOptions, 'cert' | 'key' | 'ca' | 'rejectUnauthorized'> & {
  readonly timeout?: number
}
type Connected = Parameters<Parameters<Connector>[1]>

/** Of a host that has more, so many addresses are tried. */
const addressesMax = 3
const timeoutMsDefault = 5_000

/**
 * How undici connects when it calls somebody else's service: webhooks, connectors, mail.
 *
 * A name is resolved once, every address that it has is judged, and those very addresses are connected to, one after the
 * other. So a name that leads elsewhere a moment later (DNS rebinding) gains nothing, and one that has a single address of
 * ours among public ones is refused.
 *
 */
export function guardedConnector(
  rules: OutgoingRules,
  { timeout, ...options }: ConnectorOptions = {},
  resolve: Resolve = resolveAll,
): Connector {
  const connectors = Array.from({ length: addressesMax }, (_, more) =>
    buildConnector({ ...options, timeout: Math.floor((timeout ?? timeoutMsDefault) / (more + 1)) }),
  )

  async function connect(target: buildConnector.Options): Promise<NonNullable<Connected[1]>> {
    if (rules.isHttpsRequired && target.protocol !== 'https:') throw new ForbiddenAddress()
    const host = target.hostname.replace(/^\[|\]$/g, '')
    const addresses = await judged(rules, host, resolve)
    const tried = addresses.slice(0, addressesMax)
    const connectOnce = connectors[tried.length - 1]
    if (!connectOnce) throw new ForbiddenAddress()
    const name = isIP(host) === 0 && target.protocol === 'https:' ? { servername: target.servername ?? host } : {}
    let failure: Error = new ForbiddenAddress()
    for (const { address } of tried) {
      const [error, socket] = await new Promise<Connected>(resolve =>
        connectOnce({ ...target, ...name, hostname: address }, (...connected) => resolve(connected)),
      )
      if (socket) return socket
      failure = error ?? failure
    }
    throw failure
  }

  return (target, done) => {
    connect(target).then(
      socket => done(null, socket),
      (error: Error) => done(error, null),
    )
  }
}

/** @throws ForbiddenAddress  one of the addresses is not for us */
async function judged(rules: OutgoingRules, host: string, resolve: Resolve): Promise<readonly Address[]> {
  const kind = isIP(host)
  const addresses = kind === 0 ? await resolve(host) : [{ address: host, family: kind }]
  const name = host.replace(/\.$/, '')
  if (addresses.length === 0 || !addresses.every(({ address }) => mayConnect(rules, name, address)))
    throw new ForbiddenAddress()
  return addresses
}

const resolveAll: Resolve = host => dns.promises.lookup(host, { all: true, verbatim: true })
