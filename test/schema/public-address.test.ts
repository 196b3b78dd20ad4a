import { describe, expect, it } from 'vitest'
import { isPublicAddress, mayConnect, urlFault } from '../../schema/public-address.ts'

const strict = { allow: [], isHttpsRequired: true }
const lax = { allow: [], isHttpsRequired: false }

/** By what each address is; those of WH-81 first. */
const special = {
  loopback: ['127.0.0.1', '127.255.255.254', '::1'],
  unspecified: ['0.0.0.0', '0.1.2.3', '::'],
  private: ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', 'fc00::1', 'fd00::1'],
  'link-local': ['169.254.169.254', 'fe80::1', 'febf::1'],
  shared: ['100.64.0.1', '100.127.255.255'],
  protocol: ['192.0.0.1', '192.0.0.192', '2001::1', '2001:1::1'],
  benchmark: ['198.18.0.1', '198.19.255.255', '2001:2::1'],
  multicast: ['224.0.0.1', '239.255.255.255', 'ff02::1'],
  reserved: ['240.0.0.1', '255.255.255.255', '4000::1', '5f00::1', '8000::1'],
  documentation: ['192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1', '3fff::1'],
  'an IPv4 address in other clothes': [
    ...['::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:8.8.8.8', '::127.0.0.1', '64:ff9b::7f00:1', '64:ff9b:1::7f00:1'],
    ...['2002:7f00:1::', '2001:0:7f00:1::'],
  ],
}
const disguised = [
  ...['http://2130706433/', 'http://0x7f000001/', 'http://0177.0.0.1/', 'http://127.1/', 'http://0/', 'http://0x7f.1/'],
  ...[
    'http://①②⑦.⓪.⓪.①/',
    'http://１２７.０.０.１/',
    'http://127。0。0。1/',
    'http://%31%32%37.0.0.1/',
    'http://127.0.0.1./',
  ],
  ...['http://[::ffff:127.0.0.1]/', 'http://[::127.0.0.1]/', 'http://[0:0:0:0:0:0:0:1]/', 'http://localhost/'],
  ...['http://LOCALHOST./', 'http://a.localhost/', 'http://printer.local/', 'http://db.internal/'],
]

describe('an address', () => {
  it.each(Object.entries(special))('that is %s is not public', (_kind, addresses) => {
    expect(addresses.filter(isPublicAddress)).toEqual([])
  })

  it.each(['8.8.8.8', '1.1.1.1', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2001:4860:4860::8888'])(
    '%s is public',
    address => {
      expect(isPublicAddress(address)).toBe(true)
    },
  )

  it('that is none, or names an interface, is not public', () => {
    expect(['', 'example.com', '8.8.8', 'fe80::1%eth0', '2606:4700::1%lo'].filter(isPublicAddress)).toEqual([])
  })
})

describe('a URL', () => {
  it.each([...Object.values(special).flat()])('that leads to %s is refused', address => {
    expect(urlFault(`http://${address.includes(':') ? `[${address}]` : address}/hook`, lax)).toMatchObject({
      code: 'address',
    })
  })

  it.each(disguised)('that hides where it leads is refused: %s', url => {
    expect(urlFault(url, lax)).toMatchObject({ code: 'address' })
  })

  it.each([
    ['http://user@example.com/', 'user_info'],
    ['https://example.com@127.0.0.1/', 'user_info'],
    ['file:///etc/passwd', 'scheme'],
    ['gopher://example.com/', 'scheme'],
    ['//example.com', 'not_url'],
    ['https://exa mple.com/', 'not_url'],
    ['https:\\\\example.com', 'not_url'],
    ['http://example.com/', 'https'],
  ])('%s is refused: %s', (url, code) => {
    expect(urlFault(url, strict)).toMatchObject({ code })
  })

  it.each(['https://example.com/hook?a=b', 'https://8.8.8.8:8443/', 'https://[2606:4700::1111]/'])(
    '%s is taken',
    url => {
      expect(urlFault(url, strict)).toBeUndefined()
    },
  )

  it('is refused in words that do not repeat an address', () => {
    expect(urlFault('https://10.1.2.3/', strict)?.says).toBe('does not lead to a public address')
  })
})

describe('the list of what is allowed', () => {
  const rules = {
    allow: ['10.0.0.0/8', 'fd00::/8', '192.168.1.7', 'hooks.internal', '*.corp.internal'],
    isHttpsRequired: false,
  }

  it.each([
    'http://10.1.2.3/',
    'http://[fd00::1]/',
    'http://192.168.1.7/',
    'http://hooks.internal/',
    'http://a.corp.internal/',
  ])('opens %s', url => {
    expect(urlFault(url, rules)).toBeUndefined()
  })

  it.each([
    'http://11.0.0.1.internal/',
    'http://192.168.1.8/',
    'http://xhooks.internal/',
    'http://127.0.0.1/',
    'http://corp.internal/',
  ])('opens nothing beside: %s', url => {
    expect(urlFault(url, rules)).toMatchObject({ code: 'address' })
  })

  it('opens what a name of it leads to, and no other name to the same', () => {
    expect(mayConnect(rules, 'hooks.internal', '172.16.0.9')).toBe(true)
    expect(mayConnect(rules, 'example.com', '172.16.0.9')).toBe(false)
    expect(mayConnect(rules, 'example.com', '10.9.9.9')).toBe(true)
  })
})
