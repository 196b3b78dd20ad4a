import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { order, summary } from '../custom/declared.ts'
import { testDatabase } from '../database.ts'
import { run } from './switchyard.ts'

const { pool, url } = await testDatabase()
const dataDir = mkdtempSync(path.join(tmpdir(), 'switchyard-endpoints-'))
afterAll(() => rmSync(dataDir, { recursive: true, force: true }))
await pool`insert into users (id, user_name, status, is_admin) values ('u1', 'ann', 'Active', false)`
await pool`insert into accounts (id, name, phone_office, deleted) values ('a1', 'Acme', '123', false)`

const switchyard = (parameters: string[], input?: string) =>
  run(['endpoint', ...parameters], { environment: { DATABASE_URL: url, DATA_DIR: dataDir }, input })
const file = (name: string, declaration: unknown) => {
  const place = path.join(dataDir, `${name}.json`)
  writeFileSync(place, typeof declaration === 'string' ? declaration : JSON.stringify(declaration))
  return place
}

const output = { name: 'Acme', phone: '123', contacts: [] }
const examples = [{ name: 'Acme', path: { id: 'a1' }, output }]
const named = 'GET /custom/customers/{id}/summary'

it.each(['list', 'show', 'save', 'test', 'enable', 'disable', 'remove'])(
  '"endpoint %s" is explained, with examples',
  async name => {
    const { code, out } = await switchyard([name, '--help'])

    expect(code).toBe(0)
    expect(out).toMatch(/Examples:\n {2}npx switchyard endpoint /)
  },
)

/** Each command reads the whole schema. */
describe('an endpoint', { timeout: 180_000 }, () => {
  it('is saved from a file, shown as it was saved, closed, opened and removed', async () => {
    const saved = await switchyard(['save', file('summary', { ...summary, examples })])
    const again = await switchyard(['save', '-', '--json'], JSON.stringify({ ...summary, examples, costMax: 100 }))
    const shown = await switchyard(['show', named, '--version', '1'])
    const newest = await switchyard(['show', named])
    const closed = await switchyard(['disable', named])
    const list = await switchyard(['list'])
    const opened = await switchyard(['enable', named, '--json'])

    expect(saved).toMatchObject({ code: 0, out: `${named} is saved as version 1.\n` })
    expect(JSON.parse(again.out)).toMatchObject({ version: 2 })
    expect(JSON.parse(shown.out)).toMatchObject({ ...summary, costMax: 10_000 })
    expect(JSON.parse(newest.out)).toMatchObject({ costMax: 100 })
    expect(closed.out).toBe(`${named} answers 404.\n`)
    expect(list.out).toMatch(/GET +\/custom\/customers\/\{id\}\/summary +2 +closed/)
    expect(JSON.parse(opened.out)).toMatchObject({ enabled: true })
  })

  it('is tested by its examples, and what they write is undone', async () => {
    const right = await switchyard(['test', named])
    await switchyard([
      'save',
      file('other', {
        ...summary,
        examples: [
          { name: 'Other', path: { id: 'a1' }, output: {} },
          { name: 'None', path: { id: 'x' } },
        ],
      }),
    ])
    const wrong = await switchyard(['test', named, '--json'])
    await switchyard(['save', file('order', { ...order, examples: [{ name: 'Lamp', body: { title: 'Lamp' } }] })])
    const writes = await switchyard(['test', 'POST /custom/orders', '--user', 'ann'])

    expect(right).toMatchObject({ code: 0, out: expect.stringMatching(/^ok +Acme/m) as string })
    expect(wrong.code).toBe(1)
    expect(JSON.parse(wrong.out)).toEqual([
      { name: 'Other', passed: false, says: `it answers ${JSON.stringify(output)}` },
      { name: 'None', passed: false, says: 'There is nothing at this address that you may see' },
    ])
    expect(writes).toMatchObject({ code: 0, out: expect.stringMatching(/^ok +Lamp/m) as string })
    expect(await pool`select from cases`).toHaveLength(0)
  })

  it('that is broken is found by the list and by doctor', async () => {
    await pool`update custom_endpoint_version set declaration = jsonb_set(declaration, '{operation}', '"query Q { account(id: 1) { gone_c } }"')
      where declaration ->> 'method' = 'GET'`

    const list = await switchyard(['list'])
    const doctor = await run(['doctor'], { environment: { DATABASE_URL: url, DATA_DIR: dataDir } })

    expect(list.out).toMatch(/summary +\d +broken/)
    expect(list.out).toMatch(/GET \/custom\/customers\/\{id\}\/summary: \/operation is not valid: .*gone_c/)
    expect(doctor.out).toMatch(/WRONG The custom endpoint GET .* cannot be called: .*gone_c/)
    expect(await switchyard(['remove', named])).toMatchObject({ code: 0, out: `${named} is removed.\n` })
    expect((await switchyard(['list'])).out).not.toContain('summary')
  })
})

it.each([
  [['save', '/nowhere.json'], 'cannot be read as JSON'],
  [['save', file('broken', '{"method":')], 'cannot be read as JSON'],
  [['save', file('nothing', {})], 'The endpoint cannot be saved: /method'],
  [['show', 'GET /custom/nothing'], 'There is no custom endpoint "GET /custom/nothing"'],
  [['test', 'nothing'], 'There is no custom endpoint "nothing"'],
])('%j fails, and says why', async (parameters, why) => {
  const { code, err } = await switchyard(parameters)

  expect(code).toBe(1)
  expect(err).toContain(why)
  expect(err).not.toContain('    at ')
})
