import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { house8_1 } from './house.ts'

const house = await house8_1()
const { ask, sql } = house

type Begun = {
  readonly id: string
  readonly attributes: Readonly<Record<string, unknown>>
  readonly links: { readonly results: string }
}

async function begin(body: string, type = 'application/x-ndjson', query = '', module = 'Accounts') {
  const answer = await ask('POST', `/bulk/${module}${query}`, { body, headers: { 'content-type': type } })
  return { ...answer, job: answer.data as unknown as Begun }
}

async function ended(id: string) {
  const read = async () => ((await ask('GET', `/jobs/${id}`)).data as unknown as Begun).attributes
  await expect.poll(async () => (await read())['status'], { timeout: 30_000 }).toBe('FINISHED')
  return read()
}

/** A page of results: an object on each line. */
async function results(address: string) {
  const headers = { 'api-version': '8.1', authorization: `Bearer ${await house.tokenOf('ada')}` }
  const response = await fetch(`${house.url}${address}`, { headers })
  const lines = (await response.text()).split('\n').filter(line => line !== '')
  return {
    type: response.headers.get('content-type'),
    next: /<([^>]*)>; rel="next"/.exec(response.headers.get('link') ?? '')?.[1],
    rows: lines.map(line => JSON.parse(line) as Readonly<Record<string, unknown>>),
  }
}

const named = async (mark: string) =>
  [
    ...(await sql`select name, employees, is_admin from (select name, employees, null as is_admin from accounts where name like ${`${mark}%`}) a order by name`),
  ].map(({ name }) => String(name).slice(mark.length + 1))

describe('POST /bulk/{module}', () => {
  it.each([
    ['application/json', (mark: string) => JSON.stringify([{ name: `${mark} a` }, { name: `${mark} b` }])],
    ['application/x-ndjson', (mark: string) => `{"name":"${mark} a"}\n\n{"name":"${mark} b"}\n`],
    [
      'text/csv; charset=utf-8',
      (mark: string) => `\ufeffname,description\r\n${mark} a,"one, ""two""\r\nthree"\r\n${mark} b,\r\n`,
    ],
  ])('takes %s, answers at once where the job is, and tells of each row', async (type, bodyOf) => {
    const mark = randomUUID()

    const begun = await begin(bodyOf(mark), type)
    const done = await ended(begun.job.id)

    expect(begun.status).toBe(202)
    expect(begun.headers.get('location')).toBe(`/Api/V8/jobs/${begun.job.id}`)
    expect(done).toMatchObject({ total: 2, done: 2, created: 2, failed: 0 })
    expect(await named(mark)).toEqual(['a', 'b'])
    expect(await results(begun.job.links.results)).toMatchObject({
      type: 'application/x-ndjson',
      rows: [
        { row: 1, outcome: 'CREATED' },
        { row: 2, outcome: 'CREATED' },
      ],
    })
  })

  it('gives cells of CSV the type of their field; an empty one says nothing, and #N/A empties', async () => {
    const id = randomUUID()
    await begin(`id,last_name,description,do_not_call\n${id},Ann,first,yes\n`, 'text/csv', '', 'Contacts').then(
      ({ job }) => ended(job.id),
    )

    const { job } = await begin(`id,last_name,description\n${id},,#N/A\n`, 'text/csv', '', 'Contacts')

    expect(await ended(job.id)).toMatchObject({ updated: 1 })
    expect(await sql`select last_name, description, do_not_call from contacts where id = ${id}`).toEqual([
      { last_name: 'Ann', description: null, do_not_call: true },
    ])
  })

  it('finds records as the query says', async () => {
    const mark = randomUUID()
    const row = `{"externalId":"${mark}","name":"${mark} a"}\n`
    await begin(row, undefined, '?match=externalId&system=shop').then(({ job }) => ended(job.id))

    const { job } = await begin(row, undefined, '?match=externalId&system=shop')

    expect(await ended(job.id)).toMatchObject({ created: 0, unchanged: 1 })
  })

  it('only checks when it is asked to', async () => {
    const before = await sql`select id from client_job`
    const headers = { 'content-type': 'application/json', prefer: 'validate-only' }

    const answer = await ask('POST', '/bulk/Accounts', { body: '[{"name":"x"}]', headers })

    expect(answer).toMatchObject({ status: 200, meta: { valid: true } })
    expect(await sql`select id from client_job`).toHaveLength(before.length)
  })

  it.each([
    ['no JSON', '{', 'application/x-ndjson', '', 400, 'Line 1'],
    ['no list', '{}', 'application/json', '', 400, 'list'],
    ['a quote that does not end', 'name\n"a', 'text/csv', '', 400, 'Line 2'],
    ['more values than columns', 'name\na,b\n', 'text/csv', '', 400, 'Row 1'],
    ['another media type', 'a', 'text/plain', '', 415, 'text/csv'],
    ['no such parameter', '[]', 'application/json', '?by=id', 400, 'match'],
    ['no such field', '[]', 'application/json', '?match=nothing', 400, 'nothing'],
    ['no system', '[]', 'application/json', '?match=externalId', 400, 'system'],
  ])('refuses %s', async (_what, body, type, query, status, words) => {
    const answer = await begin(body, type, query)

    expect(answer.status).toBe(status)
    expect(answer.text).toContain(words)
  })
})

describe('POST /exports', () => {
  const send = (attributes: object, headers: Readonly<Record<string, string>> = {}) =>
    ask('POST', '/exports', { body: { data: { type: 'exports', attributes } }, headers })

  it('answers where the job is, which leads to the file', async () => {
    const mark = randomUUID()
    await house.made('Accounts', { name: `${mark} a` })
    const attributes = { module: 'Accounts', fields: ['name'], filter: { name: { like: `${mark}%` } }, format: 'csv' }

    const begun = await send(attributes)
    await ended(begun.data.id)

    expect(begun.status).toBe(202)
    expect(begun.headers.get('location')).toBe(`/Api/V8/jobs/${begun.data.id}`)
    const { data } = await ask('GET', `/jobs/${begun.data.id}`)
    const { file } = (data as unknown as { links: { file: string } }).links
    const headers = { authorization: `Bearer ${await house.tokenOf('ada')}` }
    const text = await (await fetch(`${house.url}${file}`, { headers })).text()
    expect(text).toMatch(new RegExp(`^id,name\r\n[\\w-]+,${mark} a\r\n$`))
  })

  it.each([
    ['no module', {}, 400],
    ['another module', { module: 'Nothing' }, 400],
    ['another format', { module: 'Accounts', format: 'xlsx' }, 422],
    ['another member', { module: 'Accounts', limit: 3 }, 422],
    ['no such field', { module: 'Accounts', fields: ['nothing'] }, 422],
    ['no such filter', { module: 'Accounts', filter: { nothing: 1 } }, 400],
  ])('refuses %s', async (_what, attributes, status) => expect((await send(attributes)).status).toBe(status))

  it('only checks when it is asked to', async () => {
    const answer = await send({ module: 'Accounts' }, { prefer: 'validate-only' })

    expect(answer).toMatchObject({ status: 200, meta: { valid: true } })
  })
})

describe('GET /jobs', () => {
  it('leads from page to page of results, and keeps to the outcome asked for', async () => {
    const mark = randomUUID()
    const rows = Array.from({ length: 1_100 }, (_, n) => ({ name: n % 100 === 0 ? '' : `${mark} ${n}` }))
    const { job } = await begin(JSON.stringify(rows), 'application/json')
    await ended(job.id)

    const first = await results(job.links.results)
    const second = await results(first.next ?? '')
    const failed = await results(`${job.links.results}?outcome=failed`)

    expect([first.rows.length, second.rows.length, second.next]).toEqual([1_000, 100, undefined])
    expect(failed.rows).toHaveLength(11)
    expect(failed.rows[0]).toMatchObject({ row: 1, code: 'INVALID', pointer: '/name' })
  })

  it('is one’s own, and can be ended once', async () => {
    const { data } = await house.graphql('mutation { startBulkUpsert(module: "Accounts", open: true) { id } }')
    const { id } = data?.['startBulkUpsert'] as { id: string }

    expect((await ask('GET', `/jobs/${id}`, { as: 'ben' })).status).toBe(404)
    expect((await ask('GET', '/jobs', { as: 'ben' })).data).toEqual([])
    expect((await ask('DELETE', `/jobs/${id}`)).data).toMatchObject({ attributes: { status: 'CANCELLED' } })
    expect((await ask('GET', '/jobs/nothing')).status).toBe(404)
  })
})
