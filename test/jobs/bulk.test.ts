import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { endDeadJobs, sweepClientJobs } from '../../gateway/client-jobs.ts'
import { servedHouse } from '../gateway/served.ts'

const house = await servedHouse()
const { sql, graphql, users } = house

type User = keyof typeof users
type Job = { id: string; status: string; total: number; done: number } & Record<string, unknown>

const jobFields = 'id status total done created updated unchanged failed error { code message }'

async function start(args: object, as: User = 'ada') {
  const query = `mutation ($module: String!, $rows: [JSON!], $matchBy: String, $system: String, $validation: Validation, $open: Boolean) {
    r: startBulkUpsert(module: $module, rows: $rows, matchBy: $matchBy, system: $system, validation: $validation, open: $open) { ${jobFields} } }`
  return answerOf(await graphql(query, { module: 'Accounts', rows: [], matchBy: 'id', ...args }, as))
}

const answerOf = ({ data, errors }: Awaited<ReturnType<typeof graphql>>) => {
  const job = data?.['r'] as Job | null | undefined
  return { job: job ?? undefined, errors, code: errors?.[0]?.extensions['code'] as string | undefined }
}

const jobOf = async (id: string, as: User = 'ada') =>
  answerOf(await graphql(`query ($id: ID!) { r: job(id: $id) { ${jobFields} } }`, { id }, as))

async function ended(id = '') {
  await expect.poll(async () => (await jobOf(id)).job?.status, { timeout: 30_000 }).toMatch(/FINISHED|FAILED|CANCELLED/)
  const query = `query ($id: ID!) { job(id: $id) { ${jobFields} results(first: 1000) { nodes { row outcome recordId code message pointer } } } }`
  const { data } = await graphql(query, { id })
  const { results, ...job } = data?.['job'] as Job & { results: { nodes: Record<string, unknown>[] } }
  return { job, rows: results.nodes }
}

const writeAll = async (args: object, as?: User) => ended((await start(args, as)).job?.id)

const accounts = async (mark: string) => [
  ...(await sql`select id, name, description, phone_office, created_by from accounts where name like ${`${mark}%`} and not deleted order by name`),
]

describe('a bulk write', () => {
  it('makes, changes and leaves records as they are, and tells of each row', async () => {
    const [mark, id] = [randomUUID(), randomUUID()]
    const made = await writeAll({ rows: [{ id, name: `${mark} a`, annual_revenue: '5' }, { name: `${mark} b` }] })
    const changed = await writeAll({
      rows: [
        { id, name: `${mark} a`, annual_revenue: '5' },
        { id, name: `${mark} c` },
        { name: '' },
        { id, nonsense: 1 },
      ],
    })

    expect(made.job).toMatchObject({ status: 'FINISHED', total: 2, done: 2, created: 2, failed: 0 })
    expect(changed.job).toMatchObject({ status: 'FINISHED', unchanged: 1, updated: 1, failed: 2 })
    expect(changed.rows).toMatchObject([
      { row: 1, outcome: 'UNCHANGED', recordId: id },
      { row: 2, outcome: 'UPDATED', recordId: id },
      { row: 3, outcome: 'FAILED', code: 'INVALID', pointer: '/name' },
      { row: 4, outcome: 'FAILED', code: 'INVALID', pointer: '/nonsense' },
    ])
    expect((await accounts(mark)).map(({ name }) => name)).toEqual([`${mark} b`, `${mark} c`])
    expect(await sql`select input from bulk_row where input is not null`).toEqual([])
  })

  it('takes values as GraphQL takes them, and tells where one is wrong', async () => {
    const name = randomUUID()
    const { rows } = await writeAll({
      module: 'Meetings',
      rows: [
        { name, date_start: '2030-03-04T10:30:00+02:00', duration_hours: 1, duration_minutes: 0 },
        { name, date_start: 'soon', duration_hours: 1, duration_minutes: 0 },
        { name, deleted: true },
      ],
    })

    expect(rows.slice(0, 3)).toMatchObject([
      { outcome: 'CREATED' },
      { outcome: 'FAILED', pointer: '/date_start' },
      { outcome: 'FAILED', pointer: '/deleted' },
    ])
    const [{ at } = {}] =
      await sql`select date_start::text as at from meetings where name = ${name} order by date_start limit 1`
    expect(at).toBe('2030-03-04 08:30:00')
  })

  it('finds records by a field, without case, and refuses what several have', async () => {
    const mark = randomUUID()
    await writeAll({ rows: [{ name: `${mark} one` }, { name: `${mark} two` }, { name: `${mark} two` }] })

    const { job, rows } = await writeAll({
      matchBy: 'name',
      rows: [
        { name: `${mark} ONE`, description: 'found' },
        { name: `${mark} two` },
        { name: `${mark} new` },
        { name: `${mark} New`, description: 'made above' },
        { description: 'nameless' },
      ],
    })

    expect(rows.map(({ outcome }) => outcome)).toEqual(['UPDATED', 'FAILED', 'CREATED', 'UPDATED', 'FAILED'])
    expect(rows[1]).toMatchObject({ code: 'INVALID', message: expect.stringContaining('2 records') })
    expect(job).toMatchObject({ created: 1, updated: 2, failed: 2 })
    expect(await accounts(mark)).toHaveLength(4)
  })

  it('finds records by what another system calls them, and makes a deleted one anew', async () => {
    const mark = randomUUID()
    const rows = [{ externalId: mark, name: `${mark} 1` }]
    const first = await writeAll({ matchBy: 'externalId', system: 'shop', rows })
    const again = await writeAll({
      matchBy: 'externalId',
      system: 'shop',
      rows: [{ externalId: mark, name: `${mark} 2` }],
    })
    const elsewhere = await writeAll({ matchBy: 'externalId', system: 'erp', rows })
    const [id] = first.rows.map(({ recordId }) => String(recordId))
    await graphql('mutation ($id: ID!) { deleteAccount(id: $id) { id } }', { id })
    const anew = await writeAll({ matchBy: 'externalId', system: 'shop', rows })

    const outcomes = [first, again, elsewhere, anew].map(({ rows }) => rows[0]?.['outcome'])
    expect(outcomes).toEqual(['CREATED', 'UPDATED', 'CREATED', 'CREATED'])
    expect(again.rows[0]).toMatchObject({ recordId: id })
    expect(anew.rows[0]?.['recordId']).not.toBe(id)
  })

  it('makes one record of what two jobs bring at the same time', async () => {
    const mark = randomUUID()
    const rows = Array.from({ length: 120 }, (_, n) => ({ externalId: `${mark} ${n}`, name: `${mark} ${n}` }))
    const args = { matchBy: 'externalId', system: 'shop' }

    const both = await Promise.all([writeAll({ ...args, rows }), writeAll({ ...args, rows: rows.toReversed() })])

    expect(both.map(({ job }) => job.failed)).toEqual([0, 0])
    expect(both.reduce((sum, { job }) => sum + Number(job['created']), 0)).toBe(120)
    expect(await accounts(mark)).toHaveLength(120)
  })

  it('stores what SuiteCRM would store when it is asked to', async () => {
    const mark = randomUUID()
    const rows = [{ name: mark, account_type: 'no such type', employees: 12 }]

    const strict = await writeAll({ rows })
    const lenient = await writeAll({ rows, validation: 'LENIENT' })

    expect([strict.job['failed'], lenient.job['created']]).toEqual([1, 1])
  })

  it('takes rows in parts until it is closed, and none after', async () => {
    const mark = randomUUID()
    const add = 'mutation ($id: ID!, $rows: [JSON!]!) { r: addBulkRows(id: $id, rows: $rows) { total status } }'
    const close = 'mutation ($id: ID!) { r: closeBulkUpsert(id: $id) { status } }'
    const { job } = await start({ open: true, rows: [{ name: `${mark} 1` }] })
    const id = job?.id ?? ''

    expect(answerOf(await graphql(add, { id, rows: [{ name: `${mark} 2` }] })).job).toEqual({
      total: 2,
      status: 'OPEN',
    })
    expect(answerOf(await graphql(add, { id, rows: ['no row'] })).code).toBe('INVALID')
    await graphql(close, { id })

    expect((await ended(id)).job).toMatchObject({ status: 'FINISHED', created: 2 })
    expect(answerOf(await graphql(add, { id, rows: [{ name: mark }] })).code).toBe('CONFLICT')
  })

  it('is started once for an Idempotency-Key', async () => {
    const [key, mark] = [randomUUID(), randomUUID()]
    const query = `mutation { startBulkUpsert(module: "Accounts", rows: [{ name: "${mark}" }]) { id } }`
    const send = async () => {
      const answer = await house.post(JSON.stringify({ query }), { 'idempotency-key': key })
      return (await answer.json()) as { data: { startBulkUpsert: { id: string } } }
    }

    const [first, again] = [await send(), await send()]

    expect(again).toEqual(first)
    await ended(first.data.startBulkUpsert.id)
    expect(await accounts(mark)).toHaveLength(1)
  })

  it.each([
    [{ module: 'Nothing' }, 'BAD_REQUEST'],
    [{ matchBy: 'nothing' }, 'BAD_REQUEST'],
    [{ matchBy: 'externalId' }, 'BAD_REQUEST'],
    [{ matchBy: 'externalId', system: 'a b' }, 'BAD_REQUEST'],
    [{ rows: [[]] }, 'INVALID'],
    [{ rows: [{ name: 'a\u0000b' }] }, 'INVALID'],
  ])('%j is refused with %s', async (args, code) => expect((await start(args)).code).toBe(code))
})

describe('whose a bulk write is', () => {
  it('is seen, stopped and added to by who started it, and by administrators', async () => {
    const { job } = await start({ open: true }, 'ben')
    const { job: other } = await start({ open: true }, 'ada')
    const cancel = 'mutation ($id: ID!) { r: cancelJob(id: $id) { status } }'

    expect((await jobOf(job?.id ?? '', 'ben')).job).toMatchObject({ status: 'OPEN' })
    expect((await jobOf(job?.id ?? '', 'ada')).job).toMatchObject({ status: 'OPEN' })
    expect((await jobOf(other?.id ?? '', 'ben')).code).toBe('NOT_FOUND')
    expect(answerOf(await graphql(cancel, { id: other?.id }, 'ben')).code).toBe('NOT_FOUND')
    expect(answerOf(await graphql(cancel, { id: job?.id }, 'ben')).job).toEqual({ status: 'CANCELLED' })
    const { data } = await graphql('{ jobs { id } }', {}, 'ben')
    expect(data?.['jobs']).toEqual(expect.arrayContaining([{ id: job?.id }]))
    expect(data?.['jobs']).not.toContainEqual({ id: other?.id })
  })

  it('is written with the rights of who started it, judged when a row is written', async () => {
    const mark = randomUUID()
    const made = await writeAll({ rows: [{ name: `${mark} ben's` }] }, 'ben')
    expect(await accounts(mark)).toMatchObject([{ created_by: users.ben }])
    await roleFor(users.ben, { edit: 75 })
    await sql`update accounts set assigned_user_id = '1', created_by = '1' where name = ${`${mark} ben's`}`

    const [id] = made.rows.map(({ recordId }) => recordId)
    const { rows } = await writeAll({ rows: [{ id, name: `${mark} mine` }] }, 'ben')

    expect(rows).toMatchObject([{ outcome: 'FAILED', code: 'FORBIDDEN' }])
  })

  it('is refused to whom roles do not let import', async () => {
    await roleFor(users.ben, { import: -99 })

    await expect
      .poll(async () => (await start({ rows: [{ name: 'x' }] }, 'ben')).code, { timeout: 10_000 })
      .toBe('FORBIDDEN')
  })

  it('ends as failed when its user is switched off meanwhile', async () => {
    const { job } = await start({ module: 'Contacts', open: true, rows: [{ last_name: 'x' }] }, 'ben')
    await sql`update users set status = 'Inactive' where id = ${users.ben}`

    await graphql('mutation ($id: ID!) { closeBulkUpsert(id: $id) { id } }', { id: job?.id })

    const { job: after } = await ended(job?.id)
    expect(after).toMatchObject({ status: 'FAILED', done: 0, error: { code: 'FORBIDDEN' } })
    expect(await sql`select id from contacts`).toEqual([])
  })
})

describe('a job that nobody does any more', () => {
  const hours = (count: number) => new Date(Date.now() + count * 3_600_000)

  it('has failed', async () => {
    const { job } = await start({ open: true })
    await sql`update client_job set status = 'RUNNING' where id = ${job?.id ?? ''}`

    await endDeadJobs(sql, new Date())

    expect((await jobOf(job?.id ?? '')).job).toMatchObject({ status: 'FAILED', error: { code: 'INTERNAL' } })
  })

  it('is forgotten with its rows when its time is over, and not before', async () => {
    const { job } = await writeAll({ rows: [{ name: randomUUID() }] })
    const settings = { logDays: 30, logBodyDays: 7, jobHours: 72, eventDays: 30 }
    const left = () => sql`select n from bulk_row where job = ${job.id}`

    await sweepClientJobs(sql, hours(71), settings)
    expect(await left()).toHaveLength(1)
    await sweepClientJobs(sql, hours(73), settings)

    expect(await left()).toHaveLength(0)
    expect((await jobOf(job.id)).code).toBe('NOT_FOUND')
  })
})

describe('a record that another system names', () => {
  const query = `mutation ($externalId: ID!, $input: JSON!, $mustBeNew: Boolean) {
    r: upsertByExternalId(module: "Accounts", system: "shop", externalId: $externalId, input: $input, mustBeNew: $mustBeNew) { id outcome } }`
  const upsert = async (externalId: string, mustBeNew = false) =>
    answerOf(await graphql(query, { externalId, input: { name: externalId }, mustBeNew }))

  it('is made by one of two callers who bring it at the same time; the other changes it', async () => {
    const key = randomUUID()

    const answers = await Promise.all(Array.from({ length: 8 }, () => upsert(key)))

    expect(new Set(answers.map(({ job }) => job?.id)).size).toBe(1)
    expect(answers.filter(({ job }) => job?.['outcome'] === 'CREATED')).toHaveLength(1)
    expect(await accounts(key)).toHaveLength(1)
  })

  it('is refused to the other when that is what they ask for', async () => {
    const key = randomUUID()

    const answers = await Promise.all([upsert(key, true), upsert(key, true)])

    expect(answers.map(({ code }) => code ?? 'made').sort()).toEqual(['CONFLICT', 'made'])
    expect(await accounts(key)).toHaveLength(1)
  })
})

/** Levels of a role that the user gets for Accounts. */
async function roleFor(userId: string, levels: Readonly<Record<string, number>>) {
  const role = randomUUID()
  await sql`insert into acl_roles (id, name) values (${role}, ${role})`
  await sql`insert into acl_roles_users (id, role_id, user_id) values (${role}, ${role}, ${userId})`
  for (const [action, level] of Object.entries(levels)) {
    const id = randomUUID()
    await sql`insert into acl_actions (id, category, name, acltype, aclaccess) values (${id}, 'Accounts', ${action}, 'module', 90)`
    await sql`insert into acl_roles_actions (id, role_id, action_id, access_override) values (${id}, ${role}, ${id}, ${level})`
  }
  await sql`select pg_notify('identity', '{"kind":"access"}')`
}
