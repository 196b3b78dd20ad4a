import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { storedPassword } from '../passwords.ts'
import { servedHouse } from './served.ts'

const house = await servedHouse()
await house.sql`update users set user_hash = ${await storedPassword('secret')} where id = ${house.users.ben}`
await house.graphql('mutation { createAccount(input: { name: "Acme" }) { id } }')
const token = await house.tokenOf('ada')

const v8 = (path: string, init: RequestInit = {}) =>
  fetch(`${house.url}${path}`, { ...init, headers: { authorization: `Bearer ${token}`, ...(init.headers as object) } })

const form = (fields: Record<string, string>) =>
  new URLSearchParams({ input_type: 'JSON', response_type: 'JSON', ...fields })

const legacy = (path: string, method: string, args: unknown) =>
  fetch(`${house.url}${path}`, { method: 'POST', body: form({ method, rest_data: JSON.stringify(args) }) })

const password = createHash('md5').update('secret').digest('hex')
const login = await legacy('/service/v4_1/rest.php', 'login', [{ user_name: 'ben', password }])
const { id: session } = (await login.json()) as { id: string }
const query = [session, 'Accounts', "accounts.name = 'Acme'", '', 0, ['name'], [], 5, 0]

it.each(['/Api', '/Api/index.php', '/legacy/Api', '/legacy/Api/index.php'])('serves V8 below %s', async base => {
  const list = await v8(`${base}/V8/module/Accounts?fields[Accounts]=name`)

  expect(list.headers.get('content-type')).toBe('application/vnd.api+json')
  expect(list.headers.get('access-control-allow-origin')).toBe('*')
  expect(await list.json()).toMatchObject({ data: [{ type: 'Account', attributes: { name: 'Acme' } }] })
  expect((await v8(`${base}/V8/nothing`)).status).toBe(404)
  expect((await v8(`${base}/nothing`, { method: 'POST' })).status).toBe(404)
  expect((await v8(`${base}/V8/module/Accounts/`)).status).toBe(404)
})

it.each([
  '/service/v4_1/rest.php',
  '/service/v4_1',
  '/legacy/service/v4_1/rest.php',
  '/legacy/service/v4/rest.php',
  '/service/v2/rest.php',
])('serves the legacy API at %s', async path => {
  const answer = await legacy(path, 'get_entry_list', query)

  expect(answer.headers.get('content-type')).toBe('application/json; charset=UTF-8')
  expect(await answer.json()).toMatchObject({ entry_list: [{ name_value_list: { name: { value: 'Acme' } } }] })
})

it('serves each method of v4.1 at its own address, with arguments by name', async () => {
  const body = JSON.stringify({ session, module_name: 'Accounts', query: '', deleted: 0 })
  const post = (path: string) =>
    fetch(`${house.url}${path}`, { method: 'POST', body, headers: { 'content-type': 'application/json' } })

  expect(await (await post('/service/v4_1/get_entries_count')).json()).toMatchObject({ result_count: '1' })
  expect((await post('/service/v4_1/webhook')).status).toBe(404)
})

it('gives the legacy API calls by GET, and in a multipart body', async () => {
  const parameters = form({ method: 'get_user_id', rest_data: JSON.stringify([session]) })
  const multipart = new FormData()
  for (const [name, value] of parameters) multipart.set(name, value)

  const byGet = await fetch(`${house.url}/service/v4_1/rest.php?${parameters}`)
  const byForm = await fetch(`${house.url}/service/v4_1/rest.php`, { method: 'POST', body: multipart })

  expect([await byGet.json(), await byForm.json()]).toEqual([house.users.ben, house.users.ben])
})

it('refuses a body that is too large in the form of each API', async () => {
  const body = Buffer.alloc(26 * 1024 * 1024, 'x')
  const large = async (path: string) => {
    const response = await v8(path, { method: 'POST', body, headers: { 'content-type': 'application/json' } })
    return { status: response.status, body: await response.json() }
  }

  expect(await large('/Api/V8/module')).toMatchObject({ status: 413, body: { errors: { status: 413 } } })
  expect(await large('/service/v4_1/rest.php')).toMatchObject({ status: 413, body: { number: expect.any(Number) } })
})

it('stores nothing of what is not UTF-8', async () => {
  const json = Buffer.from('{"data":{"type":"Accounts","attributes":{"name":"a\xffb"}}}', 'latin1')
  const byV8 = await v8('/Api/V8/module', {
    method: 'POST',
    body: json,
    headers: { 'content-type': 'application/json' },
  })
  const restData = encodeURIComponent(JSON.stringify([session, 'Accounts', { name: 'a?b' }])).replace('%3F', '%FF')
  const byForm = await fetch(`${house.url}/service/v4_1/rest.php`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: `method=set_entry&input_type=JSON&response_type=JSON&rest_data=${restData}`,
  })

  expect(byV8.status).toBe(400)
  expect(await byForm.text()).not.toContain('"id"')
  expect(await house.sql`select name from accounts`).toEqual([{ name: 'Acme' }])
})

it('lets a token and a session act for their user, and logs who asked for what', async () => {
  await v8('/Api/V8/module/Accounts?filter[name][eq]=private')
  await legacy('/service/v4_1/rest.php', 'get_entry_list', query)
  await expect.poll(() => house.lines.at(-1)?.door).toBe('v4_1')

  const [byToken, bySession] = house.lines.filter(({ event }) => event === 'request').slice(-2)
  expect(byToken).toMatchObject({ door: 'v8', route: '/Api/V8/module/:moduleName', user_id: house.users.ada })
  expect(bySession).toMatchObject({ door: 'v4_1', operation: 'get_entry_list', user_id: house.users.ben })
  expect(JSON.stringify(house.lines)).not.toMatch(new RegExp(`private|${session}|${password}`))
})
