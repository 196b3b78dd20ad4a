import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, expect, it } from 'vitest'
import { servedHouse } from '../gateway/served.ts'
import { start } from '../house/switchyard.ts'

const SECRET_KEY = randomBytes(32).toString('base64')
const house = await servedHouse({ settings: { SECRET_KEY, BACKGROUND_WORK: 'no' } })
const { sql, graphql } = house

const rowsInAll = 10_000
const rowsAtOnce = 2_000

function worker() {
  const environment = { DATABASE_URL: house.databaseUrl, SECRET_KEY, LOG_LEVEL: 'silent' }
  const { child } = start(['work'], { environment })
  afterAll(() => child.kill('SIGKILL'))
  return child
}

type Job = { id: string; status: string; done: number; created: number; failed: number }

const mutate = async (query: string, variables: object) => {
  const { data, errors } = await graphql(`mutation ${query}`, variables)
  expect(errors).toBeUndefined()
  return data?.['r'] as Job
}

it('loses no row and writes none twice when its process is killed in the middle', async () => {
  const mark = randomUUID()
  const names = Array.from({ length: rowsInAll }, (_, n) => `${mark} ${n}`)
  const { id } = await mutate('{ r: startBulkUpsert(module: "Accounts", open: true) { id } }', {})
  for (let at = 0; at < rowsInAll; at += rowsAtOnce) {
    const rows = names.slice(at, at + rowsAtOnce).map(name => ({ name }))
    await mutate('($id: ID!, $rows: [JSON!]!) { r: addBulkRows(id: $id, rows: $rows) { id } }', { id, rows })
  }
  await mutate('($id: ID!) { r: closeBulkUpsert(id: $id) { id } }', { id })
  const jobNow = async () =>
    (await graphql('query ($id: ID!) { r: job(id: $id) { status done created failed } }', { id })).data?.['r'] as Job

  const first = worker()
  await expect.poll(async () => (await jobNow()).done, { timeout: 60_000 }).toBeGreaterThan(rowsInAll / 10)
  first.kill('SIGKILL')
  await expect.poll(() => first.signalCode).toBe('SIGKILL')
  expect(await jobNow()).toMatchObject({ status: 'RUNNING' })
  worker()

  await expect.poll(async () => (await jobNow()).status, { timeout: 150_000, interval: 500 }).toBe('FINISHED')
  expect(await jobNow()).toMatchObject({ done: rowsInAll, created: rowsInAll, failed: 0 })
  const [counts] =
    await sql`select count(*)::int as all, count(distinct name)::int as names from accounts where name like ${`${mark}%`}`
  expect(counts).toEqual({ all: rowsInAll, names: rowsInAll })
  const results = await sql`select from bulk_row where job = ${id} and outcome = 'CREATED'`
  expect(results).toHaveLength(rowsInAll)
}, 300_000)
