import { BlockList, isIP } from 'node:net'

/** Where the house may connect to on behalf of its users. */
export type OutgoingRules = {
  /** Hosts and networks that may be reached though they are not public: `10.0.0.0/8`, `hooks.internal`, `*.corp.example`. */
  readonly allow: readonly string[]
  readonly isHttpsRequired: boolean
}

/** Why the house does not connect to an address; in words that name nothing of the network here. */
export type AddressFault = {
  readonly code: 'not_url' | 'scheme' | 'https' | 'user_info' | 'address'
  readonly says: string
}

/**
 * Addresses that belong to nobody on the internet, or lead elsewhere than they say: this machine, private and shared
 * networks, links, documentation, benchmarks, multicast, and the ways of writing an IPv4 address as an IPv6 one.
 *
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry (read 2026-11)
 * @see https://www.iana.org/assignments/iana-ipv6-special-registry (read 2026-11)
 */
// prettier-ignore
const special = {
  ipv4: [
    '0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24',
    '192.0.2.0/24', '192.31.196.0/24', '192.52.193.0/24', '192.88.99.0/24', '192.168.0.0/16', '192.175.48.0/24',
    '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4',
  ],
  // Only 2000::/3 is given out; of that, what is special. Teredo and others: 2001::/23; 6to4: 2002::/16.
  ipv6: ['::/3', '4000::/2', '8000::/1', '2001::/23', '2001:db8::/32', '2002::/16', '2620:4f:8000::/48', '3fff::/20'],
} as const

// One list each: Node finds an IPv4 address in the IPv6 networks that its mapped form is in.
const refused = { ipv4: blockList(special.ipv4), ipv6: blockList(special.ipv6) }

/** Is this the address of a machine on the internet? What is no address is not. */
export function isPublicAddress(address: string): boolean {
  const kind = isIP(address)
  if (kind === 0 || address.includes('%')) return false
  return kind === 4 ? !refused.ipv4.check(address, 'ipv4') : !refused.ipv6.check(address, 'ipv6')
}

/** Whether an address may be connected to, for a host that was asked for by this name. */
export function mayConnect({ allow }: OutgoingRules, host: string, address: string): boolean {
  return isPublicAddress(address) || isAllowed(allow, host, address)
}

/**
 * What is wrong with the URL of a service that the house is to call. Where names lead is judged when it connects, because
 * that may change at any time.
 *
 * `URL` has undone the disguises of an address before it is judged: decimal, octal, hexadecimal and short forms, percent
 * escapes, full-width digits and dots.
 */
export function urlFault(text: string, rules: OutgoingRules): AddressFault | undefined {
  if (!URL.canParse(text) || /[\s\\]/.test(text)) return fault('not_url', 'is no URL such as https://example.com/hook')
  const url = new URL(text)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return fault('scheme', 'has to begin with https://')
  if (url.username !== '' || url.password !== '')
    return fault('user_info', 'has a user name or a password in it; set the authentication in its place')
  if (rules.isHttpsRequired && url.protocol !== 'https:') return fault('https', 'has to begin with https://')
  const host = hostOf(url)
  if (isIP(host) !== 0) return mayConnect(rules, host, host) ? undefined : notPublic
  return isLocalName(host) && !isAllowed(rules.allow, host, '') ? notPublic : undefined
}

/** The name or address that a URL leads to, as it is connected to. */
export const hostOf = ({ hostname }: URL) => hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')

const fault = (code: AddressFault['code'], says: string): AddressFault => ({ code, says })

const notPublic = fault('address', 'does not lead to a public address')

/** Names that lead to this machine or network everywhere. @see RFC 6761, RFC 6762, RFC 9476 */
const isLocalName = (host: string) => /(^|\.)(localhost|local|internal|home\.arpa)$/i.test(host)

function isAllowed(allow: readonly string[], host: string, address: string): boolean {
  const networks = allow.filter(each => isNetwork(each))
  if (isIP(address) !== 0 && networksOf(networks).check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6')) return true
  const name = host.toLowerCase()
  return allow.some(each => {
    const wanted = each.toLowerCase()
    return wanted.startsWith('*.') ? name.endsWith(wanted.slice(1)) : name === wanted
  })
}

/** `10.0.0.0/8` or a single address. */
export const isNetwork = (text: string) => {
  const [address = '', bits, more] = text.split('/')
  const kind = isIP(address)
  if (kind === 0 || more !== undefined) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (kind === 4 ? 32 : 128))
}

const made = new Map<string, BlockList>()

function networksOf(networks: readonly string[]): BlockList {
  const key = networks.join(' ')
  let list = made.get(key)
  if (!list) made.set(key, (list = blockList(networks)))
  return list
}

function blockList(networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', bits] = network.split('/')
    const kind = isIP(address) === 4 ? 'ipv4' : 'ipv6'
    list.addSubnet(address, bits === undefined ? (kind === 'ipv4' ? 32 : 128) : Number(bits), kind)
  }
  return list
}
