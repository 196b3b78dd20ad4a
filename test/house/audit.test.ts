import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { testDatabase } from '../database.ts'
import { run, start } from './switchyard.ts'

const { pool, url } = await testDatabase()
const dataDir = mkdtempSync(path.join(tmpdir(), 'switchyard-audit-'))
afterAll(() => rmSync(dataDir, { recursive: true, force: true }))
await pool`insert into users (id, user_name, status, is_admin) values ('u1', 'ann', 'Active', false)`

const options = { environment: { DATABASE_URL: url, DATA_DIR: dataDir } }
const switchyard = (...parameters: string[]) => run(parameters, options)
const entries = async (...parameters: string[]) => {
  const { out } = await switchyard('audit', '--json', ...parameters)
  return out
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line) as Record<string, unknown>)
}
const headOf = async () =>
  (JSON.parse((await switchyard('audit', 'verify', '--json')).out) as { head: { hash: string } }).head.hash

it('says what was done by command, and by whom', async () => {
  const made = await switchyard('client', 'create', '--name', 'Export', '--user', 'ann', '--json')
  const { client_id: id } = JSON.parse(made.out) as { client_id: string }
  await switchyard('limit', 'set', id, '--burst', '3')
  await switchyard('token', 'rotate-keys')
  await switchyard('password', 'rotate-pepper')

  const all = await entries()

  expect(all).toMatchObject([
    { id: '1', action: 'client.created', subjectId: id, after: { name: 'Export' } },
    { id: '2', action: 'limit.set', subjectId: id, after: { burst: 3 }, requestId: 'limit set' },
    { id: '3', action: 'signing_keys.rotated', after: { endOld: false } },
    { id: '4', action: 'pepper.rotated' },
  ])
  expect(all.map(({ door, userName }) => [door, userName])).toEqual(all.map(() => ['cli', userInfo().username]))
  expect(await entries('--subject', 'limit')).toEqual([all[1]])
  expect(await entries('--id', id, '--limit', 'all')).toEqual([all[0], all[1]])
  expect((await switchyard('audit')).out).toMatch(/limit\.set .*burst: 3/)
})

it('follows what comes', async () => {
  const following = start(['audit', '--follow', '--json', '--subject', 'key'], options)
  await expect
    .poll(() => pool`select from pg_stat_activity where datname = current_database() and query like '%audit_entry%'`, {
      timeout: 20_000,
    })
    .not.toHaveLength(0)

  await switchyard('key', 'create', '--name', 'Later', '--user', 'ann', '--scope', '*')

  await expect.poll(() => following.said.out, { timeout: 20_000 }).toContain('"key.created"')
  following.child.kill('SIGINT')
  expect((await following.ended).out.trim().split('\n')).toHaveLength(1)
})

it('verifies, and tells what was tampered with', async () => {
  const head = await headOf()
  const whole = await switchyard('audit', 'verify', '--head', head)
  expect(whole).toMatchObject({ code: 0, out: expect.stringContaining(`head  ${head}`) as string })
  expect((await switchyard('doctor')).out).toMatch(/newest \d+ entries of the audit trail are as they were written/)

  const unknown = await switchyard('audit', 'verify', '--head', 'f'.repeat(64))
  await pool.unsafe(
    `alter table audit_entry disable trigger all; update audit_entry set user_name = 'mallory' where seq = 2`,
  )
  const changed = await switchyard('audit', 'verify')
  const doctor = await switchyard('doctor')

  expect(unknown).toMatchObject({ code: 1, out: expect.stringMatching(/cut or rewritten/) as string })
  expect(changed).toMatchObject({ code: 1, out: expect.stringMatching(/^Broken at entry 2: /) as string })
  expect(doctor).toMatchObject({
    code: 1,
    out: expect.stringMatching(/WRONG The audit trail is broken: entry 2/) as string,
  })
})

it.each([
  [['--subject', 'nothing'], 'A subject is one of'],
  [['--user', 'nobody'], 'There is no user "nobody".'],
  [['--limit', '0'], '--limit is a number'],
  [['--from', 'soon'], 'Write a moment as'],
])('%j is refused in words', async (parameters, why) => {
  const { code, err } = await switchyard('audit', ...parameters)

  expect(code).toBe(1)
  expect(err).toContain(why)
  expect(err).not.toContain('    at ')
})
