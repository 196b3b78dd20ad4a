import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Pool } from '../../drizzle/client.ts'
import { md5Of } from '../../gateway/passwords.ts'
import { isStored } from '../../schema/field.ts'
import { lists } from '../../schema/lists.ts'
import { coreCatalog } from '../../schema/catalog.ts'
import { seedDemo } from '../../subgraphs/crm/seed.ts'
import { createClient } from '../../subgraphs/identity/clients.ts'
import { testDatabase } from '../database.ts'
import { contextOf } from './graph.ts'

const { pool } = await testDatabase()
const other = await testDatabase()

const filesDir = mkdtempSync(path.join(tmpdir(), 'switchyard-seed-'))
afterAll(() => rmSync(filesDir, { recursive: true }))

/** The real one takes its time on purpose. */
const hashPassword = (password: string) => Promise.resolve(md5Of(password))

const seed = (sql: Pool, number = 1) =>
  seedDemo(contextOf(sql, { filesDir }), { seed: number, hashPassword, createClient })

const demo = await seed(pool)

describe('the demo', () => {
  it('tries', async () => {
    console.log(demo)
    const t = performance.now()
    await seed(other.pool)
    console.log(performance.now() - t)
  })
})
