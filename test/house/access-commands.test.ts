import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createPasswordHashes, md5Of } from '../../drizzle/password-hash.ts'
import { openSecrets } from '../../drizzle/secrets.ts'
import { testDatabase } from '../database.ts'
import { run } from './switchyard.ts'

const { pool, url } = await testDatabase()
const dataDir = mkdtempSync(path.join(tmpdir(), 'switchyard-access-'))
afterAll(() => rmSync(dataDir, { recursive: true, force: true }))
await pool`insert into users (id, user_name, status, is_admin) values ('u1', 'ann', 'Active', false), ('u2', 'ben', 'Active', false)`

const switchyard = (parameters: string[], input?: string) =>
  run(parameters, { environment: { DATABASE_URL: url, DATA_DIR: dataDir }, input })

async function json<T>(parameters: string[]): Promise<T> {
  const { out } = await switchyard([...parameters, '--json'])
  return JSON.parse(out) as T
}

describe('the commands for access', () => {
  it.each([
    'client list',
    'client update',
    'client rotate',
    'client delete',
    'key create',
    'key list',
    'key roll',
    'key revoke',
    'token list',
    'token revoke',
    'token verify',
    'token rotate-keys',
    'password set',
    'password rotate-pepper',
  ])('explain %s, with examples', async name => {
    const { code, out } = await run([...name.split(' '), '--help'])

    expect(code).toBe(0)
    expect(out).toMatch(/Examples:\n {2}npx switchyard /)
    expect(out).toContain('--json')
  })

  it.each([
    [['key', 'create', '--name', 'x', '--user', 'ann', '--scope', 'nothing'], 'There is no scope "nothing"'],
    [['key', 'create', '--name', 'x', '--user', 'nobody', '--scope', '*'], 'There is no user "nobody".'],
    [['key', 'create', '--name', 'x', '--user', 'ann'], '--scope'],
    [['key', 'create', '--name', 'x', '--user', 'ann', '--scope', '*', '--expires-in-days', 'soon'], 'whole number'],
    [['key', 'roll', 'sw_live_nothing1'], 'sw_live_nothing1 does not exist'],
    [['key', 'revoke', 'nothing'], 'nothing does not exist'],
    [['client', 'rotate', 'nothing'], 'nothing does not exist'],
    [['client', 'update', 'nothing', '--name', 'x'], 'nothing does not exist'],
    [['client', 'create', '--name', 'x', '--grant', 'authorization_code'], 'redirect URL'],
    [['token', 'revoke'], 'Say one of'],
    [['token', 'revoke', 'nothing'], 'nothing does not exist'],
    [['token', 'revoke', '--user', 'ann', '--client', 'x'], '--client'],
  ])('%j fails, and says why', async (parameters, why) => {
    const { code, out, err } = await switchyard(parameters)

    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toContain(why)
    expect(err).not.toContain('    at ')
  })
})

describe('an API client', () => {
  it('is made, shown, changed, given another secret, and deleted', async () => {
    const scopes = ['records:read', 'metadata:read']
    const made = await json<{ client_id: string; client_secret: string }>(
      ['client', 'create', '--name', 'Export', '--user', 'ann', '--token-seconds', '600', '--dpop', '--scope'].concat(
        scopes,
      ),
    )
    const find = async () =>
      (await json<{ id: string }[]>(['client', 'list'])).find(({ id }) => id === made.client_id) as object | undefined
    expect(await find()).toMatchObject({ name: 'Export', scopes, tokenSeconds: 600, requiresDpop: true })

    await switchyard([
      'client',
      'update',
      made.client_id,
      '--name',
      'Renamed',
      '--user',
      'BEN',
      '--scope',
      '*',
      '--no-dpop',
    ])
    const expected = { name: 'Renamed', scopes: null, tokenSeconds: 600, requiresDpop: false, actsAs: { id: 'u2' } }
    expect(await find()).toMatchObject(expected)
    const { out } = await switchyard(['client', 'list'])
    expect(out).toMatch(
      new RegExp(`^${made.client_id}  Renamed  client_credentials  ben +everything  at\\+jwt 600 s$`, 'm'),
    )

    const rotated = await json<{ client_secret: string }>(['client', 'rotate', made.client_id])
    expect(rotated.client_secret).not.toBe(made.client_secret)
    expect((await switchyard(['client', 'delete', made.client_id])).code).toBe(0)
    expect(await find()).toBeUndefined()
  })
})

describe('an API key', () => {
  it('is made, shown by its prefix, rolled and revoked', async () => {
    const { code, out } = await switchyard([
      'key',
      'create',
      '--name',
      'Nightly',
      '--user',
      'ann',
      '--scope',
      'records:read:Accounts',
      '--expires-in-days',
      '7',
    ])
    const secret = /^api_key {2}(\S+)$/m.exec(out)?.[1] ?? ''
    const prefix = secret.slice(0, 16)
    expect({ code, secret }).toEqual({ code: 0, secret: expect.stringMatching(/^sw_live_\w{8}_\w{49}$/) as string })

    const list = await switchyard(['key', 'list', '--user', 'ann'])
    expect(list.out).toMatch(new RegExp(`^${prefix}  Nightly  ann +active  records:read:Accounts  20.{14}  - +-$`, 'm'))
    expect(list.out).not.toContain(secret.slice(17))
    expect((await switchyard(['key', 'list', '--user', 'ben'])).out).not.toContain(prefix)

    // Somebody who found a key names it by all they have.
    const rolled = await json<{ prefix: string; previousPrefix: string }>([
      'key',
      'roll',
      secret,
      '--overlap-hours',
      '1',
    ])
    expect(rolled.previousPrefix).toBe(prefix)
    expect(await json(['key', 'revoke', prefix])).toMatchObject({ prefix: rolled.prefix, state: 'REVOKED' })
    expect(await json(['key', 'list'])).toMatchObject([{ name: 'Nightly', state: 'REVOKED' }])
  })
})

describe('who is signed in', () => {
  it('is shown, and signed out', async () => {
    const session = (id: string, user: string) =>
      pool`insert into legacy_session (id, user_id, address, opened_at, seen_at) values (${id}, ${user}, '', now(), now())`
    await Promise.all([session('s1', 'u1'), session('s2', 'u1'), session('s3', 'u2')])

    const { out } = await switchyard(['token', 'list', '--user', 'ann'])
    expect(out).toMatch(/^s1 +legacy session +ann +- +everything/m)
    expect(out).not.toContain('s3')

    expect((await switchyard(['token', 'revoke', 's1'])).code).toBe(0)
    expect(await json<object[]>(['token', 'list'])).toHaveLength(2)
    expect((await switchyard(['token', 'revoke', '--user', 'ann'])).out).toBe('ann is signed out everywhere.\n')
    expect(await json(['token', 'list'])).toMatchObject([{ id: 's3', userId: 'u2' }])
  })
})

describe('a token', () => {
  it('is explained, with the exit code that scripts need', async () => {
    const { secret } = await json<{ secret: string }>(['key', 'create', '--name', 'x', '--user', 'ann', '--scope', '*'])

    const accepted = await switchyard(['token', 'verify'], `Bearer ${secret}\n`)
    const refused = await switchyard(['token', 'verify', '--json'], 'sesame')

    expect(accepted).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^This API key is accepted\.\n.*user +ann$/ms) as string,
    })
    expect(accepted.out).not.toContain(secret)
    expect(refused.code).toBe(1)
    expect(JSON.parse(refused.out)).toMatchObject({ isValid: false, kind: 'access token' })
  })

  it('is signed with other keys when they are rotated', async () => {
    type Keys = { kid: string; alg: string; state: string }[]
    const before = await json<Keys>(['token', 'rotate-keys'])

    const after = await json<Keys>(['token', 'rotate-keys'])

    const kids = (keys: Keys, state: string) => keys.filter(key => key.state === state).map(({ kid }) => kid)
    expect(kids(after, 'active')).toEqual(kids(before, 'next'))
    expect(kids(after, 'retiring')).toEqual(expect.arrayContaining(kids(before, 'active')))
    const compromised = await json<Keys>(['token', 'rotate-keys', '--end-old'])
    expect(compromised.filter(({ kid }) => after.some(key => key.kid === kid))).toEqual([])
  })
})

describe('a password', () => {
  const stored = async () => (await pool`select user_hash from users where id = 'u1'`)[0]?.user_hash as string
  const hashes = createPasswordHashes(pool, openSecrets({ dataDir }))

  it('is set from standard input or made, and never one that is too short', async () => {
    expect(await switchyard(['password', 'set', '--user', 'ann'], 'from a file, Grüße\n')).toMatchObject({ code: 0 })
    expect(await hashes.verify(md5Of('from a file, Grüße'), await stored())).toBe(true)

    const { password } = await json<{ password: string }>(['password', 'set', '--user', 'ann', '--generate'])
    expect(await hashes.verify(md5Of(password), await stored())).toBe(true)

    const refused = await switchyard(['password', 'set', '--user', 'ann'], 'short\n')
    expect(refused).toEqual({ code: 1, out: '', err: 'A password has 8 to 256 characters\n' })
    expect(await hashes.verify(md5Of(password), await stored())).toBe(true)
  })

  it('stays valid when the pepper is changed', async () => {
    const { password } = await json<{ password: string }>(['password', 'set', '--user', 'ann', '--generate'])

    const { pepper } = await json<{ pepper: string }>(['password', 'rotate-pepper'])

    expect(await stored()).not.toContain(pepper)
    const later = createPasswordHashes(pool, openSecrets({ dataDir }))
    expect(await later.verify(md5Of(password), await stored())).toBe(true)
    expect(await later.hash(md5Of(password))).toContain(`$sw$${pepper}$`)
  })
})
