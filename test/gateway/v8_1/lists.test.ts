import { describe, expect, it } from 'vitest'
import { house8_1, type Resource } from './house.ts'

const house = await house8_1()
const { ask, made } = house

const names = ['Ash', 'Beech', 'Cedar', 'Douglas', 'Elm', 'Fir', 'Ginkgo']
const accounts: Resource[] = []
for (const [i, name] of names.entries())
  accounts.push(await made('Accounts', { name, employees: String(i), industry: i % 2 ? 'Banking' : 'Energy' }))
const [ash, beech] = accounts
const people = [await made('Contacts', { last_name: 'Doe' }), await made('Contacts', { last_name: 'Roe' })]
const identifier = ({ type, id }: Resource) => ({ type, id })
for (const account of [ash, beech])
  await ask('POST', `/module/Accounts/${account?.id ?? ''}/relationships/contacts`, {
    body: { data: people.map(identifier) },
  })

const list = async (query: string) => {
  const { data, links } = await ask('GET', `/module/Accounts?${query}`)
  return { names: data.map(({ attributes }) => attributes['name']), links }
}

/** The pages of a list, by following links of one name until there are no more. */
async function follow(query: string, link: 'next' | 'prev') {
  const pages = []
  for (let next: string | null | undefined = `?${query}`; next;) {
    const page = await list(next.slice(next.indexOf('?') + 1))
    pages.push(page)
    next = page.links[link]
  }
  return pages
}

describe('pages', () => {
  it.each(['name', '-name', 'industry,name', '-industry,name'])(
    'by %s meet every record once, forth and back',
    async sort => {
      const whole = await list(`sort=${sort}`)
      const forth = await follow(`sort=${sort}&page[size]=3&fields[Accounts]=name`, 'next')
      const last = forth.at(-1)?.links['self'] ?? ''
      const back = await follow(last.slice(last.indexOf('?') + 1), 'prev')

      expect(new Set(whole.names)).toEqual(new Set(names))
      expect(forth.map(page => page.names.length)).toEqual([3, 3, 1])
      expect(forth.flatMap(page => page.names)).toEqual(whole.names)
      expect(back.toReversed().flatMap(page => page.names)).toEqual(whole.names)
      expect(forth[0]?.links).toMatchObject({ prev: null })
      expect(forth.at(-1)?.links).toMatchObject({ next: null })
    },
  )

  it('stay right when records come before them', async () => {
    const first = await list('sort=name&page[size]=2')
    const early = await made('Accounts', { name: 'Aaa' })
    const next = first.links['next'] ?? ''

    const second = await list(next.slice(next.indexOf('?') + 1))
    await ask('DELETE', `/module/Accounts/${early.id}`)

    expect(second.names).toEqual(['Cedar', 'Douglas'])
  })
})

describe('a filter', () => {
  it.each([
    ['filter[name]=Ash', ['Ash']],
    ['filter[name][eq]=ash', ['Ash']],
    ['filter[name][like]=%25e%25', ['Beech', 'Cedar', 'Elm']],
    ['filter[name][in]=Fir,Elm', ['Elm', 'Fir']],
    ['filter[name][gt]=Cedar&filter[name][lt]=Fir', ['Douglas', 'Elm']],
    ['filter[website][null]=true&filter[industry]=Banking', ['Beech', 'Douglas', 'Fir']],
    ['filter[or][0][name]=Ash&filter[or][1][industry]=Banking', ['Ash', 'Beech', 'Douglas', 'Fir']],
    ['filter[not][industry]=Banking', ['Ash', 'Cedar', 'Elm', 'Ginkgo']],
    ['filter[operator]=or&filter[name]=Ash&filter[employees]=6', ['Ash', 'Ginkgo']],
    ['filter[date_entered][gte]=2000-01-01T00:00:00Z&filter[deleted]=false&filter[name]=Ash', ['Ash']],
    ['filter[name]=Nobody', []],
  ])('%s finds %j', async (query, found) => {
    expect((await list(`${query}&sort=name`)).names).toEqual(found)
  })
})

describe('a compound document', () => {
  it('holds every included record once, however many links lead there', async () => {
    const query =
      'include=contacts,contacts.assigned_user_link&fields[Accounts]=name&fields[Contacts]=last_name&fields[Users]=user_name'

    const { data, included = [] } = await ask('GET', `/module/Accounts?${query}&sort=name`)

    expect(data[0]).toMatchObject({ attributes: { name: 'Ash' } })
    expect(Object.keys(data[0]?.attributes ?? {})).toEqual(['name'])
    expect(data.slice(0, 3).map(({ relationships }) => relationships['contacts']?.data)).toEqual([
      expect.arrayContaining(people.map(identifier)),
      expect.arrayContaining(people.map(identifier)),
      [],
    ])
    expect(included.map(({ type, attributes }) => [type, attributes['last_name']])).toEqual(
      expect.arrayContaining([
        ['Contacts', 'Doe'],
        ['Contacts', 'Roe'],
      ]),
    )
    expect(new Set(included.map(({ type, id }) => `${type} ${id}`)).size).toBe(included.length)
  })

  it('holds no record of the list a second time', async () => {
    const query =
      'filter[name][in]=Ash,Beech&include=contacts.accounts&fields[Accounts]=name&fields[Contacts]=last_name'

    const { data, included = [] } = await ask('GET', `/module/Accounts?${query}`)

    const ids = new Set(data.map(({ id }) => id))
    expect(included.filter(({ id }) => ids.has(id))).toEqual([])
    expect(included.find(({ type }) => type === 'Contacts')?.relationships['accounts']?.data).toHaveLength(2)
  })
})

describe('a relationship', () => {
  const links = `/module/Accounts/${accounts[2]?.id ?? ''}`

  it('to many is added to and taken from', async () => {
    const [doe, roe] = people.map(identifier)
    const path = `${links}/relationships/contacts`
    const change = (method: string, data: unknown) => ask(method, path, { body: { data } })

    const added = await change('POST', [doe, roe])
    const both = await ask('GET', `${path}?sort=last_name`)
    const taken = await change('DELETE', [doe])
    const again = await change('DELETE', [doe])
    const one = await ask('DELETE', `${path}/${roe?.id ?? ''}`)

    expect([added.status, taken.status, again.status, one.status]).toEqual([204, 204, 404, 204])
    expect(both.data).toEqual([doe, roe])
    expect((await ask('GET', path)).data).toEqual([])
    expect((await change('PATCH', [])).status).toBe(403)
    expect((await change('POST', [{ type: 'Calls', id: 'x' }])).errors[0]).toMatchObject({
      source: { pointer: '/data/0' },
    })
  })

  it('to one is set and cleared', async () => {
    const path = `${links}/relationships/member_of`
    const set = await ask('PATCH', path, { body: { data: ash && identifier(ash) } })
    const there = await ask('GET', path)
    const record = await ask('GET', `${links}/member_of?fields[Accounts]=name`)
    const cleared = await ask('PATCH', path, { body: { data: null } })

    expect([set.status, cleared.status]).toEqual([204, 204])
    expect(there.data).toEqual(ash && identifier(ash))
    expect(record.data).toMatchObject({ attributes: { name: 'Ash' } })
    expect((await ask('GET', `${links}/member_of`)).data).toBeNull()
  })

  it('leads to records, by pages', async () => {
    const path = `/module/Accounts/${ash?.id ?? ''}/contacts?sort=last_name&page[size]=1`

    const first = await ask('GET', path)
    const second = await ask('GET', (first.links['next'] ?? '').replace('/Api/V8', ''))

    expect([first.data[0], second.data[0]].map(person => person?.attributes['last_name'])).toEqual(['Doe', 'Roe'])
    expect(second.links).toMatchObject({ next: null })
  })
})

describe('what there is', () => {
  it('is told with JSON Schemas', async () => {
    const modules = await ask('GET', '/meta/modules')
    const fields = await ask('GET', '/meta/fields/Accounts')

    expect(modules.data.map(({ id }) => id)).toContain('Accounts')
    expect(fields.data.find(({ id }) => id === 'date_entered')?.attributes).toMatchObject({
      schema: { type: ['string', 'null'], format: 'date-time' },
    })
    expect(fields.data.find(({ id }) => id === 'contacts')).toMatchObject({
      type: 'relationships',
      attributes: { many: true },
    })
  })

  it('names who acts, and forgets a token when told to', async () => {
    const { token } = await house.newClient('ben')

    const user = await ask('GET', '/current-user?fields[Users]=user_name', { token })
    const out = await ask('POST', '/logout', { token })

    expect(user.data.attributes).toEqual({ user_name: 'ben' })
    expect(out.status).toBe(204)
    expect((await ask('GET', '/current-user', { token })).status).toBe(401)
  })
})
