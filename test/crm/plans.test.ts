import { beforeAll, describe, expect, it } from 'vitest'
import type { Context } from '../../drizzle/context.ts'
import { expressionOf, isReadable } from '../../drizzle/expression.ts'
import { cursorOf, findLinked, findPage, findRecord, findRecords, type Selection } from '../../drizzle/select.ts'
import { compare } from '../../drizzle/where.ts'
import { accessBy } from '../../schema/access.ts'
import { coreCatalog } from '../../schema/catalog.ts'
import type { Sort } from '../../schema/filter.ts'
import type { Module } from '../../schema/module.ts'
import { nodesOf, planOf, statementsOf, type PlanMode } from '../bench/explain.ts'
import { fill } from '../bench/fill.ts'
import { testDatabase } from '../database.ts'
import { contextOf } from './graph.ts'

const { pool } = await testDatabase()
const ctx = contextOf(pool)

const accounts = moduleNamed('Accounts')
const contacts = moduleNamed('Contacts')
const newest: Sort = [{ field: 'date_entered', direction: 'desc' }]
const byName: Sort = [{ field: 'name', direction: 'asc' }]
const byChange: Sort = [{ field: 'date_modified', direction: 'desc' }]
const every = Object.keys(accounts.fields).filter(name => isReadable(coreCatalog, accounts, name))

let owner = ''
let parent = ''
let ids: string[] = []
const cursors = new Map<Sort, string>()

beforeAll(async () => {
  await fill(pool, { accounts: 20_000, contacts: 20_000 })
  const rows = await pool<{ id: string; owner: string }[]>`
    select id, assigned_user_id as owner from accounts where not deleted order by id limit 20`
  ids = rows.map(row => row.id)
  owner = rows[0]?.owner ?? ''
  const [child] = await pool<
    { parent: string }[]
  >`select parent_id as parent from accounts where parent_id is not null limit 1`
  parent = child?.parent ?? ''
  for (const sort of [newest, byName, byChange]) {
    const { rows: middle } = await findPage(ctx, accounts, {
      fields: ['id'],
      sort,
      cursors: true,
      limit: 1,
      offset: 9_000,
    })
    if (middle[0]) cursors.set(sort, cursorOf(middle[0], sort))
  }
})

/** A page with all fields, as `GET /Api/V8/module/Accounts` reads it. */
const page = (selection: () => Partial<Selection>) => (c: Context) =>
  findPage(c, accounts, { fields: every, limit: 20, ...selection() })

const linked = (module: Module, name: string, parents: () => readonly string[]) => (c: Context) => {
  const link = coreCatalog.links(module).get(name)
  if (!link) throw new Error(`${module.name} has no link ${name}`)
  return findLinked(c, link, parents(), { fields: ['id'], limit: 5 })
}

const questions: Readonly<Record<string, (c: Context) => Promise<unknown>>> = {
  'one record': c => findRecord(c, accounts, ids[0] ?? '', every),
  'records by id': c => findRecords(c, accounts, ids, every),
  'the first page': page(() => ({})),
  'the page after a cursor': page(() => ({ sort: newest, after: cursors.get(newest), cursors: true })),
  'the first page by name': page(() => ({ sort: byName })),
  'the first page by name, backwards': page(() => ({ sort: [{ field: 'name', direction: 'desc' }] })),
  'the page after a cursor by name': page(() => ({ sort: byName, after: cursors.get(byName) })),
  'the first page by last change': page(() => ({ sort: byChange })),
  'the page after a cursor by last change': page(() => ({ sort: byChange, after: cursors.get(byChange) })),
  'the first page by id': page(() => ({ sort: [{ field: 'id', direction: 'asc' }] })),
  'a page by number': page(() => ({ offset: 60 })),
  'a name': page(() => ({ filter: compare('name', 'eq', 'ACME FOODS 720') })),
  'the beginning of a name, by name': page(() => ({ filter: compare('name', 'like', 'Acme%'), sort: byName })),
  'an owner': page(() => ({ filter: compare('assigned_user_id', 'eq', owner) })),
  'an owner who has nothing': page(() => ({ filter: compare('assigned_user_id', 'eq', 'nobody') })),
  'an owner, by last change': page(() => ({ filter: compare('assigned_user_id', 'eq', owner), sort: byChange })),
  'a parent': page(() => ({ filter: compare('parent_id', 'eq', parent) })),
  'an id': page(() => ({ filter: compare('id', 'eq', ids[3] ?? '') })),
  ids: page(() => ({ filter: { kind: 'in', operand: { field: 'id' }, values: ids } })),
  'an e-mail address': page(() => ({ filter: compare('email1', 'eq', 'Office@example-777.com') })),
  'what was changed since': page(() => ({
    filter: compare('date_modified', 'gte', '2029-12-01 00:00:00'),
    sort: byChange,
  })),
  'the contacts of 20 accounts': linked(accounts, 'contacts', () => ids),
  'the members of an account': linked(accounts, 'members', () => [parent]),
  'the accounts of contacts': linked(contacts, 'accounts', () => ids),
  'the opportunities of 20 accounts': linked(accounts, 'opportunities', () => ids),
}

/** Tables with enough rows for the planner to care. */
const large = ['accounts', 'contacts', 'email_addresses', 'email_addr_bean_rel', 'accounts_contacts']

async function scansOf(question: (c: Context) => Promise<unknown>, mode: PlanMode, as = ctx) {
  const sent = await statementsOf(as, question)
  expect(sent).toHaveLength(1)
  const plans = await Promise.all(sent.map(statement => planOf(pool, statement, mode)))
  return plans
    .flatMap(plan => nodesOf(plan.Plan))
    .filter(node => node['Node Type'].includes('Seq Scan') && large.includes(node['Relation Name'] ?? ''))
    .map(node => `${node['Node Type']} on ${node['Relation Name'] ?? ''}`)
}

describe('no row is read that was not asked for', () => {
  for (const [name, question] of Object.entries(questions)) {
    it(`${name}: by an index`, async () => {
      expect(await scansOf(question, 'custom')).toEqual([])
      expect(await scansOf(question, 'generic')).toEqual([])
    })
  }
})

describe('nor for somebody whose roles do not reach everything', () => {
  const asUser = (level: number) => {
    const rules = ['Accounts', 'Contacts'].flatMap(module =>
      ['view', 'list', 'edit', 'delete'].map(action => ({ module, action, level })),
    )
    return contextOf(pool, { access: accessBy(owner, rules) })
  }

  beforeAll(async () => {
    await pool`insert into securitygroups ${pool({ id: 'north', name: 'North', deleted: false })}`
    await pool`insert into securitygroups_users ${pool({ id: 'member', securitygroup_id: 'north', user_id: owner, deleted: false })}`
    await pool`insert into securitygroups_records (id, securitygroup_id, record_id, module, deleted)
      select 'r' || id, 'north', id, 'Accounts', false from accounts order by id limit 5000`
    await pool`analyze securitygroups_records`
  })

  const reaching = { owner: 75, 'security group': 80 }
  for (const [reach, level] of Object.entries(reaching)) {
    for (const [name, question] of Object.entries(questions)) {
      it(`${name}, by ${reach}: by an index`, async () => {
        expect(await scansOf(question, 'custom', asUser(level))).toEqual([])
        expect(await scansOf(question, 'generic', asUser(level))).toEqual([])
      })
    }
  }
})

describe('every module has the indexes for its lists', () => {
  const lists: Readonly<Record<string, readonly string[]>> = {
    'newest first': ['date_entered'],
    'by last change': ['date_modified'],
    'by name': ['name', 'last_name', 'user_name', 'document_name'],
  }
  const settings = ['enable_seqscan = off', 'enable_sort = off', 'enable_incremental_sort = off']

  for (const [name, fields] of Object.entries(lists)) {
    it(name, async () => {
      for (const module of coreCatalog.modules) {
        const field = fields.find(each => isColumn(module, each))
        if (!field) continue
        const sort: Sort = [{ field, direction: 'desc' }]
        const [first] = await statementsOf(ctx, c => findPage(c, module, { fields: ['id'], sort, limit: 20 }))
        if (!first) throw new Error('no statement was sent')
        const { Plan: plan } = await planOf(pool, first, 'generic', settings)
        const sorts = nodesOf(plan).filter(node => node['Node Type'].includes('Sort'))
        // The page itself, at most 20 rows, may be sorted once more.
        expect(sorts.length, `${module.name} ${name}`).toBeLessThanOrEqual(1)
        expect(
          nodesOf(plan).some(node => node['Node Type'].startsWith('Index')),
          `${module.name} ${name}`,
        ).toBe(true)
        if (sorts.length === 1) expect(nodesOf(plan)[0]?.['Node Type'], `${module.name} ${name}`).toBe('Sort')
      }
    })
  }
})

function moduleNamed(name: string): Module {
  const module = coreCatalog.byName.get(name)
  if (!module) throw new Error(`there is no module ${name}`)
  return module
}

const isColumn = (module: Module, name: string) => expressionOf(ctx, module, name, 't') === `t."${name}"`
