import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { House } from './house.ts'
import { once, type Request } from './load.ts'

/** One thing that clients do, and the same read or write by the plain handler (`test/bench/plain.ts`). */
export type Scenario = {
  readonly name: string
  /** CPU-ms for one request: what it must not exceed, and what SuiteCRM 7.15 needs. */
  readonly limitMs?: number
  readonly suitecrmMs?: number
  readonly request: Request
  readonly plain: string
  /** Whether an answer is what it should be. */
  readonly holds: (answer: string) => boolean
  /** It makes accounts, which are taken away after each round. */
  readonly writes?: true
}

/** The name of accounts that scenarios make. */
export const madeName = 'Made by the benchmark'

const three = ['name', 'industry', 'phone_office']

/**
 * @param id  an account to read
 */
export async function scenariosOn(house: House, id: string): Promise<Scenario[]> {
  const { url, access } = house
  const client = access.clients.find(each => each.grant === 'client_credentials')
  const [user] = access.users
  if (!client || !user) throw new Error('the demo has no client or no user')
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const grant = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: client.id,
    client_secret: client.secret,
  })
  const token: Request = { method: 'POST', url: `${url}/Api/access_token`, headers: form, body: grant.toString() }
  const authorization = `Bearer ${fieldOf(await once(token), 'access_token')}`

  const v8 = (path: string): Request => ({ method: 'GET', url: `${url}/Api/V8${path}`, headers: { authorization } })
  const graphql = (query: string): Request => ({
    method: 'POST',
    url: `${url}/graphql`,
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  })
  const legacy = (method: string, data: object): Request => {
    const envelope = { method, input_type: 'JSON', response_type: 'JSON', rest_data: JSON.stringify(data) }
    const body = new URLSearchParams(envelope).toString()
    return { method: 'POST', url: `${url}/service/v4_1/rest.php`, headers: form, body }
  }
  const password = createHash('md5').update(user.password).digest('hex')
  const session = fieldOf(await once(legacy('login', { user_auth: { user_name: user.user_name, password } })), 'id')

  return [
    {
      name: 'V8 GET one account',
      limitMs: 1.0,
      suitecrmMs: 13.2,
      request: v8(`/module/Accounts/${id}`),
      plain: `/one/${id}`,
      holds: answer => answer.includes(id) && answer.includes('billing_address_city'),
    },
    {
      name: 'V8 list of 20, all attributes',
      limitMs: 3.0,
      suitecrmMs: 39.7,
      request: v8('/module/Accounts?page%5Bsize%5D=20'),
      plain: '/list/all',
      holds: answer => countOf(answer, '"billing_address_city"') === 20,
    },
    {
      name: 'V8 list of 20, 3 fields',
      limitMs: 1.5,
      suitecrmMs: 39.3,
      request: v8(`/module/Accounts?fields%5BAccounts%5D=${three.join(',')}&page%5Bsize%5D=20`),
      plain: '/list/three',
      holds: answer => countOf(answer, '"phone_office"') === 20 && !answer.includes('billing'),
    },
    {
      name: 'V8 POST',
      limitMs: 2.0,
      suitecrmMs: 19.3,
      request: {
        method: 'POST',
        url: `${url}/Api/V8/module`,
        headers: { authorization, 'content-type': 'application/vnd.api+json' },
        body: JSON.stringify({ data: { type: 'Accounts', attributes: { name: madeName, phone_office: '+49 30 1' } } }),
      },
      plain: '/insert',
      holds: answer => answer.includes(madeName),
      writes: true,
    },
    {
      name: 'v4.1 get_entry_list of 20, 4 fields',
      limitMs: 1.2,
      suitecrmMs: 17.8,
      request: legacy('get_entry_list', {
        session,
        module_name: 'Accounts',
        query: '',
        order_by: '',
        offset: 0,
        select_fields: ['id', ...three],
        link_name_to_fields_array: [],
        max_results: 20,
        deleted: 0,
      }),
      plain: '/list/three',
      holds: answer => countOf(answer, '"module_name"') === 20,
    },
    {
      name: 'v4.1 set_entry',
      limitMs: 2.0,
      suitecrmMs: 14.0,
      request: legacy('set_entry', {
        session,
        module_name: 'Accounts',
        name_value_list: [
          { name: 'name', value: madeName },
          { name: 'phone_office', value: '+49 30 1' },
        ],
      }),
      plain: '/insert',
      holds: answer => answer.includes('"id"'),
      writes: true,
    },
    {
      name: 'GraphQL one record',
      request: graphql(`{ account(id: "${id}") { id name industry phone_office } }`),
      plain: `/short/${id}`,
      holds: answer => answer.includes(id) && !answer.includes('errors'),
    },
    {
      name: 'GraphQL 20 accounts with 5 contacts each',
      request: graphql('{ accounts(first: 20) { nodes { id name contacts(first: 5) { nodes { id full_name } } } } }'),
      plain: '/nested',
      holds: answer => countOf(answer, '"full_name"') === 100,
    },
    {
      name: 'token by client_credentials',
      request: token,
      plain: `/client/${client.id}`,
      holds: answer => answer.includes('access_token'),
    },
  ]
}

function fieldOf(answer: string, name: string): string {
  const parsed = JSON.parse(answer) as Record<string, unknown>
  const value = parsed[name]
  if (typeof value !== 'string') throw new Error(`there is no ${name} in ${answer.slice(0, 200)}`)
  return value
}

const countOf = (text: string, part: string) => text.split(part).length - 1

/** V8 GET of one record of the demo. */
export async function oneRecord(house: House): Promise<Request> {
  const [list] = (await scenariosOn(house, '')).filter(({ name }) => name.includes('list of 20, 3'))
  if (!list) throw new Error('there is no scenario to read with')
  const found = z.object({ data: z.array(z.object({ id: z.string() })) }).parse(JSON.parse(await once(list.request)))
  const [one] = (await scenariosOn(house, found.data[0]?.id ?? '')).filter(({ name }) => name.includes('GET one'))
  if (!one) throw new Error('there is no scenario to read one with')
  return one.request
}
