import { describe, expect, it } from 'vitest'
import { anAccount, before, detailOf } from './door.ts'

const some = (...ids: string[]) => ids.map(id => anAccount({ id }))
const page = (nodes: readonly unknown[], totalCount: number) => () => ({ data: { r: { nodes, totalCount } } })

describe('a list', () => {
  it('has pages only when a size is asked for', async () => {
    const { ask, asked } = before(page(some('a', 'b'), 7))

    const all = await ask('GET', '/module/Accounts', { query: 'page[number]=2' })
    const paged = await ask('GET', '/module/Accounts', { query: 'page[size]=2&page[number]=2' })

    expect(Object.keys(all.json())).toEqual(['data'])
    expect(paged.json()).toMatchObject({
      meta: { 'total-pages': 4, 'records-on-this-page': 2 },
      links: {
        first: 'V8/module/Accounts?page[size]=2&page[number]=1',
        prev: 'V8/module/Accounts?page[size]=2&page[number]=1',
        next: 'V8/module/Accounts?page[size]=2&page[number]=3',
        last: 'V8/module/Accounts?page[size]=2&page[number]=4',
      },
    })
    expect(asked.map(({ variables }) => [variables['first'], variables['offset']])).toEqual([
      [20, 0],
      [2, 2],
    ])
    expect(asked[0]?.text).not.toContain('totalCount')
  })

  it('keeps the rest of the query in its links, decoded', async () => {
    const { ask } = before(page(some('a'), 2))

    const answer = await ask('GET', '/module/Accounts', {
      query: 'fields%5BAccounts%5D=name&page%5Bsize%5D=1&filter[name][like]=A%25%20b&sort=-name',
    })

    expect(answer.json()['links']).toMatchObject({
      next: 'V8/module/Accounts?fields[Accounts]=name&page[size]=1&page[number]=1&filter[name][like]=A% b&sort=-name',
    })
  })

  it('says so when it is empty', async () => {
    const { ask } = before(page([], 0))

    const answer = await ask('GET', '/module/AOS_Quotes', { query: 'page[size]=5' })

    expect(answer.json()).toEqual({ meta: { message: 'Request was successful, but there is no result' }, data: [] })
  })

  it('is sorted by id, or by one field and then by id', async () => {
    const { ask, asked } = before(page(some('a'), 1))

    await ask('GET', '/module/Accounts')
    await ask('GET', '/module/Accounts', { query: 'sort=-name' })

    const byId = { field: 'id', direction: 'ASC' }
    expect(asked.map(({ variables }) => variables['sort'])).toEqual([
      [byId],
      [{ field: 'name', direction: 'DESC' }, byId],
    ])
  })

  it('reads large pages in pieces', async () => {
    const nodes = Array.from({ length: 450 }, (_, i) => anAccount({ id: String(i) }))
    const { ask, asked } = before(({ variables: { first, offset } }) => ({
      data: { r: { nodes: nodes.slice(Number(offset), Number(offset) + Number(first)), totalCount: 450 } },
    }))

    const answer = await ask('GET', '/module/Accounts', { query: 'page[size]=1000&fields[Accounts]=name' })

    expect(answer.json()['meta']).toEqual({ 'total-pages': 1, 'records-on-this-page': 450 })
    expect(asked.map(({ variables }) => variables['offset'])).toEqual([0, 200, 400])
  })

  it('fails as SuiteCRM does on what is no column, and on deleted records that it finds', async () => {
    const { ask } = before(page(some('gone'), 1))

    const derived = await ask('GET', '/module/Accounts', { query: 'filter[assigned_user_name][eq]=x' })
    const deleted = await ask('GET', '/module/Accounts', { query: 'filter[deleted][eq]=1' })

    expect(detailOf(derived)).toBe('Database failure. Please refer to suitecrm.log for details.')
    expect(detailOf(deleted)).toBe('Accounts module with id gone is not found')
  })
})

describe('a filter', () => {
  const filterOf = async (module: string, query: string) => {
    const { ask, asked } = before(page([], 0))
    const answer = await ask('GET', `/module/${module}`, { query })
    return asked[0]?.variables['filter'] ?? detailOf(answer)
  }
  const none = { id: { null: true } }

  it.each([
    ['Accounts', 'filter[name][EQ]=A', { name: { eq: 'A' } }],
    ['Accounts', 'filter[name][eq]=', { name: { eq: '' } }],
    ['Accounts', 'filter[name][eq]=O%26%23039%3BNeil%20%26amp%3B%20Co', { name: { eq: "O'Neil & Co" } }],
    ['Accounts', 'filter[email1][like]=%25acme%25', { email1: { like: '%acme%' } }],
    [
      'Accounts',
      'filter[operator]=OR&filter[name][eq]=A&filter[industry][eq]=B',
      { or: [{ name: { eq: 'A' } }, { industry: { eq: 'B' } }] },
    ],
    ['Accounts', 'filter[name][gt]=A&filter[name][lt]=C', { and: [{ name: { gt: 'A' } }, { name: { lt: 'C' } }] }],
    ['Accounts', 'filter[deleted]=1', {}],
    ['Accounts', 'filter[jjwg_maps_lat_c][eq]=0', { jjwg_maps_lat_c: { eq: '0' } }],
    ['Accounts', 'filter[jjwg_maps_lat_c][lt]=1e30', { jjwg_maps_lat_c: { lt: '9'.repeat(20) } }],
    ['Accounts', 'filter[date_entered][lt]=2021-01-01', { date_entered: { lt: '2021-01-01T00:00:00Z' } }],
    ['Calls', 'filter[date_start][gt]=2021-01-02T03:04:05', { date_start: { gt: '2021-01-02T03:04:05Z' } }],
    ['Calls', 'filter[date_start][eq]=yesterday', none],
    ['Calls', 'filter[duration_hours][gte]=2 hours', { duration_hours: { gte: 2 } }],
    ['Calls', 'filter[duration_hours][gt]=1.5', { duration_hours: { gt: 1 } }],
    ['Calls', 'filter[duration_hours][eq]=1.5', none],
    ['Calls', 'filter[duration_hours][lt]=99999999999', { duration_hours: { null: false } }],
    ['Contacts', 'filter[do_not_call][eq]=1', { do_not_call: { eq: true } }],
    ['Contacts', 'filter[do_not_call][eq]=no', { do_not_call: { eq: false } }],
    ['Contacts', 'filter[do_not_call][neq]=1', { do_not_call: { eq: false } }],
    ['Contacts', 'filter[do_not_call][eq]=2', none],
    ['Contacts', 'filter[birthdate][gt]=1990-05-06 12:00:00', { birthdate: { gt: '1990-05-06' } }],
    ['Contacts', 'filter[birthdate][like]=1990-%25', { birthdate: { like: '1990-%' } }],
    ['Accounts', 'filter[name][eq]=a%00b', none],
  ])('on %s, %s, compares as MySQL would', async (module, query, filter) => {
    expect(await filterOf(module, query)).toEqual(filter)
  })

  it.each([
    ['filter[zzz][eq]=1', 'Filter field zzz in Account module is not found'],
    ['filter[name]=A', 'Filter field name must be an array'],
    ['filter[name][in]=a', 'Filter operator in is invalid'],
    ['filter[operator]=xor&filter[name][eq]=A', 'Filter operator xor is invalid'],
    ['filter=abc', 'The option "filter" with value "abc" is expected to be of type "array", but is of type "string".'],
    ['filter[constructor][eq]=1', 'Filter field constructor in Account module is not found'],
  ])('%s is refused', async (query, detail) => {
    expect(await filterOf('Accounts', query)).toBe(detail)
  })
})
