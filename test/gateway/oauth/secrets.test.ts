import { mkdtempSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openSecrets } from '../../../drizzle/secrets.ts'
import { openIdentity } from '../../../gateway/oauth/identity.ts'
import { identityHouse } from './setup.ts'

const aFolder = () => mkdtempSync(join(tmpdir(), 'secrets-'))
const secretKey = 'a master key of more than 32 characters'
const secrets = openSecrets({ secretKey, dataDir: aFolder() })

it('opens what it sealed, in the place it was sealed for', () => {
  const sealed = secrets.seal('{"d":"private"}', 'oauth_key/1')

  expect(secrets.open(sealed, 'oauth_key/1')).toBe('{"d":"private"}')
  expect(sealed).not.toContain('private')
  expect(secrets.seal('{"d":"private"}', 'oauth_key/1')).not.toBe(sealed)
  expect(() => secrets.open(sealed, 'oauth_key/2')).toThrow()
})

it('opens nothing that was changed, and names the key when it is another', () => {
  const sealed = secrets.seal('text', 'here')
  const other = openSecrets({ secretKey: secretKey.toUpperCase(), dataDir: aFolder() })

  for (const at of [15, sealed.length - 3]) {
    const changed = sealed.slice(0, at) + (sealed[at] === 'A' ? 'B' : 'A') + sealed.slice(at + 1)
    expect(() => secrets.open(changed, 'here')).toThrow()
  }
  expect(() => secrets.open('text', 'here')).toThrow('here is not sealed text')
  expect(() => other.open(sealed, 'here')).toThrow(`under another SECRET_KEY (${secrets.keyId})`)
})

it('makes a master key that only its owner can read, once', () => {
  const dataDir = join(aFolder(), 'new')

  const first = openSecrets({ dataDir })

  const file = join(dataDir, 'secret.key')
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(readFileSync(file, 'utf8')).toMatch(/^[0-9a-f]{64}\n$/)
  expect(openSecrets({ dataDir }).keyId).toBe(first.keyId)
})

it('refuses a short master key', () => {
  expect(() => openSecrets({ secretKey: 'short', dataDir: aFolder() })).toThrow('at least 32 characters')
})

it('derives other bytes for each purpose', () => {
  expect(secrets.derive('cookies')).toHaveLength(32)
  expect(secrets.derive('cookies')).toEqual(openSecrets({ secretKey, dataDir: aFolder() }).derive('cookies'))
  expect(secrets.derive('cookies')).not.toEqual(secrets.derive('forms'))
})

it('keeps a house from starting with another master key than its signing keys were sealed with', async () => {
  const house = await identityHouse()

  const start = openIdentity({ sql: house.sql, secrets, issuer: 'http://127.0.0.1:4000', report: () => {} })

  await expect(start).rejects.toThrow('under another SECRET_KEY')
})

it('makes signing keys once, however many processes start together', async () => {
  const house = await identityHouse()
  await house.sql`delete from oauth_key`

  await Promise.all(Array.from({ length: 4 }, () => house.open()))

  const keys = await house.sql`select alg, state from oauth_key order by alg, state`
  expect(keys.map(key => [key.alg, key.state])).toEqual([
    ['ES256', 'active'],
    ['ES256', 'next'],
    ['RS256', 'active'],
    ['RS256', 'next'],
  ])
})
