import { expect, it } from 'vitest'

it('refuses connections to other machines, so that nothing phones home unnoticed', async () => {
  const attempt = fetch('http://192.0.2.1/').catch((error: unknown) => (error as Error).cause)

  expect(String(await attempt)).toContain('Tests stay on this machine: a connection to 192.0.2.1 was refused')
})

it('refuses before a name is looked up', async () => {
  const attempt = fetch('https://example.com/').catch((error: unknown) => (error as Error).cause)

  expect(String(await attempt)).toContain('a connection to example.com was refused')
})
