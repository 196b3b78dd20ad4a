import { createHash, randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { networkOf } from '../../gateway/limits/attempts.ts'
import { servedHouse } from '../gateway/served.ts'
import { storedPassword } from '../passwords.ts'

const LIMIT_SIGN_IN = 'account=5 address=12'
const direct = await servedHouse({ settings: { LIMIT_SIGN_IN } })
const proxied = await servedHouse({ settings: { LIMIT_SIGN_IN, TRUST_PROXY: '1' } })
type House = typeof direct

/** An API client with the password grant. */
async function aClient({ sql }: House) {
  const id = randomUUID()
  const secret = createHash('sha256').update('secret').digest('hex')
  await sql`insert into oauth2clients ${sql({ id, name: 'portal', secret, allowed_grant_type: 'password', is_confidential: true })}`
  return id
}

const clients = new Map<House, string>()
beforeAll(async () => {
  for (const house of [direct, proxied]) {
    clients.set(house, await aClient(house))
    await house.sql`update users set user_hash = ${await storedPassword('right')} where id = ${house.users.ben}`
  }
})

const ask = (house: House, username: string, password: string, from?: string) =>
  fetch(`${house.url}/Api/access_token`, {
    method: 'POST',
    headers: from ? { 'x-forwarded-for': from } : {},
    body: new URLSearchParams({
      grant_type: 'password',
      client_id: clients.get(house) ?? '',
      client_secret: 'secret',
      username,
      password,
    }),
  })
const login = (house: House, user_name: string, password: string, from?: string) =>
  fetch(`${house.url}/service/v4_1/rest.php`, {
    method: 'POST',
    headers: from ? { 'x-forwarded-for': from } : {},
    body: new URLSearchParams({
      method: 'login',
      input_type: 'JSON',
      response_type: 'JSON',
      rest_data: JSON.stringify([{ user_name, password: createHash('md5').update(password).digest('hex') }]),
    }),
  })

const inTurn = async <T>(count: number, call: (i: number) => Promise<T>) => {
  const results: T[] = []
  for (let i = 0; i < count; i++) results.push(await call(i))
  return results
}
const statuses = (answers: readonly Response[]) => answers.map(({ status }) => status)

describe('behind a proxy', () => {
  it('refuses the sixth failure of an account, from whatever address, even with the right password', async () => {
    const failures = await inTurn(5, i => ask(proxied, 'Ben', 'wrong', `192.0.2.${i}`))

    const sixth = await ask(proxied, 'ben', 'right', '192.0.2.77')

    expect(statuses(failures)).toEqual([400, 400, 400, 400, 400])
    expect(sixth.status).toBe(429)
    expect(Number(sixth.headers.get('retry-after'))).toBeGreaterThan(60)
    expect(await sixth.json()).toMatchObject({
      error: 'temporarily_unavailable',
      'violated-policies': ['sign-in-account'],
    })
    const byLegacy = await login(proxied, 'ben', 'right', '192.0.2.78')
    expect(byLegacy.status).toBe(429)
    expect(await byLegacy.json()).toMatchObject({ number: 90, 'violated-policies': ['sign-in-account'] })
  })

  it('answers for an account that does not exist as for one that does', async () => {
    const [known, unknown] = [[] as string[], [] as string[]]
    for (const [name, network, answers] of [
      ['ada', '198.51.100', known] as const,
      ['nobody', '198.51.101', unknown] as const,
    ]) {
      for (const answer of await inTurn(6, i => ask(proxied, name, 'wrong', `${network}.${i}`)))
        answers.push(
          `${answer.status} ${answer.headers.get('ratelimit')?.replace(/t=\d+/g, '') ?? ''} ${await answer.text()}`,
        )
    }

    expect(known).toEqual(unknown)
    expect(known.map(text => text.slice(0, 3))).toEqual(['400', '400', '400', '400', '400', '429'])
  })

  it('counts the address that the proxy names, and an IPv6 network as one', async () => {
    const fromOne = await inTurn(12, i => login(proxied, `somebody ${i}`, 'wrong', `2001:db8:1:2::${i}`))

    const [same, other] = [
      await login(proxied, 'somebody else', 'wrong', '2001:db8:1:2:ffff::1'),
      await login(proxied, 'somebody else', 'wrong', '2001:db8:1:3::1'),
    ]

    expect(statuses(fromOne)).toEqual(Array.from({ length: 12 }, () => 200))
    expect([same.status, other.status]).toEqual([429, 200])
  })
})

describe('without a proxy', () => {
  it('gives back what was no failure', async () => {
    const tries = await inTurn(20, () => ask(direct, 'ben', 'right'))

    expect(statuses(tries)).toEqual(Array.from({ length: 20 }, () => 200))
  })

  it('believes no address that a caller makes up', async () => {
    await inTurn(12, i => ask(direct, `anybody ${i}`, 'wrong', `203.0.113.${i}`))

    const next = await ask(direct, 'anybody else', 'wrong', '203.0.113.200')

    expect(next.status).toBe(429)
    expect(await next.json()).toMatchObject({ 'violated-policies': ['sign-in-address'] })
  })
})

it.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:2::9', '2001:db8:1:2::/64'],
  ['2001:db8::9', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
])('%s belongs to %s', (address, network) => {
  expect(networkOf(address)).toBe(network)
})
