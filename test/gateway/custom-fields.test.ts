import { mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { parse, type GraphQLObjectType } from 'graphql'
import { expect, it } from 'vitest'
import { readConfig } from '../../gateway/config.ts'
import { contextFor } from '../../gateway/context.ts'
import { serve } from '../../gateway/serve.ts'
import { supergraphFile } from '../../gateway/supergraph/supergraph-text.ts'
import { systemPrincipal } from '../../schema/principal.ts'
import { testDatabase } from '../database.ts'
import { passwordsOf } from '../passwords.ts'

const db = await testDatabase()
const dataDir = mkdtempSync(join(tmpdir(), 'house-'))
const open = () =>
  serve(readConfig({ DATABASE_URL: db.url, DATA_DIR: dataDir, PORT: '0' }), { log: pino({ enabled: false }) })
const composed = () => readdirSync(join(dataDir, 'cache')).map(name => statSync(join(dataDir, 'cache', name)).mtimeMs)

it('composes the supergraph of an installation with fields of its own once, and finds it at the next start', async () => {
  const plain = await open()
  expect(plain.graphs.current.supergraphSdl).toBe(readFileSync(supergraphFile, 'utf8'))
  await plain.close()
  await db.pool`alter table accounts add column planet_c text`
  await db.pool`insert into fields_meta_data ${db.pool({ id: 'Accountsplanet_c', name: 'planet_c', custom_module: 'Accounts', type: 'varchar', len: 50, deleted: false })}`
  await db.pool`insert into accounts ${db.pool({ id: 'a', name: 'Acme', planet_c: 'Mars' })}`

  const first = await open()
  const times = composed()
  await first.close()
  const second = await open()

  const { current } = second.graphs
  const type = current.api.getType('Account') as GraphQLObjectType
  expect(String(type.getFields().planet_c?.type)).toBe('String')
  const caller = { principal: systemPrincipal, requestId: 'r', validation: 'strict' as const }
  const ctx = await contextFor(
    {
      pool: db.pool,
      catalog: current.catalog,
      filesDir: dataDir,
      passwords: passwordsOf(db.pool),
      now: () => new Date(),
    },
    caller,
  )
  const document = parse('{ accounts(filter: { planet_c: { eq: "mars" } }) { nodes { planet_c } } }')
  expect((await current.executor.execute({ document }, ctx)).data).toEqual({
    accounts: { nodes: [{ planet_c: 'Mars' }] },
  })
  expect(composed()).toEqual(times)
  expect(times).toHaveLength(1)
  await second.close()
})
