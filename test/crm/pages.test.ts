import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { beforeAll, describe, expect, it } from 'vitest'
import { cursorOf, findPage, type Row } from '../../drizzle/select.ts'
import { coreCatalog } from '../../schema/catalog.ts'
import type { Sort } from '../../schema/filter.ts'
import { randomOf } from '../../subgraphs/crm/seed/random.ts'
import { fill } from '../bench/fill.ts'
import { testDatabase } from '../database.ts'
import { contextOf, crmGraph, insertRows } from './graph.ts'

const { pool } = await testDatabase()
const ctx = contextOf(pool)
const random = randomOf('pages')
const found = coreCatalog.byName.get('Opportunities')
if (!found) throw new Error('there are no Opportunities')
const opportunities = found

/** Fields of all sorts: text, moments, days, numbers, exact numbers, truth values, and names of other records. */
const sortable = [
  'name',
  'date_entered',
  'date_closed',
  'amount',
  'probability',
  'deleted',
  'jjwg_maps_lat_c',
  'sales_stage',
  'assigned_user_name',
  'campaign_name',
  'currency_name',
]

/** Few different values, so that many rows are equal, and some have none. */
function row(n: number) {
  const maybe = <T>(value: T) => (random.chance(0.2) ? null : value)
  return {
    id: random.id('row', n),
    name: maybe(random.pick(['acme', 'Acme', 'ACME', 'Ähre', 'ähre', 'zoo', '', ' ', '50%'])),
    date_entered: maybe(`2024-01-0${random.int(1, 3)} 10:00:00`),
    date_closed: maybe(`2024-0${random.int(1, 3)}-01`),
    amount: maybe(random.pick([-1.5, 0, 0.1, 1e9])),
    probability: maybe(random.int(-1, 2)),
    jjwg_maps_lat_c: maybe(random.pick(['-0.10000000', '0.00000000', '7.25000000'])),
    sales_stage: maybe(random.pick(['Prospecting', 'Closed Won'])),
    assigned_user_id: maybe(random.pick(['u1', 'u2', 'gone'])),
    campaign_id: maybe(random.pick(['k1', 'k2'])),
    currency_id: maybe('-99'),
  }
}

let rows = 0
const insert = (count: number) =>
  insertRows(
    pool,
    'opportunities',
    Array.from({ length: count }, () => row(rows++)),
  )

beforeAll(async () => {
  await insertRows(pool, 'users', [
    { id: 'u1', user_name: 'ann', first_name: 'Ann', last_name: 'Lee' },
    { id: 'u2', user_name: 'bob', last_name: 'Ash' },
  ])
  await insertRows(pool, 'campaigns', [{ id: 'k1', name: 'Spring' }, { id: 'k2' }])
  await insert(150)
})

/** All ids in an order, page by page. */
async function walk(sort: Sort, size: number, between: () => Promise<unknown> = () => Promise.resolve()) {
  const seen: string[] = []
  let after: string | undefined
  for (;;) {
    const page = await findPage(ctx, opportunities, { fields: ['id'], sort, limit: size, after, cursors: true })
    seen.push(...page.rows.map(each => each.id))
    const last: Row | undefined = page.rows.at(-1)
    if (!page.hasNextPage || !last) return seen
    after = cursorOf(last, sort)
    await between()
  }
}

const aSort = (): Sort =>
  random.some(sortable, random.int(1, 3)).map(field => ({ field, direction: random.pick(['asc', 'desc'] as const) }))

const named = (sort: Sort) => sort.map(({ field, direction }) => `${field} ${direction}`).join(', ')

describe('a list read page by page', () => {
  it('has every row exactly once, in any order, empty and equal values included', async () => {
    for (let turn = 0; turn < 60; turn++) {
      const sort = aSort()
      const { rows: all } = await findPage(ctx, opportunities, { fields: ['id'], sort, limit: 1_000 })

      const seen = await walk(sort, random.int(1, 40))

      expect(seen, named(sort)).toEqual(all.map(each => each.id))
    }
  })

  it('is the same list backwards', async () => {
    for (const field of sortable) {
      const forwards = await walk([{ field, direction: 'asc' }], 11)
      const backwards = await walk([{ field, direction: 'desc' }], 7)
      expect(backwards, field).toEqual(forwards.reverse())
    }
  })

  it('neither repeats nor loses a row while others are inserted', async () => {
    for (let turn = 0; turn < 12; turn++) {
      const sort = aSort()
      const { rows: before } = await findPage(ctx, opportunities, { fields: ['id'], sort, limit: 2_000 })

      const seen = await walk(sort, 9, () => insert(2))

      expect(new Set(seen).size, named(sort)).toBe(seen.length)
      const known = new Set(before.map(each => each.id))
      expect(
        seen.filter(id => known.has(id)),
        named(sort),
      ).toEqual(before.map(each => each.id))
    }
  })

  it('refuses a cursor of another order', async () => {
    const sort: Sort = [{ field: 'name', direction: 'asc' }]
    const { rows: page } = await findPage(ctx, opportunities, { fields: ['id'], sort, limit: 1, cursors: true })
    const after = page[0] ? cursorOf(page[0], sort) : ''

    const other = findPage(ctx, opportunities, {
      fields: ['id'],
      sort: [{ field: 'sales_stage', direction: 'asc' }],
      limit: 1,
      after,
    })

    await expect(other).rejects.toMatchObject({ code: 'BAD_REQUEST' })
  })

  it('leads back by the reversed order to the records before a cursor', async () => {
    const sort: Sort = [
      { field: 'name', direction: 'asc' },
      { field: 'amount', direction: 'desc' },
    ]
    const back: Sort = [
      { field: 'name', direction: 'desc' },
      { field: 'amount', direction: 'asc' },
    ]
    const { rows: page } = await findPage(ctx, opportunities, { fields: ['id'], sort, limit: 7, cursors: true })
    const after = page[6] ? cursorOf(page[6], sort) : ''

    const before = await findPage(ctx, opportunities, { fields: ['id'], sort: back, limit: 20, after })

    expect(page).toHaveLength(7)
    expect(before.rows.map(({ id }) => id)).toEqual(
      page
        .slice(0, 6)
        .map(({ id }) => id)
        .toReversed(),
    )
  })
})

describe('long lists', () => {
  const ask = crmGraph(pool)

  beforeAll(async () => {
    await fill(pool, { accounts: 25_000, contacts: 0 })
  })

  it('are counted no further than asked', async () => {
    const { data } = await ask('{ accounts(first: 1) { few: totalCount(upTo: 50) totalCount } }')
    expect(data?.accounts).toEqual({ few: 50, totalCount: 10_000 })
  })

  it('need no more memory at the end than at the beginning', async () => {
    const query = `query ($after: String) {
      accounts(first: 100, after: $after) {
        nodes { id name description email1 assigned_user_name billing_address_street website }
        pageInfo { endCursor hasNextPage }
      }
    }`
    const heap: number[] = []
    let after: string | null = null
    let listed = 0
    for (let more = true; more;) {
      const { data }: Awaited<ReturnType<typeof ask>> = await ask(query, { after })
      const page = data?.accounts as unknown as Page
      listed += page.nodes.length
      after = page.pageInfo.endCursor
      more = page.pageInfo.hasNextPage
      if (listed % 5_000 < 100) heap.push(heapMb())
    }

    expect(listed).toBeGreaterThan(24_700) // some of them are deleted
    const [early = 0] = heap
    // The rows themselves would be 16 MB.
    expect(Math.max(...heap.slice(1)) - early).toBeLessThan(4)
  })
})

type Page = { nodes: unknown[]; pageInfo: { endCursor: string | null; hasNextPage: boolean } }

/** What is left on the heap after a collection. */
function heapMb(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  collect()
  return process.memoryUsage().heapUsed / 1_048_576
}
