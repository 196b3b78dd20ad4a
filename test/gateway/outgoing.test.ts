import { createServer } from 'node:http'
import { isIP, type AddressInfo } from 'node:net'
import { Agent, request } from 'undici'
import { afterAll, describe, expect, it } from 'vitest'
import type { OutgoingRules } from '../../schema/public-address.ts'
import { guardedConnector, type Resolve } from '../../gateway/outgoing/guard.ts'

let reached = 0
const server = createServer((_request, response) => {
  reached += 1
  response.end('here')
})
await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
const { port } = server.address() as AddressInfo
afterAll(() => void server.close())

const strict: OutgoingRules = { allow: [], isHttpsRequired: false }

/** Names that lead to these addresses; asked again, to the next. */
function leading(names: Readonly<Record<string, readonly (readonly string[])[]>>): Resolve & { asked: number } {
  const resolve = (host: string) => {
    const turns = names[host]
    if (!turns) return Promise.reject(Object.assign(new Error(`queryA ENOTFOUND ${host}`), { code: 'ENOTFOUND' }))
    const addresses = turns[Math.min(resolve.asked, turns.length - 1)] ?? []
    resolve.asked += 1
    return Promise.resolve(addresses.map(address => ({ address, family: isIP(address) })))
  }
  resolve.asked = 0
  return resolve
}

async function call(url: string, { rules = strict, resolve }: { rules?: OutgoingRules; resolve?: Resolve } = {}) {
  const agent = new Agent({ connect: guardedConnector(rules, { timeout: 2_000 }, resolve) })
  try {
    const { body } = await request(url, { dispatcher: agent })
    return await body.text()
  } catch (error) {
    return error as Error & { code?: string }
  } finally {
    await agent.close()
  }
}

describe('a connection', () => {
  it('to an address of this network is not made, whether it is written out or a name leads there', async () => {
    const resolve = leading({
      'private.test': [['127.0.0.1']],
      'mapped.test': [['::ffff:127.0.0.1']],
      'nat64.test': [['64:ff9b::7f00:1']],
    })
    const before = reached

    for (const host of ['127.0.0.1', '[::1]', '2130706433', 'private.test', 'mapped.test', 'nat64.test'])
      expect(await call(`http://${host}:${port}/`, { resolve })).toMatchObject({ code: 'EFORBIDDENADDRESS' })

    expect(reached).toBe(before)
  })

  it('to a name with one address of this network among public ones is not made', async () => {
    const resolve = leading({ 'mixed.test': [['93.184.216.34', '127.0.0.1']] })

    expect(await call(`http://mixed.test:${port}/`, { resolve })).toMatchObject({ code: 'EFORBIDDENADDRESS' })
  })

  it('goes to the address that was judged, and the name is asked for once', async () => {
    // What is judged is what the first answer says; the second would lead here.
    const resolve = leading({ 'rebind.test': [['10.255.255.1'], ['127.0.0.1']] })
    const before = reached

    expect(await call(`http://rebind.test:${port}/`, { resolve })).toMatchObject({ code: 'EFORBIDDENADDRESS' })
    expect(resolve.asked).toBe(1)
    expect(reached).toBe(before)
  })

  it('is made where the name or the network is allowed', async () => {
    const resolve = leading({ 'hooks.test': [['127.0.0.1']] })

    expect(await call(`http://hooks.test:${port}/`, { resolve, rules: { ...strict, allow: ['hooks.test'] } })).toBe(
      'here',
    )
    expect(await call(`http://127.0.0.1:${port}/`, { rules: { ...strict, allow: ['127.0.0.0/8'] } })).toBe('here')
  })

  it('is refused in words that name no address', async () => {
    const error = await call(`http://private.test:${port}/`, { resolve: leading({ 'private.test': [['10.1.2.3']] }) })

    expect(String(error)).not.toMatch(/\d+\.\d+\.\d+/)
    expect(JSON.stringify(error)).not.toMatch(/\d+\.\d+\.\d+/)
  })

  it('without TLS is not made where TLS is demanded', async () => {
    const rules = { allow: ['127.0.0.1'], isHttpsRequired: true }

    expect(await call(`http://127.0.0.1:${port}/`, { rules })).toMatchObject({ code: 'EFORBIDDENADDRESS' })
  })

  it('to a name that nobody knows fails as the resolver says', async () => {
    expect(await call('http://nowhere.test/', { resolve: leading({}) })).toMatchObject({ code: 'ENOTFOUND' })
  })
})
