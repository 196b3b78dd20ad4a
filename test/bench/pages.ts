import { connect, type Pool } from '../../drizzle/client.ts'
import type { Context } from '../../drizzle/context.ts'
import { isReadable } from '../../drizzle/expression.ts'
import { countRecords, cursorOf, findLinked, findPage, type Selection } from '../../drizzle/select.ts'
import { compare } from '../../drizzle/where.ts'
import { coreCatalog } from '../../schema/catalog.ts'
import type { Filter } from '../../schema/filter.ts'
import { contextOn } from './context.ts'
import { explain, nodesOf, statementsOf, type Plan } from './explain.ts'
import { fill, idOf } from './fill.ts'
import { startHouse } from './house.ts'
import { listMany } from './listing.ts'
import { median, printTable } from './print.ts'

const accounts = 1_000_000
const limitMs = 10

const found = coreCatalog.byName.get('Accounts')
if (!found) throw new Error('there are no Accounts')
const module = found
const every = Object.keys(module.fields).filter(name => isReadable(coreCatalog, module, name))

/**
 * Times the pages of a list of a million accounts, in the database and as the data room's callers see them, and watches the
 * memory of a house while it lists 25,000 of them.
 *
 * @param dir  the house's DATA_DIR; filled the first time, used as it is later
 */
export async function benchPages(dir: string) {
  const house = await startHouse(dir, { watched: true })
  const pool = connect(house.databaseUrl, { max: 2 })
  try {
    const [{ n } = { n: 0 }] = await pool<{ n: number }[]>`select count(*)::int as n from accounts`
    if (n < accounts) {
      const began = performance.now()
      const said = (part: string) => console.error(`${((performance.now() - began) / 1000).toFixed(0)} s: ${part}`)
      await fill(pool, { accounts, contacts: accounts / 5 }, said)
    }
    await pool`vacuum analyze accounts`
    const ctx = contextOn(pool)
    const rows: (string | number)[][] = []
    for (const [name, work] of await questions(ctx)) rows.push([name, ...(await timed(ctx, pool, work))])
    printTable(
      ['of 1,000,000 accounts', 'planned ms', 'executed ms', 'custom ms', 'generic ms', 'client ms', 'read by'],
      rows,
    )
    console.log(`
Limit: ${limitMs} ms in the database. Planned and executed: as on a connection that has prepared the statement and executed it
five times. Custom and generic: planned for these values, and for any. Client: the median of 100 as the data room answers.
`)
    await listMany(house)
  } finally {
    await pool.end()
    await house.stop()
  }
}

type Question = readonly [name: string, work: (ctx: Context) => Promise<unknown>]

async function questions(ctx: Context): Promise<Question[]> {
  const list = (selection: Partial<Selection>) => (c: Context) =>
    findPage(c, module, { fields: every, limit: 20, ...selection })
  const few = ['id', 'name', 'phone_office']
  const middle = await cursorAt(ctx, [{ field: 'date_entered', direction: 'desc' }])
  const middleName = await cursorAt(ctx, [{ field: 'name', direction: 'asc' }])
  const [busy, rare] = await owners(ctx)
  const parent = await one(ctx, `select ${idOf('account', '25')} as value`)
  const name = await one(ctx, `select name as value from accounts where id = ${idOf('account', '777777')}`)
  const byName = [{ field: 'name', direction: 'asc' }] as const
  const byChange = [{ field: 'date_modified', direction: 'desc' }] as const
  return [
    ['first page', list({})],
    ['first page, 3 fields', list({ fields: few })],
    ['next page, in the middle', list({ after: middle, cursors: true })],
    ['next page, in the middle, 3 fields', list({ fields: few, after: middle })],
    ['first page by name', list({ sort: byName })],
    ['next page by name, in the middle', list({ sort: byName, after: middleName })],
    ['first page by name, backwards', list({ sort: [{ field: 'name', direction: 'desc' }] })],
    ['first page by id', list({ sort: [{ field: 'id', direction: 'asc' }] })],
    ['first page by last change', list({ sort: byChange })],
    ['name equals', list({ filter: compare('name', 'eq', name) })],
    ['name begins with (one)', list({ filter: compare('name', 'like', `${name.slice(0, -1)}%`) })],
    ['name begins with (125,000)', list({ filter: compare('name', 'like', 'acme%') })],
    ['name begins with (125,000), by name', list({ filter: compare('name', 'like', 'acme%'), sort: byName })],
    ['owner of many', list({ filter: compare('assigned_user_id', 'eq', busy) })],
    ['owner of few', list({ filter: compare('assigned_user_id', 'eq', rare) })],
    ['owner of none', list({ filter: compare('assigned_user_id', 'eq', 'nobody') })],
    ['owner of few, by last change', list({ filter: compare('assigned_user_id', 'eq', rare), sort: byChange })],
    ['parent', list({ filter: compare('parent_id', 'eq', parent) })],
    ['parent of none', list({ filter: compare('parent_id', 'eq', 'nobody') })],
    ['id in 20', list({ filter: await someIds(ctx) })],
    ['entered since a day', list({ filter: compare('date_entered', 'gte', '2025-12-20 00:00:00') })],
    [
      'changed since a day, oldest first',
      list({
        filter: compare('date_modified', 'gte', '2026-01-20 00:00:00'),
        sort: [{ field: 'date_modified', direction: 'asc' }],
      }),
    ],
    ['e-mail address equals', list({ filter: compare('email1', 'eq', 'Office@example-777777.com') })],
    ['page 3 by offset', list({ offset: 40 })],
    ['with deleted ones', list({ deleted: 'INCLUDE' })],
    ['deleted ones alone', list({ deleted: 'ONLY' })],
    ['count, up to 10,000', c => countRecords(c, module, { upTo: 10_000 })],
    [
      'count of an owner of many',
      c => countRecords(c, module, { upTo: 10_000, filter: compare('assigned_user_id', 'eq', busy) }),
    ],
    ['5 contacts of each of 20', await contactsOf(ctx)],
    ['members of an account', async c => findLinked(c, linkOf('members'), [parent], { fields: few, limit: 20 })],
  ]
}

async function timed(ctx: Context, pool: Pool, work: (ctx: Context) => Promise<unknown>) {
  const [sent] = await statementsOf(ctx, work)
  if (!sent) throw new Error('no statement was sent')
  const prepared = await explain(pool, sent, 'prepared')
  const custom = await explain(pool, sent, 'custom')
  const generic = await explain(pool, sent, 'generic')
  const seen: number[] = []
  const until = performance.now() + 2_000
  while (seen.length < 100 && performance.now() < until) {
    const began = performance.now()
    await work({ ...ctx, batches: new Map() })
    seen.push(performance.now() - began)
  }
  return [
    ms(prepared['Planning Time']),
    ms(prepared['Execution Time']),
    ms(custom['Planning Time'] + custom['Execution Time']),
    ms(generic['Planning Time'] + generic['Execution Time']),
    ms(median(seen)),
    readBy(prepared),
  ]
}

/** The part that chooses the rows: how the table in question is read. */
const readBy = (plan: Plan) =>
  nodesOf(plan.Plan)
    .filter(node => node['Relation Name'] === 'accounts' || node['Node Type'] === 'Bitmap Index Scan')
    .map(node => node['Index Name'] ?? node['Node Type'])
    .slice(0, 2)
    .join(', ')

const ms = (value: number) => value.toFixed(2)

/** The cursor of the row in the middle of an order. */
async function cursorAt(ctx: Context, sort: Selection['sort'] & object) {
  const { rows } = await findPage(ctx, module, { fields: ['id'], sort, cursors: true, limit: 1, offset: accounts / 2 })
  const [row] = rows
  if (!row) throw new Error('there is no middle')
  return cursorOf(row, sort)
}

async function owners(ctx: Context): Promise<[string, string]> {
  const rows = await ctx.sql<{ id: string }[]>`
    select assigned_user_id as id from accounts group by 1 order by count(*) desc`
  await ctx.sql`update accounts set assigned_user_id = 'rare' where id in (select id from accounts order by id limit 30)`
  return [rows[0]?.id ?? '', 'rare']
}

async function someIds(ctx: Context): Promise<Filter> {
  const rows = await ctx.sql<
    { id: string }[]
  >`select id from accounts where not deleted order by id offset 1000 limit 20`
  return { kind: 'in', operand: { field: 'id' }, values: rows.map(row => row.id) }
}

async function contactsOf(ctx: Context) {
  const rows = await ctx.sql<{ id: string }[]>`select account_id as id from accounts_contacts group by 1 limit 20`
  const fields = ['id', 'first_name', 'last_name', 'email1', 'account_name']
  return (c: Context) =>
    findLinked(
      c,
      linkOf('contacts'),
      rows.map(row => row.id),
      { fields, limit: 5 },
    )
}

function linkOf(name: string) {
  const link = coreCatalog.links(module).get(name)
  if (!link) throw new Error(`there is no link ${name}`)
  return link
}

async function one(ctx: Context, text: string) {
  const [row] = await ctx.sql.unsafe<{ value: string }[]>(text)
  return row?.value ?? ''
}
