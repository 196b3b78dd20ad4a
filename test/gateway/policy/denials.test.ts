import { randomUUID } from 'node:crypto'
import { expect, it } from 'vitest'
import { createDenials, sweepDenials } from '../../../gateway/policy/denials.ts'
import { systemPrincipal } from '../../../schema/principal.ts'
import { servedHouse } from '../served.ts'

const house = await servedHouse()
const { sql, users } = house
const made = await house.graphql('mutation { createAccount(input: { name: "Acme" }) { id } }')
const { id: account } = made.data?.['createAccount'] as { id: string }

async function request(path: string, as: 'ada' | 'ben', init: { method?: string; body?: object } = {}) {
  const requestId = randomUUID()
  const headers = {
    authorization: `Bearer ${await house.tokenOf(as)}`,
    'content-type': path === '/graphql' ? 'application/json' : 'application/vnd.api+json',
    'x-request-id': requestId,
  }
  const { method = 'POST', body } = init
  await fetch(`${house.url}${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) })
  return requestId
}

const graphql = (query: string, variables: object = {}, as: 'ada' | 'ben' = 'ada') =>
  request('/graphql', as, { body: { query, variables } })

/** What was left of a request, once a later one has left its trace: rows are written in order. */
async function traceOf(requestId: string) {
  const after = await graphql('{ account(id: "nobody") { id } }')
  await expect.poll(async () => (await rowsOf(after)).length, { timeout: 5_000 }).toBe(1)
  return rowsOf(requestId)
}

const rowsOf = (requestId: string) => sql`select * from access_denial where request_id = ${requestId} order by id`

it('leaves a trace of a record that was not found, in whatever way it was asked for', async () => {
  const id = randomUUID()
  const missing = { module: 'Accounts', kind: 'not_found', record_id: id, user_id: users.ada }

  const one = await graphql('query Find($it: ID!) { x: account(id: $it) { id } }', { it: id })
  const changed = await graphql('mutation ($id: ID!) { updateAccount(id: $id, input: {}) { id } }', { id })
  const v8 = await request(`/Api/V8/module/Accounts/${id}`, 'ada', { method: 'GET' })

  expect(await traceOf(one)).toMatchObject([{ ...missing, door: 'graphql', operation: 'query Find', action: 'view' }])
  expect(await traceOf(changed)).toMatchObject([{ ...missing, action: 'edit' }])
  expect(await traceOf(v8)).toMatchObject([{ ...missing, door: 'v8', action: 'view' }])
})

it('leaves a trace of what is for administrators, and of who asked', async () => {
  const trace = await traceOf(await graphql('{ apiClients { id } }', {}, 'ben'))

  expect(trace).toMatchObject([{ kind: 'administrators', user_id: users.ben, scopes: null }])
  expect(trace[0]?.['client_id']).toEqual(expect.any(String))
})

it('leaves no trace of what was answered', async () => {
  const found = await graphql('query ($id: ID!) { account(id: $id) { id name assigned_user_link { id } } me { id } }', {
    id: account,
  })

  expect(await traceOf(found)).toEqual([])
})

it('tells each denial of a request, up to a bound', async () => {
  const fields = Array.from({ length: 30 }, (_, i) => `a${i}: account(id: "none${i}") { id }`)

  const trace = await traceOf(await graphql(`{ ${fields.join(' ')} }`))

  expect(trace.map(row => row['record_id'] as string)).toEqual(Array.from({ length: 20 }, (_, i) => `none${i}`))
})

it('writes ids that no text of a database can hold', async () => {
  const trace = await traceOf(await graphql('query ($id: ID!) { account(id: $id) { id } }', { id: 'a\0b\ud800' }))

  expect(trace).toMatchObject([{ record_id: 'ab\ufffd' }])
})

it('bounds what waits, and says when it cannot be written', async () => {
  const failures: unknown[] = []
  const denials = createDenials(sql, error => void failures.push(error))
  const to = { requestId: 'flood', principal: systemPrincipal, now: () => new Date() }
  for (let i = 0; i < 3_000; i++) denials.note(to, [{ kind: 'forbidden', module: 'Accounts' }])
  await denials.close()
  denials.note({ ...to, now: () => new Date('+099999-01-01T00:00:00Z') }, [{ kind: 'forbidden' }])
  denials.note({ ...to, requestId: 'x', now: () => new Date('-100000-01-01T00:00:00Z') }, [{ kind: 'forbidden' }])
  await denials.close()

  expect(await rowsOf('flood')).toHaveLength(1_000)
  expect(failures).toHaveLength(1)
})

it('forgets after a week', async () => {
  const aged = (days: number) => new Date(Date.parse('2040-01-10T00:00:00Z') - days * 86_400_000)
  const denials = createDenials(sql, () => undefined)
  for (const days of [6, 8]) {
    denials.note({ requestId: `aged ${days}`, principal: systemPrincipal, now: () => aged(days) }, [
      { kind: 'forbidden' },
    ])
  }
  await denials.close()

  await sweepDenials(sql, aged(0))

  expect(await rowsOf('aged 6')).toHaveLength(1)
  expect(await rowsOf('aged 8')).toHaveLength(0)
})
