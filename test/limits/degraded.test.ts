import { expect, it } from 'vitest'
import { servedHouse } from '../gateway/served.ts'

const house = await servedHouse({
  settings: { LIMIT_MACHINE: 'burst=unlimited sustained=unlimited daily=10', LIMIT_STORE_DOWN: 'refuse' },
})
const { sql } = house

const ask = async (token: string, query: string) => {
  const response = await fetch(`${house.url}/graphql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  })
  return { status: response.status, headers: response.headers, body: (await response.json()) as object }
}
const alarms = (text: string) => house.lines.filter(({ event }) => typeof event === 'string' && event.includes(text))

it('counts by itself while the accounts are out of reach: reads pass to the limit, changes do not', async () => {
  const [{ token }, other] = [await house.newClient('ada'), await house.newClient('ada')]
  await sql`alter table limit_account rename to limit_account_away`

  const reads = []
  for (let i = 0; i < 12; i++) reads.push(await ask(token, '{ me { id } }'))
  const change = await ask(other.token, 'mutation { createAccount(input: { name: "Acme" }) { id } }')

  expect(reads.map(({ status }) => status)).toEqual([...Array.from({ length: 10 }, () => 200), 429, 429])
  expect(reads.map(({ headers }) => headers.get('x-ratelimit-status'))).toEqual(reads.map(() => 'degraded'))
  expect(change.status).toBe(429)
  expect(change.body).toMatchObject({ errors: [{ extensions: { violatedPolicies: ['degraded'] } }] })
  expect(alarms('each counts alone')).toHaveLength(1)
})

it('counts with the others again when they are back, what was spent meanwhile too', async () => {
  await sql`alter table limit_account_away rename to limit_account`
  const { token } = await house.newClient('ada')

  await expect.poll(() => alarms('together again').length, { timeout: 10_000 }).toBe(1)

  const read = await ask(token, '{ me { id } }')
  expect(read.headers.get('x-ratelimit-status')).toBeNull()
  const spent = await sql`select round((full_at - counted_at) / step)::int as points from limit_account
    where key like '%daily' order by 1 desc limit 1`
  expect(spent).toEqual([{ points: 10 }])
})
