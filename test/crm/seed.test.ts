import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Pool } from '../../drizzle/client.ts'
import { md5Of } from '../../drizzle/password-hash.ts'
import { coreCatalog } from '../../schema/catalog.ts'
import { demoRecords, seedDemo } from '../../subgraphs/crm/seed.ts'
import { createClient } from '../../subgraphs/identity/clients.ts'
import { testDatabase } from '../database.ts'
import { contextOf } from './graph.ts'

const { pool } = await testDatabase()
const again = await testDatabase()
const other = await testDatabase()

const filesDir = mkdtempSync(path.join(tmpdir(), 'switchyard-seed-'))
afterAll(() => rmSync(filesDir, { recursive: true }))

/** Stands for the real one, which takes its time on purpose. */
const hashPassword = (password: string) => Promise.resolve(md5Of(password))

const seed = (sql: Pool, number = 1) =>
  seedDemo(contextOf(sql, { filesDir }), { seed: number, hashPassword, createClient })

const demo = await seed(pool)
const repeated = await seed(again.pool)

/** Everything that the demo's records say, but for secrets and the addresses' own ids. */
async function contentsOf(sql: Pool) {
  const modules = coreCatalog.modules.filter(({ name }) => !['EmailAddresses', 'OAuth2Clients'].includes(name))
  const tables = modules.map(async ({ table }) => {
    const rows = await sql.unsafe(`select to_jsonb(t) - 'user_hash' as row from ${table} t order by id`)
    return [table, rows.map(row => row.row as unknown)] as const
  })
  const addresses = await sql`
    select r.bean_id, r.bean_module, r.primary_address, a.email_address, a.opt_out, a.invalid_email
    from email_addr_bean_rel r join email_addresses a on a.id = r.email_address_id order by 1, 4`
  return { ...Object.fromEntries(await Promise.all(tables)), addresses: [...addresses] }
}

describe('the demo data', () => {
  it.each(['contacts', 'leads'])('has no namesakes among %s', async table => {
    const [row] = await pool.unsafe(
      `select count(*) - count(distinct (first_name, last_name)) as namesakes from ${table}`,
    )

    expect(row).toEqual({ namesakes: '0' })
  })

  it('are a small company: people, customers, deals, appointments, cases', () => {
    expect(demo?.counts).toMatchObject({
      Users: 7,
      Accounts: 50,
      Contacts: 200,
      Leads: 200,
      Opportunities: 50,
      Calls: 60,
      Meetings: 80,
      Tasks: 100,
      Cases: 50,
      Notes: 50,
      Campaigns: 5,
      ACLRoles: 2,
      SecurityGroups: 1,
    })
    const made = Object.values(demo?.counts ?? {}).reduce((sum, count) => sum + count, 0)
    expect(Math.abs(made - demoRecords)).toBeLessThan(40)
  })

  it('are the same for the same seed, ids and dates included', async () => {
    expect(await contentsOf(again.pool)).toEqual(await contentsOf(pool))
  })

  it('are others for another seed', async () => {
    await seed(other.pool, 2)
    const shared = await other.pool`select 1 from accounts where id = any (${await idsOf(pool, 'accounts')})`
    expect(shared).toHaveLength(0)
  })

  it('are left alone by a second start', async () => {
    const before = await contentsOf(pool)
    expect(await seed(pool, 3)).toBeUndefined()
    expect(await contentsOf(pool)).toEqual(before)
  })
})

describe('passwords and secrets', () => {
  it('let each user in, and are new at each installation', async () => {
    const users = await pool<{ user_name: string; user_hash: string }[]>`select user_name, user_hash from users`
    const hashes = new Map(users.map(user => [user.user_name, user.user_hash]))
    expect(demo?.users).toHaveLength(7)
    for (const { user_name, password } of demo?.users ?? []) expect(hashes.get(user_name)).toBe(md5Of(password))

    const passwords = [...(demo?.users ?? []), ...(repeated?.users ?? [])].map(user => user.password)
    expect(new Set(passwords).size).toBe(14)
  })

  it('let an API client of each grant in, and are stored as hashes only', async () => {
    const stored = await pool`select id, secret, allowed_grant_type as "grant" from oauth2clients order by id`
    const shown = demo?.clients.map(({ id, grant, secret }) => ({ id, grant, secret: sha256(secret) }))
    expect(shown?.map(client => client.grant)).toEqual(['password', 'client_credentials', 'authorization_code'])
    expect([...stored]).toEqual(shown?.sort((a, b) => (a.id < b.id ? -1 : 1)))
  })
})

describe('demo records belong together', () => {
  it('every activity is about a record that exists', async () => {
    for (const table of ['calls', 'meetings', 'tasks', 'notes', 'emails']) {
      const about = await pool.unsafe<{ type: string; ids: string[] }[]>(
        `select parent_type as type, array_agg(distinct parent_id) as ids from ${table} group by 1`,
      )
      expect(about.length).toBeGreaterThan(0)
      for (const { type, ids } of about) {
        const parents = coreCatalog.byName.get(type)?.table ?? `no table of ${type}`
        const live = await pool.unsafe(`select 1 from ${parents} where id = any ($1) and not deleted`, [ids])
        expect(live, `${table} of ${type}`).toHaveLength(ids.length)
      }
    }
  })

  it('every person has one primary e-mail address, and some have opted out or a second one', async () => {
    const [people] = await pool`
      select count(*)::int as contacts, count(*) filter (where primaries = 1)::int as reachable,
        count(*) filter (where addresses = 2)::int as with_second, count(*) filter (where opt_out)::int as opted_out
      from contacts c join lateral (
        select count(*) filter (where r.primary_address) as primaries, count(*) as addresses, bool_or(a.opt_out) as opt_out
        from email_addr_bean_rel r join email_addresses a on a.id = r.email_address_id
        where r.bean_id = c.id and r.bean_module = 'Contacts' and not r.deleted) e on true`
    expect(people).toMatchObject({ contacts: 200, reachable: 200 })
    expect(Number(people?.with_second)).toBeGreaterThan(5)
    expect(Number(people?.opted_out)).toBeGreaterThan(3)
  })

  it('contacts have accounts, a part in deals, and answers to invitations', async () => {
    const [counts] = await pool`
      select (select count(*)::int from accounts_contacts) as employed,
        (select count(distinct contact_role)::int from opportunities_contacts) as roles,
        (select count(distinct accept_status)::int from meetings_contacts) as answers,
        (select count(*)::int from securitygroups_records where module = 'Accounts') as grouped`
    expect(Number(counts?.employed)).toBeGreaterThan(180)
    expect(Number(counts?.roles)).toBeGreaterThan(4)
    expect(Number(counts?.answers)).toBe(4)
    expect(Number(counts?.grouped)).toBe(50)
  })

  it('nothing was made after the day that the demo calls today', async () => {
    for (const { table, fields } of coreCatalog.modules) {
      if (!Object.hasOwn(fields, 'date_entered') || table === 'oauth2clients') continue
      const late = await pool.unsafe(`select 1 from ${table} where date_entered > '2026-10-02'`)
      expect(late, table).toHaveLength(0)
    }
  })

  it('notes and documents have their files', async () => {
    const files = await pool<{ id: string }[]>`
      select id from notes where filename is not null union all select id from document_revisions`
    expect(files.length).toBeGreaterThan(10)
    for (const { id } of files) expect(readFileSync(path.join(filesDir, id)).length).toBeGreaterThan(20)
  })
})

const idsOf = async (sql: Pool, table: string) =>
  (await sql.unsafe<{ id: string }[]>(`select id from ${table}`)).map(row => row.id)

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
