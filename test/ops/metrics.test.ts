import { expect, it } from 'vitest'
import { outcomes } from '../../gateway/outcome.ts'
import { servedHouse } from '../gateway/served.ts'

const token = 'a-token-for-prometheus'
const house = await servedHouse({ settings: { METRICS_TOKEN: token } })

const metrics = (headers: Record<string, string> = {}) => fetch(`${house.url}/metrics`, { headers })
const sampleOf = (text: string, labels: Record<string, string>) => {
  const line = text
    .split('\n')
    .find(
      each =>
        each.startsWith('switchyard_requests_total{') &&
        Object.entries(labels).every(([name, value]) => each.includes(`${name}="${value}"`)),
    )
  return line === undefined ? 0 : Number(line.split(' ').at(-1))
}

it('counts requests by the template of their route, and by how they ended', async () => {
  const secret = 'a-secret-in-a-path-91823'
  await house.graphql('{ accounts { nodes { id } } }')
  await fetch(`${house.url}/Api/V8/module/Accounts/${secret}`)
  await fetch(`${house.url}/${secret}`, { method: 'PROPFIND' })
  const v8 = {
    door: 'v8',
    route: '/Api/V8/module/:moduleName/:id',
    method: 'GET',
    status: '4xx',
    outcome: 'unauthenticated',
  }
  await expect.poll(async () => sampleOf(await (await metrics()).text(), v8)).toBe(1)

  const text = await (await metrics()).text()
  expect(sampleOf(text, { door: 'graphql', route: '/graphql', method: 'POST', status: '2xx', outcome: 'ok' })).toBe(1)
  expect(sampleOf(text, { door: 'none', route: 'none', method: 'other', outcome: 'not_found' })).toBe(1)
  expect(text).toMatch(/^switchyard_request_seconds_bucket\{le="0\.002",door="graphql"\} \d+$/m)
  expect(text).toMatch(/^switchyard_request_log_dropped_total 0$/m)
  expect(text).toMatch(/^process_cpu_seconds_total \d/m)
  expect(text).not.toContain(secret)
  const told = [...text.matchAll(/outcome="([^"]*)"/g)].map(([, outcome]) => outcome)
  expect(outcomes).toEqual(expect.arrayContaining(told))
})

it('is for this machine and for who has the token; to others there is nothing', async () => {
  const statusFor = async (headers: Record<string, string>) => (await metrics(headers)).status
  const proxied = { 'x-forwarded-for': '203.0.113.7' }

  expect(await statusFor({})).toBe(200)
  expect(await statusFor(proxied)).toBe(404)
  expect(await statusFor({ ...proxied, authorization: 'Bearer wrong' })).toBe(404)
  expect(await statusFor({ ...proxied, authorization: `Bearer ${token}` })).toBe(200)
})
