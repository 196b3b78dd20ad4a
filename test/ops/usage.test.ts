import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { addUsage, markDeprecated, sweepUsage, usersOf, type UsageRow } from '../../drizzle/usage.ts'
import { servedHouse } from '../gateway/served.ts'
import { run } from '../house/switchyard.ts'
import { storedPassword } from '../passwords.ts'

const house = await servedHouse()
const { sql, users } = house
const made = await house.graphql('mutation { createAccount(input: { name: "Acme" }) { id } }')
const { id: account } = made.data?.['createAccount'] as { id: string }
const client = await house.newClient('ada')

type Answer = { readonly status: number; readonly body: unknown }

async function send(path: string, init: RequestInit = {}, token = client.token): Promise<Answer> {
  const headers = { authorization: `Bearer ${token}`, ...(init.headers as object) }
  const response = await fetch(`${house.url}${path}`, { ...init, headers })
  return { status: response.status, body: await response.json() }
}
const graphql = (query: string, variables: object = {}, token?: string) =>
  send(
    '/graphql',
    { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query, variables }) },
    token,
  )

async function legacy(method: string, ...args: unknown[]) {
  const body = new URLSearchParams({
    method,
    input_type: 'JSON',
    response_type: 'JSON',
    rest_data: JSON.stringify(args),
  })
  return (await (await fetch(`${house.url}/service/v4_1/rest.php`, { method: 'POST', body })).json()) as { id: string }
}

/** What is written of one caller: how often each name, over one door. */
const countsOf = async (caller: string, door: string, version = '') =>
  Object.fromEntries(
    (
      await sql<{ name: string; count: number }[]>`select name, count::int from api_usage
        where ${caller} in (client_id, user_id) and door = ${door} and version = ${version} order by name collate "C"`
    ).map(({ name, count }) => [name, count]),
  )
/** Counts are written every five seconds. */
const written = { timeout: 15_000 }

it('counts who uses which field and operation, through every door, reading and writing', async () => {
  await graphql('query ($f: AccountFilter) { accounts(filter: $f) { nodes { name } } }', {
    f: { industry: { eq: 'Energy' } },
  })
  await graphql('{ accounts { nodes { name website } } }')
  await graphql(
    'mutation ($id: ID!) { updateAccount(id: $id, input: { fax: null }) { id } }'.replace('fax', 'phone_fax'),
    {
      id: account,
    },
  )
  await send('/Api/V8/module/Accounts?fields[Accounts]=name,phone_office&filter[industry][eq]=Energy&sort=-website')
  await send('/Api/V8/module', {
    method: 'PATCH',
    headers: { 'content-type': 'application/vnd.api+json' },
    body: JSON.stringify({ data: { type: 'Accounts', id: account, attributes: { rating: 'A' } } }),
  })
  await send(
    `/Api/V8/module/Accounts/${account}?fields[Accounts]=ticker_symbol&include=contacts&fields[Contacts]=title`,
    {
      headers: { 'api-version': '8.1' },
    },
  )
  await sql`update users set user_hash = ${await storedPassword('secret')} where user_name = 'ben'`
  const password = createHash('md5').update('secret').digest('hex')
  const { id: session } = await legacy('login', { user_name: 'ben', password })
  const query = "accounts.industry = 'Energy'"
  await legacy('get_entry_list', session, 'Accounts', query, '', 0, ['id', 'name'], [], 5, 0)
  await legacy('set_entry', session, 'Accounts', [{ name: 'name', value: 'Beta' }])

  await expect
    .poll(() => countsOf(client.id, 'graphql'), written)
    .toEqual({
      'Accounts.id': 1,
      'Accounts.industry': 1,
      'Accounts.name': 2,
      'Accounts.phone_fax': 1,
      'Accounts.website': 1,
      'Mutation.updateAccount': 1,
      'Query.accounts': 2,
    })
  await expect
    .poll(() => countsOf(client.id, 'v8', '8.0'), written)
    .toMatchObject({
      'Accounts.name': 2,
      'Accounts.phone_office': 2,
      'Accounts.industry': 2,
      'Accounts.website': 2,
      'Accounts.rating': 1,
      getRecords: 1,
      updateRecord: 1,
    })
  await expect
    .poll(() => countsOf(client.id, 'v8', '8.1'), written)
    .toEqual({
      'Accounts.contacts': 1,
      'Accounts.id': 1,
      'Accounts.ticker_symbol': 1,
      'Contacts.id': 1,
      'Contacts.title': 1,
      'Query.account': 1,
      readRecord: 1,
    })
  await expect
    .poll(() => countsOf(users.ben, 'v4_1', 'v4_1'), written)
    .toEqual({
      'Accounts.id': 2,
      'Accounts.industry': 1,
      'Accounts.name': 2,
      'Mutation.createAccount': 1,
      'Query.accounts': 1,
      get_entry_list: 1,
      set_entry: 1,
    })
})

it('equals what the log has: how often, and when first and last', async () => {
  const mine = await house.newClient('ben')
  for (let i = 0; i < 3; i++) await send('/Api/V8/module/Accounts?fields[Accounts]=name', {}, mine.token)
  await send('/Api/V8/module/Accounts?fields[Accounts]=id', {}, mine.token)
  const inLog = async () => {
    const [row] = await sql`select count(*)::int as count, min(at) as first, max(at) as last from request_log
      where client_id = ${mine.id} and operation = 'getRecords'`
    return row
  }
  const usage = `query ($id: ID) { usage(filter: { clientId: $id, door: "v8", name: "getRecords" }) {
    nodes { kind clientName userId version count firstAt lastAt deprecated } } }`
  await expect.poll(async () => (await inLog())?.['count'] as number, written).toBe(4)
  const moment = (at: unknown) => `${String(at).replace(' ', 'T')}Z`
  const log = await inLog()

  await expect
    .poll(async () => (await house.graphql(usage, { id: mine.id })).data?.['usage'], written)
    .toEqual({
      nodes: [
        {
          ...{ kind: 'operation', clientName: "ben's client", userId: null, version: '8.0', deprecated: false },
          ...{ count: 4, firstAt: moment(log?.['first']), lastAt: moment(log?.['last']) },
        },
      ],
    })
  await expect
    .poll(() => countsOf(mine.id, 'v8', '8.0'), written)
    .toMatchObject({ 'Accounts.name': 3, 'Query.accounts': 4 })
})

it('counts nothing that was refused', async () => {
  const mine = await house.newClient('ada')
  await graphql('{ nothing }', {}, mine.token)
  await graphql('{ accounts(first: 100000) { nodes { phone_alternate } } }', {}, mine.token)
  await send('/Api/V8/module/Accounts', {}, 'nonsense')
  await graphql('{ accounts { nodes { name } } }', {}, mine.token)

  await expect.poll(() => countsOf(mine.id, 'graphql'), written).toEqual({ 'Accounts.name': 1, 'Query.accounts': 1 })
  expect(await sql`select from api_usage where client_id = '' and key_id = '' and user_id = ''`).toHaveLength(0)
})

it('writes what could not be written for a while, all of it', async () => {
  const mine = await house.newClient('ada')
  await sql`alter table api_usage rename to api_usage_away`
  await graphql('{ accounts { nodes { name } } }', {}, mine.token)
  await expect.poll(() => house.lines.some(line => line['request_id'] === 'usage'), written).toBe(true)
  await graphql('{ accounts { nodes { name } } }', {}, mine.token)
  await sql`alter table api_usage_away rename to api_usage`

  await expect.poll(() => countsOf(mine.id, 'graphql'), written).toEqual({ 'Accounts.name': 2, 'Query.accounts': 2 })
})

const at = (day: string) => `2028-01-${day} 10:00:00.000`
const row = (name: string, client: string, day: string, rest: Partial<UsageRow> = {}): UsageRow => ({
  ...{ name, kind: 'field', client_id: client, key_id: '', user_id: '', door: 'graphql', version: '', count: 1 },
  ...{ first_at: at('01'), last_at: at(day), deprecated: false },
  ...rest,
})

it('tells whom a removal would break, whoever used it last first', async () => {
  await addUsage(sql, [
    row('Bugs.one_c', 'a', '03', { count: 5 }),
    row('Bugs.one_c', 'a', '04', { door: 'v8', version: '8.0' }),
    row('Bugs.two_c', 'b', '05'),
    row('Bugs.one_c', '', '02', { user_id: users.ben, door: 'v4_1', version: 'v4_1' }),
    row('BugsMore.one_c', 'c', '06'),
  ])
  const told = (found: Awaited<ReturnType<typeof usersOf>>) =>
    found.map(({ clientId, userName, names, doors, count, lastAt }) => [
      ...[clientId ?? userName, names.join(), doors.join(), count, lastAt.slice(0, 10)],
    ])
  const ada = ['a', 'Bugs.one_c', 'graphql,v8', 6, '2028-01-04']
  const ben = ['ben', 'Bugs.one_c', 'v4_1', 1, '2028-01-02']

  expect(told(await usersOf({ sql }, ['Bugs.one_c']))).toEqual([ada, ben])
  expect(told(await usersOf({ sql }, ['Bugs']))).toEqual([['b', 'Bugs.two_c', 'graphql', 1, '2028-01-05'], ada, ben])
  expect(told(await usersOf({ sql }, ['Bugs.one_c'], new Date('2028-01-03T00:00:00Z')))).toEqual([ada])
  expect(await usersOf({ sql }, ['Bugs.none_c'])).toEqual([])
  const { data } = await house.graphql('{ usersOf(names: ["Bugs.one_c"], since: "2028-01-03") { clientId lastAt } }')
  expect(data).toEqual({ usersOf: [{ clientId: 'a', lastAt: '2028-01-04T10:00:00Z' }] })
})

it('adds up what several processes count at once', async () => {
  const rows = Array.from({ length: 50 }, (_, i) => row(`Calls.f${i}`, 'many', '02'))
  await Promise.all(Array.from({ length: 8 }, (_, i) => addUsage(sql, i % 2 === 0 ? rows : rows.toReversed())))

  expect(new Set(Object.values(await countsOf('many', 'graphql')))).toEqual(new Set([8]))
})

it('is read by pages that repeat and leave out nothing', async () => {
  const query = `query ($after: String) { usage(first: 7, after: $after, filter: { clientId: "many" }) {
    nodes { name } pageInfo { hasNextPage endCursor } } }`
  const seen: string[] = []
  let after: string | null = null
  for (let more = true; more;) {
    const { data } = await house.graphql(query, { after })
    const page = data?.['usage'] as { nodes: { name: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } }
    seen.push(...page.nodes.map(({ name }) => name))
    after = page.pageInfo.endCursor
    more = page.pageInfo.hasNextPage
  }

  expect(seen).toHaveLength(50)
  expect(new Set(seen).size).toBe(50)
})

it('says of what was used before that it will go, as soon as that is known', async () => {
  await addUsage(sql, [row('Tasks.old_c', 'd', '02'), row('Tasks.back_c', 'd', '02', { deprecated: true })])
  await markDeprecated(sql, ['Tasks.old_c'])

  const { data } = await house.graphql('{ usage(filter: { clientId: "d", deprecated: true }) { nodes { name } } }')
  expect(data).toEqual({ usage: { nodes: [{ name: 'Tasks.old_c' }] } })
})

it('flags what a request uses that will go', async () => {
  const mine = await house.newClient('ada')
  await graphql('{ apiClients { redirectUrl name } }', {}, mine.token)

  const deprecated = () => sql`select name from api_usage where client_id = ${mine.id} and deprecated`
  await expect.poll(deprecated, written).toEqual([{ name: 'ApiClient.redirectUrl' }])
  expect(await sql`select deprecated from request_log where client_id = ${mine.id} and door = 'graphql'`).toEqual([
    { deprecated: 'ApiClient.redirectUrl' },
  ])
})

it('is for administrators', async () => {
  const { errors } = await house.graphql('{ usage { nodes { name } } }', {}, 'ben')
  const others = await house.graphql('{ usersOf(names: ["Accounts"]) { clientId } }', {}, 'ben')

  expect([errors?.[0]?.extensions['code'], others.errors?.[0]?.extensions['code']]).toEqual(['FORBIDDEN', 'FORBIDDEN'])
})

it('is read from the command line', async () => {
  const shown = async (...given: string[]) =>
    (await run(['usage', ...given], { environment: { DATABASE_URL: house.databaseUrl } })).out

  expect(await shown('--field', 'Bugs.one_c')).toMatch(/^who +uses +requests.*\nclient a +Bugs\.one_c +6 /)
  expect(await shown('--field', 'Bugs.none_c')).toBe('Nobody is known to use Bugs.none_c.\n')
  expect(await shown('--client', 'd', '--deprecated')).toMatch(/\nTasks\.old_c \(deprecated\) +client d +1 /)
  expect(JSON.parse(await shown('--client', 'many', '--json'))).toHaveLength(50)
})

it('forgets what nobody has used for more than a year', async () => {
  await addUsage(sql, [row('Bugs.late_c', 'a', '09')])
  await sweepUsage(sql, new Date('2029-02-10T00:00:00Z'))

  expect(await usersOf({ sql }, ['Bugs'])).toMatchObject([{ names: ['Bugs.late_c'] }])
})
