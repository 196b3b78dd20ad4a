import { beforeAll, describe, expect, it } from 'vitest'
import { testDatabase } from '../database.ts'
import { crmGraph, insertRows } from './graph.ts'

const { pool } = await testDatabase()
const ask = crmGraph(pool)

const day = (n: number) => `2024-01-${String(n).padStart(2, '0')} 10:00:00`

beforeAll(async () => {
  await insertRows(pool, 'users', [{ id: '1', user_name: 'admin', last_name: 'Administrator' }])
  await insertRows(
    pool,
    'accounts',
    Array.from({ length: 20 }, (_, i) => ({
      id: `a${i}`,
      name: i % 5 === 4 ? null : `Acme ${String.fromCharCode(65 + (i % 5))}`,
      date_entered: day(i + 1),
      created_by: '1',
      employees: String(i),
      parent_id: i > 0 ? 'a0' : null,
    })),
  )
  await insertRows(
    pool,
    'contacts',
    Array.from({ length: 60 }, (_, i) => ({
      id: `c${i}`,
      first_name: 'Ann',
      last_name: `Lee ${i}`,
      date_entered: day(1),
    })),
  )
  await insertRows(
    pool,
    'accounts_contacts',
    Array.from({ length: 60 }, (_, i) => ({ id: `ac${i}`, account_id: `a${i % 20}`, contact_id: `c${i}` })),
  )
  await insertRows(pool, 'opportunities', [{ id: 'o1', name: 'Deal', amount: 10.5, date_closed: '2030-01-31' }])
  await insertRows(pool, 'opportunities_contacts', [
    { id: 'oc1', opportunity_id: 'o1', contact_id: 'c1', contact_role: 'Decision Maker' },
  ])
  await insertRows(pool, 'email_addresses', [{ id: 'e1', email_address: 'Info@Acme.example', opt_out: true }])
  await insertRows(pool, 'email_addr_bean_rel', [
    { id: 'r1', email_address_id: 'e1', bean_id: 'a3', bean_module: 'Accounts', primary_address: true },
  ])
  await insertRows(pool, 'calls', [
    { id: 'k1', name: 'Call', parent_type: 'Accounts', parent_id: 'a3', date_start: '2030-03-04 10:30:00' },
    { id: 'k2', name: 'Other', parent_type: 'Contacts', parent_id: 'a3' },
  ])
})

describe('one record', () => {
  it('answers columns, related names and the primary e-mail address by one statement', async () => {
    const { data, statements } = await ask(
      '{ account(id: "a3") { id name created_by_name parent_name email1 email_opt_out invalid_email record_version } }',
    )

    expect(data?.account).toEqual({
      id: 'a3',
      name: 'Acme D',
      created_by_name: 'Administrator',
      parent_name: 'Acme A',
      email1: 'Info@Acme.example',
      email_opt_out: true,
      invalid_email: null,
      record_version: 1,
    })
    expect(statements).toHaveLength(1)
  })

  it('writes moments in UTC and exact numbers with their places', async () => {
    const { data } = await ask('{ call(id: "k1") { date_start } opportunity(id: "o1") { amount date_closed } }')
    expect(data).toEqual({
      call: { date_start: '2030-03-04T10:30:00Z' },
      opportunity: { amount: 10.5, date_closed: '2030-01-31' },
    })
  })

  it('is null for an id that is no record, whatever the id is made of', async () => {
    const { data, errors } = await ask('query ($id: ID!) { account(id: $id) { id } }', { id: `' or true --` })
    expect(errors).toBeUndefined()
    expect(data).toEqual({ account: null })
  })
})

describe('links', () => {
  it('are read with one statement a level, however many parents there are', async () => {
    const { data, statements } = await ask(`{
      accounts(first: 20) { nodes { id contacts(first: 2) { nodes { last_name accounts { nodes { id } } } } member_of { name } } }
    }`)

    const accounts = data?.accounts as unknown as { nodes: { contacts: { nodes: unknown[] } }[] }
    expect(accounts.nodes).toHaveLength(20)
    expect(accounts.nodes.every(account => account.contacts.nodes.length === 2)).toBe(true)
    expect(statements).toHaveLength(4)
  })

  it('show what belongs to the pair', async () => {
    const { data } = await ask('{ opportunity(id: "o1") { contacts { edges { link node { id } } } } }')
    expect(data?.opportunity).toEqual({
      contacts: { edges: [{ link: { contact_role: 'Decision Maker' }, node: { id: 'c1' } }] },
    })
  })

  it('lead only to records whose type column names the parent', async () => {
    const { data } = await ask('{ account(id: "a3") { calls { totalCount nodes { id parent_name } } } }')
    expect(data?.account).toEqual({ calls: { totalCount: 1, nodes: [{ id: 'k1', parent_name: 'Acme D' }] } })
  })

  it('take filters, orders and pages of their own', async () => {
    const { data } = await ask(`{ account(id: "a1") {
      contacts(first: 1, sort: [{ field: last_name, direction: DESC }], filter: { last_name: { neq: "lee 41" } }) {
        totalCount nodes { last_name } pageInfo { hasNextPage }
      } } }`)
    expect(data?.account).toEqual({
      contacts: { totalCount: 2, nodes: [{ last_name: 'Lee 21' }], pageInfo: { hasNextPage: true } },
    })
  })
})

describe('filters', () => {
  const ids = async (filter: string) => {
    const { data, errors } = await ask(
      `{ accounts(filter: ${filter}, first: 100, sort: [{ field: id }]) { nodes { id } } }`,
    )
    expect(errors).toBeUndefined()
    return (data?.accounts as unknown as { nodes: { id: string }[] }).nodes.map(node => node.id)
  }

  it('compare text without case', async () => {
    expect(await ids('{ name: { eq: "ACME b" } }')).toEqual(['a1', 'a11', 'a16', 'a6'])
    expect(await ids('{ name: { like: "%E c" } }')).toEqual(['a12', 'a17', 'a2', 'a7'])
    expect(await ids('{ name: { in: ["acme A", "nobody"] }, employees: { neq: "5" } }')).toEqual(['a0', 'a10', 'a15'])
  })

  it('never find an empty field, except when asked for empty ones', async () => {
    expect(await ids('{ name: { neq: "x" } }')).toHaveLength(16)
    expect(await ids('{ name: { eq: "" } }')).toEqual([])
    expect(await ids('{ name: { null: true } }')).toEqual(['a14', 'a19', 'a4', 'a9'])
  })

  it('combine with and, or and not', async () => {
    const filter = '{ or: [{ name: { eq: "acme b" } }, { employees: { eq: "0" } }], not: { id: { eq: "a6" } } }'
    expect(await ids(filter)).toEqual(['a0', 'a1', 'a11', 'a16'])
  })

  it('find records by any of their e-mail addresses and by moments', async () => {
    expect(await ids('{ email1: { eq: "info@ACME.example" } }')).toEqual(['a3'])
    const filter = '{ date_entered: { gt: "2024-01-03T10:00:00Z", lte: "2024-01-05T12:00:00+02:00" } }'
    expect(await ids(filter)).toEqual(['a3', 'a4'])
  })

  it('take the text that several fields make together', async () => {
    const { data } = await ask(
      `{ contacts(filter: { concat: [{ parts: [{ field: "first_name" }, { text: " " }, { field: "last_name" }], eq: "ann lee 7" }] }) { nodes { id } } }`,
    )
    expect(data?.contacts).toEqual({ nodes: [{ id: 'c7' }] })
  })

  it('are refused when they name a field that does not exist or is secret', async () => {
    const { errors } = await ask(
      '{ users(filter: { concat: [{ parts: [{ field: "user_hash" }], like: "%" }] }) { nodes { id } } }',
    )
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'INVALID', field: 'user_hash' })
  })
})

describe('definitions', () => {
  it('can be asked for: modules, fields, links and option lists', async () => {
    const { data } =
      await ask(`{ module(name: "Accounts") { type one many links { name module many } fields { name type options { key } } }
      optionList(name: "account_type_dom") { options { key label } } }`)
    const module = data?.module as unknown as { fields: { name: string }[]; links: { name: string }[] }
    expect(module.fields.find(field => field.name === 'industry')).toMatchObject({ type: 'String' })
    expect(module.links.find(link => link.name === 'contacts')).toEqual({
      name: 'contacts',
      module: 'Contacts',
      many: true,
    })
    expect(data?.optionList).toMatchObject({
      options: expect.arrayContaining([{ key: 'Customer', label: 'Customer' }]) as unknown,
    })
  })

  it('never show a secret field', async () => {
    const { data } = await ask('{ modules { name fields { name } } }')
    const modules = data?.modules as unknown as { name: string; fields: { name: string }[] }[]
    const users = modules.find(module => module.name === 'Users')
    expect(users?.fields.map(field => field.name)).not.toContain('user_hash')
  })
})
