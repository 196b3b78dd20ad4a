import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { createDenials } from '../../gateway/policy/denials.ts'
import { systemPrincipal } from '../../schema/principal.ts'
import { testDatabase } from '../database.ts'
import { run } from './switchyard.ts'

const { pool, url } = await testDatabase()
const dataDir = mkdtempSync(path.join(tmpdir(), 'switchyard-explain-'))
afterAll(() => rmSync(dataDir, { recursive: true, force: true }))
const switchyard = (...parameters: string[]) =>
  run(parameters, { environment: { DATABASE_URL: url, DATA_DIR: dataDir } })

const [requestId, account] = [randomUUID(), randomUUID()]
await pool`insert into users ${pool({ id: 'u1', user_name: 'ann', status: 'Active', is_admin: false })}`
const denials = createDenials(pool, error => expect(error).toBeUndefined())
denials.note({ requestId, principal: { ...systemPrincipal, userId: 'u1' }, now: () => new Date(), door: 'v8' }, [
  { kind: 'not_found', module: 'Accounts', action: 'view', recordId: account },
])
await denials.close()

it('tells an operator the rules in their order', async () => {
  const { code, out } = await switchyard('explain', requestId)

  expect(code).toBe(0)
  expect(out).toContain(`v8  not_found: view Accounts ${account}`)
  expect(out).toMatch(/\+ token .*\n.*\+ scopes of the token .*\n.*\+ module .*\n.*\+ level of view .*\n.*- record /)
  expect(out).toContain('No right would help')
})

it('says the same as JSON', async () => {
  const { out } = await switchyard('explain', requestId, '--json')

  expect(JSON.parse(out)).toMatchObject([{ requestId, userName: 'ann', recordId: account, smallestGrant: [] }])
})

it('fails for a request that it knows nothing of', async () => {
  const { code, err } = await switchyard('explain', randomUUID())

  expect(code).toBe(1)
  expect(err).toContain('Nothing was denied to a request of that id')
})
