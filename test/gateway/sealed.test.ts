import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createPasswordHashes, md5Of } from '../../drizzle/password-hash.ts'
import { openSecrets } from '../../drizzle/secrets.ts'
import { openIdentity } from '../../gateway/oauth/identity.ts'
import { countForeign, resealAll, sealedColumns } from '../../gateway/sealed.ts'
import { testDatabase } from '../database.ts'
import { operatorOn } from '../operator.ts'

const { pool: sql } = await testDatabase()
const operator = operatorOn(sql)
const dataDir = mkdtempSync(join(tmpdir(), 'sealed-'))
const [first, second] = ['the first master key, of 32 or more', 'the second master key, of 32 or more']
const old = openSecrets({ secretKey: first, dataDir })
const both = openSecrets({ secretKey: second, otherSecretKeys: [first], dataDir })
const present = openSecrets({ secretKey: second, dataDir })
const startWith = (secrets: typeof old) =>
  openIdentity({ sql, secrets, issuer: 'http://127.0.0.1:4000', report: () => {} })

it('knows every column that is sealed', async () => {
  const columns = await sql<{ name: string }[]>`
    select table_name || '.' || column_name as name from information_schema.columns
    where table_schema = 'public' and column_name like 'sealed%'`

  const known = sealedColumns.map(({ table, text }) => `${table}.${text}`)

  expect(columns.length).toBeGreaterThan(0)
  expect(known).toEqual(expect.arrayContaining(columns.map(({ name }) => name)))
})

it('seals everything anew, and then the old key is not needed any more', async () => {
  await (await startWith(old)).close()
  const stored = await createPasswordHashes(sql, old).hash(md5Of('a password'))
  const token = sealedColumns.find(({ what }) => what === 'webhook tokens')
  await sql`insert into webhook_token (endpoint_id, revision, sealed, expires_at)
    select 'e' || n, 1, 'v1.lost.a.b', now() from generate_series(1, 600) n`
  await sql`update webhook_token set sealed = ${old.seal('a token', token?.place('e7') ?? '')} where endpoint_id = 'e7'`
  const entry = sealedColumns.find(({ what }) => what === 'sign-ins')
  const payload = { sealed: old.seal('{"a":1}', entry?.place('Session', 'x') ?? '') }
  await sql`insert into oauth_entry (model, id, payload, expires_at) values ('Session', 'x', ${JSON.stringify(payload)}, now())`
  await expect(startWith(present)).rejects.toThrow('under another SECRET_KEY')

  const done = await resealAll(operator, both)

  const of = (what: string) => done.find(each => each.what === what)
  expect(of('signing keys')).toMatchObject({ resealed: 4, lost: 0 })
  expect(of('peppers')).toMatchObject({ resealed: 1, lost: 0 })
  expect(of('sign-ins')).toMatchObject({ resealed: 1, lost: 0 })
  expect(of('webhook tokens')).toMatchObject({ resealed: 1, lost: 599 })
  expect(await countForeign(sql, present)).toBe(599)
  await (await startWith(present)).close()
  expect(await createPasswordHashes(sql, present).verify(md5Of('a password'), stored)).toBe(true)
  const [session] = await sql<
    { sealed: string }[]
  >`select payload ->> 'sealed' as sealed from oauth_entry where id = 'x'`
  expect(present.open(session?.sealed ?? '', entry?.place('Session', 'x') ?? '')).toBe('{"a":1}')
})

it('does nothing the second time', async () => {
  const done = await resealAll(operator, both)

  expect(done.reduce((sum, { resealed }) => sum + resealed, 0)).toBe(0)
})
