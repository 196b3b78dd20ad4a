import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rangeOf } from '../../gateway/export-door.ts'
import { parseCsv } from '../../rest-compat/csv.ts'
import { guarded } from '../../subgraphs/crm/jobs/csv-guard.ts'
import { headText, recordsText, type ExportColumn } from '../../subgraphs/crm/jobs/export-text.ts'
import { servedHouse } from '../gateway/served.ts'

const house = await servedHouse()
const { sql, graphql, users } = house

type User = keyof typeof users
type Job = { id: string; status: string; file: string | null; done: number; bytes: number; error: unknown }

async function start(args: object, as: User = 'ada') {
  const query = `mutation ($module: String!, $fields: [String!], $filter: JSON, $sort: [String!], $format: ExportFormat, $guard: Boolean, $mark: Boolean) {
    r: startExport(module: $module, fields: $fields, filter: $filter, sort: $sort, format: $format, formulaGuard: $guard, byteOrderMark: $mark) { id } }`
  const { data, errors } = await graphql(query, { module: 'Accounts', ...args }, as)
  return { id: (data?.['r'] as Job | null | undefined)?.id ?? '', code: errors?.[0]?.extensions['code'], errors }
}

async function ended(id: string): Promise<Job> {
  const read = async () => {
    const { data } = await graphql(
      'query ($id: ID!) { r: job(id: $id) { id status file done bytes error { code } } }',
      { id },
    )
    return data?.['r'] as Job
  }
  await expect.poll(async () => (await read()).status, { timeout: 60_000 }).toMatch(/FINISHED|FAILED|CANCELLED/)
  return read()
}

async function download(id: string, headers: Readonly<Record<string, string>> = {}, as: User = 'ada', method = 'GET') {
  const authorization = `Bearer ${await house.tokenOf(as)}`
  return fetch(`${house.url}/exports/${id}`, { method, headers: { authorization, ...headers } })
}

async function exported(args: object, as: User = 'ada') {
  const { id, errors } = await start(args, as)
  expect(errors).toBeUndefined()
  const job = await ended(id)
  return { job, text: await (await download(id, {}, as)).text() }
}

const make = async (rows: readonly object[]) => {
  for (const row of rows)
    await sql`insert into accounts ${sql({ id: randomUUID(), deleted: false, record_version: 1, ...row })}`
}

describe('an export', () => {
  it('has the records that the filter finds, in the order asked for, with their types', async () => {
    const mark = randomUUID()
    await make([
      { name: `${mark} b`, date_entered: '2030-03-04 10:30:00' },
      { name: `${mark} a`, description: '' },
      { name: `${mark} gone`, deleted: true },
      { name: 'other' },
    ])
    const args = {
      fields: ['name', 'date_entered', 'description'],
      filter: { name: { like: `${mark}%` } },
      sort: ['-name'],
    }

    const { job, text } = await exported(args)

    expect(job).toMatchObject({
      status: 'FINISHED',
      done: 2,
      bytes: Buffer.byteLength(text),
      file: `/exports/${job.id}`,
    })
    expect(
      text
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line) as unknown),
    ).toEqual([
      { id: expect.any(String) as string, name: `${mark} b`, date_entered: '2030-03-04T10:30:00Z', description: null },
      { id: expect.any(String) as string, name: `${mark} a`, date_entered: null, description: '' },
    ])
  })

  it('is CSV that no spreadsheet runs, unless it is asked to be', async () => {
    const mark = randomUUID()
    await make([{ name: `=cmd|'/C calc'!A0`, description: mark, phone_office: '+49 30' }])
    const args = { format: 'CSV', fields: ['name', 'phone_office'], filter: { description: { eq: mark } } }

    const safe = await exported(args)
    const raw = await exported({ ...args, guard: false, mark: true })

    expect(parseCsv(safe.text)).toMatchObject([
      ['id', 'name', 'phone_office'],
      [expect.any(String), `'=cmd|'/C calc'!A0`, `'+49 30`],
    ])
    expect(raw.text).toMatch(/^.?id,/u)
    expect(parseCsv(raw.text)[1]?.slice(1)).toEqual([`=cmd|'/C calc'!A0`, '+49 30'])
  })

  it('has each record once, however many there are', async () => {
    const mark = randomUUID()
    await sql`insert into accounts (id, name, deleted, record_version, description)
      select gen_random_uuid()::text, 'many', false, 1, ${mark} from generate_series(1, 12345)`

    const { job, text } = await exported({ fields: ['name'], filter: { description: { eq: mark } }, sort: ['name'] })

    const ids = text
      .trimEnd()
      .split('\n')
      .map(line => (JSON.parse(line) as { id: string }).id)
    expect([job.done, ids.length, new Set(ids).size]).toEqual([12_345, 12_345, 12_345])
    const [parts] =
      await sql`select count(*)::int as count, max(length(bytes))::int as longest from export_part where job = ${job.id}`
    expect(parts).toMatchObject({ count: 13 })
    expect(Number(parts?.['longest'])).toBeLessThan(200_000)
  }, 60_000)

  it.each([
    [{ module: 'Nothing' }, 'BAD_REQUEST'],
    [{ fields: ['nothing'] }, 'INVALID'],
    [{ filter: { nothing: { eq: 1 } } }, 'BAD_REQUEST'],
    [{ filter: { date_entered: { gt: 'soon' } } }, 'BAD_REQUEST'],
    [{ filter: [] }, 'BAD_REQUEST'],
    [{ sort: ['nothing'] }, 'INVALID'],
  ])('%j is refused with %s', async (args, code) => expect((await start(args)).code).toBe(code))
})

describe('the file of an export', () => {
  it('can be read in ranges, and is known by its tag', async () => {
    const mark = randomUUID()
    await make([{ name: `${mark} ä` }, { name: `${mark} b` }])
    const { job, text } = await exported({ fields: ['name'], filter: { name: { like: `${mark}%` } } })
    const bytes = Buffer.from(text)

    const whole = await download(job.id)
    const part = await download(job.id, { range: 'bytes=5-20' })
    const tail = await download(job.id, { range: 'bytes=-7' })
    const beyond = await download(job.id, { range: `bytes=${bytes.length}-` })
    const stale = await download(job.id, { range: 'bytes=5-20', 'if-range': '"another"' })
    const known = await download(job.id, { 'if-none-match': whole.headers.get('etag') ?? '' })
    const head = await download(job.id, {}, 'ada', 'HEAD')

    expect(Object.fromEntries(whole.headers)).toMatchObject({
      'accept-ranges': 'bytes',
      'content-disposition': expect.stringMatching(/^attachment; filename="Accounts-[\d-]+\.ndjson"$/) as string,
      'content-length': String(bytes.length),
      'content-type': 'application/x-ndjson',
    })
    expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 5-20/${bytes.length}`])
    expect(Buffer.from(await part.arrayBuffer())).toEqual(bytes.subarray(5, 21))
    expect(Buffer.from(await tail.arrayBuffer())).toEqual(bytes.subarray(-7))
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, `bytes */${bytes.length}`])
    expect([stale.status, await stale.text()]).toEqual([200, text])
    expect(known.status).toBe(304)
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(bytes.length)])
  })

  it('is for who started it, with a token', async () => {
    const { job } = await exported({ fields: ['name'], filter: { name: { eq: 'nobody' } } })

    expect((await fetch(`${house.url}/exports/${job.id}`)).status).toBe(401)
    expect((await download(job.id, {}, 'ben')).status).toBe(404)
    expect((await download('nothing')).status).toBe(404)
  })
})

describe('the right to export', () => {
  it('goes as far as the role says, and no further', async () => {
    const mark = randomUUID()
    await make([
      { name: `${mark} ben's`, assigned_user_id: users.ben },
      { name: `${mark} ada's`, assigned_user_id: users.ada },
    ])
    const args = { fields: ['name'], filter: { name: { like: `${mark}%` } } }
    const names = async () =>
      (await exported(args, 'ben')).text
        .trimEnd()
        .split('\n')
        .map(line => (JSON.parse(line) as { name: string }).name)
    expect(await names()).toHaveLength(2)

    await level(users.ben, 'export', 75)
    await expect.poll(names, { timeout: 10_000 }).toEqual([`${mark} ben's`])
  })

  it('is none where the role says so, also for what was exported before', async () => {
    const { job } = await exported({ fields: ['name'], filter: { name: { eq: 'nobody' } } }, 'ben')
    await sql`delete from acl_roles_users where user_id = ${users.ben}`
    await level(users.ben, 'export', -99)

    await expect.poll(async () => (await start({}, 'ben')).code, { timeout: 10_000 }).toBe('FORBIDDEN')
    expect((await download(job.id, {}, 'ben')).status).toBe(403)
  })
})

describe('CSV', () => {
  const columns: readonly ExportColumn[] = [
    { name: 'id', scalar: 'ID' },
    { name: 'text', scalar: 'String' },
    { name: 'number', scalar: 'Decimal' },
  ]
  const text = fc.string({
    unit: fc.constantFrom('a', '=', '+', '-', '@', '\t', '\r', '\n', '"', ',', "'", '＝', '＋', '－', '＠', ' '),
  })
  const dangerous = /^[=+\-@\t\r\n＝＋－＠]/

  it('has no text that begins a formula, and loses nothing else', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(text, fc.integer()), { minLength: 1 }), rows => {
        const records = rows.map(([text, n]) => ({ id: 'x', text, number: `${n}.00` }))
        const [head, ...cells] = parseCsv(headText('CSV', columns, false) + recordsText('CSV', columns, records, true))

        expect(head).toEqual(['id', 'text', 'number'])
        expect(cells.map(([, cell = '']) => dangerous.test(cell))).toEqual(rows.map(() => false))
        expect(cells.map(([, cell = '']) => cell)).toEqual(
          rows.map(([text]) => (dangerous.test(text) ? `'${text}` : text)),
        )
        expect(cells.map(([, , number]) => number)).toEqual(rows.map(([, n]) => `${n}.00`))
      }),
    )
  })

  it.each(['=1', '+1', '-1', '@a', '\ta', '\ra', '\na', '＝1', '＋1', '－1', '＠a'])('guards %j', text => {
    expect(guarded(text)).toBe(`'${text}`)
  })
})

describe('a range', () => {
  it.each([
    [undefined, undefined],
    ['bytes=0-0', { start: 0, end: 0 }],
    ['bytes=3-', { start: 3, end: 9 }],
    ['bytes=-4', { start: 6, end: 9 }],
    ['bytes=-40', { start: 0, end: 9 }],
    ['bytes=8-100', { start: 8, end: 9 }],
    ['bytes=10-', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=5-3', undefined],
    ['bytes=1-2,4-5', undefined],
    ['lines=1-2', undefined],
  ])('%j of ten bytes is %j', (header, range) => expect(rangeOf(header, 10)).toEqual(range))
})

/** A level of a role that the user gets for Accounts. */
async function level(userId: string, action: string, level: number) {
  const [role, id] = [randomUUID(), randomUUID()]
  await sql`insert into acl_roles (id, name) values (${role}, ${role})`
  await sql`insert into acl_roles_users (id, role_id, user_id) values (${role}, ${role}, ${userId})`
  await sql`insert into acl_actions (id, category, name, acltype, aclaccess) values (${id}, 'Accounts', ${action}, 'module', 90)`
  await sql`insert into acl_roles_actions (id, role_id, action_id, access_override) values (${id}, ${role}, ${id}, ${level})`
  await sql`select pg_notify('identity', '{"kind":"access"}')`
}
