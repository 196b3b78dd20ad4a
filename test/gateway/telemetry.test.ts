import dns from 'node:dns'
import net from 'node:net'
import { expect, it } from 'vitest'
import { servedHouse } from './served.ts'

const reached: string[] = []
const realConnect = net.Socket.prototype.connect
net.Socket.prototype.connect = function (this: net.Socket, ...args: unknown[]) {
  const [first] = args.flat() as { host?: string; port?: number; path?: string }[]
  if (first?.host && !/^(127\.|::1|localhost$)/.test(first.host)) reached.push(`${first.host}:${first.port ?? ''}`)
  return Reflect.apply(realConnect, this, args) as net.Socket
}
for (const resolver of [dns, dns.promises]) {
  const realLookup = resolver.lookup
  resolver.lookup = ((...args: unknown[]) => {
    if (args[0] !== 'localhost' && !net.isIP(String(args[0]))) reached.push(String(args[0]))
    return Reflect.apply(realLookup as () => unknown, resolver, args)
  }) as never
}

it('asks nobody outside this machine, from start to close', async () => {
  const house = await servedHouse()
  await house.graphql('{ me { user_name roles { name } } accounts { nodes { id } } }')
  await house.graphql('{ __schema { types { name } } }')
  await fetch(`${house.url}/readyz`)

  expect(process.env.APOLLO_TELEMETRY_DISABLED).toBe('1')
  expect(reached).toEqual([])
})
