import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { makePartitions, storeRows, type LogRow } from '../../drizzle/request-log.ts'
import { servedHouse } from '../gateway/served.ts'
import { start } from '../house/switchyard.ts'

const house = await servedHouse()
const { sql, users } = house

const day = Date.parse('2029-07-01T00:00:00Z')
const statuses = [200, 200, 200, 201, 401, 404, 429, 500, 503]
const doors = ['v8', 'graphql', 'v4_1']

/** Many rows that differ in everything one can ask for; some in the same millisecond. */
const rows = Array.from({ length: 300 }, (_, i): LogRow => {
  const status = statuses[i % statuses.length] ?? 200
  return {
    at: day + Math.floor(i / 3) * 1_000_000,
    request_id: `past-${i}`,
    status,
    outcome: status < 400 ? 'ok' : 'invalid',
    code: status < 400 ? undefined : `CODE_${status}`,
    door: doors[i % doors.length],
    operation: `op${i % 7}`,
    client_id: `client-${i % 4}`,
    user_id: i % 2 === 0 ? users.ada : users.ben,
    ms: i * 10,
  }
})
await makePartitions(sql, new Date(day), 3)
await storeRows(sql, rows)

type Page = { nodes: Record<string, unknown>[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } }

const query = `query Logs($filter: RequestLogFilter, $first: Int!, $after: String) {
  requestLog(filter: $filter, first: $first, after: $after) { nodes { requestId at status ms } pageInfo { hasNextPage endCursor } } }`

async function page(variables: object, as: 'ada' | 'ben' = 'ada'): Promise<Page> {
  const { data, errors } = await house.graphql(query, { first: 1000, ...variables }, as)
  expect(errors).toBeUndefined()
  return data?.['requestLog'] as Page
}

const inPast = { from: '2029-07-01', to: '2029-07-05' }
const idsOf = ({ nodes }: Page) => nodes.map(node => node['requestId'] as string)

it.each<[name: string, filter: object, holds: (row: LogRow) => boolean]>([
  [
    'time',
    { from: '2029-07-01T12:00:00Z', to: '2029-07-02' },
    row => row.at >= day + 43_200_000 && row.at < day + 86_400_000,
  ],
  ['another time zone', { ...inPast, from: '2029-07-01T14:00:00+02:00' }, row => row.at >= day + 43_200_000],
  ['class of status', { ...inPast, status: '5xx' }, row => (row.status ?? 0) >= 500],
  ['status', { ...inPast, status: '404' }, row => row.status === 404],
  ['operation', { ...inPast, operation: 'op3' }, row => row.operation === 'op3'],
  ['client', { ...inPast, clientId: 'client-2' }, row => row.client_id === 'client-2'],
  ['user', { ...inPast, userId: users.ben }, row => row.user_id === users.ben],
  ['duration', { ...inPast, minMs: 1_000, maxMs: 1_500 }, row => (row.ms ?? 0) >= 1_000 && (row.ms ?? 0) <= 1_500],
  ['code', { ...inPast, code: 'CODE_429' }, row => row.code === 'CODE_429'],
  [
    'several of them',
    { ...inPast, door: 'v8', status: '2xx', clientId: 'client-1' },
    row => row.door === 'v8' && (row.status ?? 0) < 300 && row.client_id === 'client-1',
  ],
])('filters by %s', async (_name, filter, holds) => {
  const ids = idsOf(await page({ filter }))

  const expected = rows.filter(holds).map(row => row.request_id)
  expect(expected.length).toBeGreaterThan(0)
  expect(new Set(ids)).toEqual(new Set(expected))
  expect(ids).toHaveLength(expected.length)
})

it('gives pages, the newest first, that repeat and leave out nothing', async () => {
  const seen: string[] = []
  let after: string | null = null
  for (let more = true; more;) {
    const found: Page = await page({ filter: inPast, first: 7, after })
    seen.push(...idsOf(found))
    after = found.pageInfo.endCursor
    more = found.pageInfo.hasNextPage
  }

  expect(seen).toHaveLength(rows.length)
  expect(new Set(seen).size).toBe(rows.length)
  const times = seen.map(id => rows[Number(id.slice(5))]?.at ?? 0)
  expect(times).toEqual(times.toSorted((a, b) => b - a))
})

it('shows others only their own requests, whatever they ask for', async () => {
  const own = rows.filter(row => row.user_id === users.ben).map(row => row.request_id)

  expect(new Set(idsOf(await page({ filter: inPast }, 'ben')))).toEqual(new Set(own))
  expect(idsOf(await page({ filter: { ...inPast, userId: users.ada } }, 'ben'))).toEqual([])
})

it('refuses what it cannot understand', async () => {
  const codeOf = async (variables: object) =>
    (await house.graphql(query, { first: 5, ...variables })).errors?.[0]?.extensions['code']

  expect(await codeOf({ filter: { status: '9xx' } })).toBe('BAD_REQUEST')
  expect(await codeOf({ filter: { from: 'yesterday' } })).toBe('BAD_REQUEST')
  expect(await codeOf({ first: 0 })).toBe('BAD_REQUEST')
  expect(await codeOf({ first: 1001 })).toBe('BAD_REQUEST')
  expect(await codeOf({ after: 'nonsense' })).toBe('BAD_REQUEST')
})

const run = promisify(execFile)
const switchyard = (...given: string[]) =>
  run(process.execPath, [fileURLToPath(new URL('../../gateway/switchyard.mjs', import.meta.url)), ...given], {
    env: { ...process.env, DATABASE_URL: house.databaseUrl },
  })

it('is read and exported from the command line', async () => {
  const table = await switchyard(
    'logs',
    '--from',
    '2029-07-01',
    '--to',
    '2029-07-05',
    '--status',
    '404',
    '--limit',
    '3',
  )
  const all = await switchyard('logs', '--from', '2029-07-01', '--to', '2029-07-05', '--limit', 'all', '--ndjson')

  const lines = table.stdout.trim().split('\n')
  expect(lines).toHaveLength(4)
  expect(lines[0]).toMatch(/^at +status +outcome/)
  expect(lines.at(-1)).toContain('CODE_404')
  const exported = all.stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as { requestId: string })
  expect(new Set(exported.map(({ requestId }) => requestId))).toEqual(new Set(rows.map(row => row.request_id)))
  expect(exported).toHaveLength(rows.length)
})

it('is exported as CSV, the same requests with the same columns', async () => {
  await storeRows(sql, [{ at: day + 4 * 86_400_000 - 1, request_id: 'csv-1', outcome: 'ok', operation: '=a "b", c' }])
  const { stdout } = await switchyard('logs', '--from', '2029-07-01', '--to', '2029-07-05', '--limit', 'all', '--csv')

  const [head, ...lines] = stdout.trim().split('\n')
  expect(head).toMatch(/^at,outcome,requestId,traceId,clientId,.*,dropped$/)
  expect(lines.at(-1)).toBe(`2029-07-04 23:59:59.999,ok,csv-1,,,,,,,,,"'=a ""b"", c",,,,,,,,,,,,,,`)
  expect(lines).toHaveLength(rows.length + 1)
})

it('is followed: requests come as they are written, until it is told to stop', async () => {
  const { child, said, ended } = start(
    ['logs', '--follow', '--operation', 'query Followed', '--ndjson', '--limit', '1'],
    {
      environment: { DATABASE_URL: house.databaseUrl },
    },
  )
  await house.graphql('query Followed { me { id } }')
  await house.graphql('query Other { me { id } }')
  await expect.poll(() => said.out, { timeout: 20_000 }).toContain('query Followed')
  await house.graphql('query Followed { me { id } }')
  await expect.poll(() => said.out.trim().split('\n'), { timeout: 20_000 }).toHaveLength(2)
  child.kill('SIGINT')

  expect((await ended).out).not.toContain('Other')
  expect(await sql`select status from request_log where operation = 'query Followed'`).toHaveLength(2)
})
