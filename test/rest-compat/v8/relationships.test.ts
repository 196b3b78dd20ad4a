import { describe, expect, it } from 'vitest'
import { before, detailOf, failing } from './door.ts'

const account = 'aaaaaaaa-0000-4000-8000-00000000000a'
const contact = 'cccccccc-0000-4000-8000-00000000000c'
const path = `/module/Accounts/${account}/relationships`
const both = () => ({ data: { r: { id: account }, s: { id: contact } } })

describe('the records of a link', () => {
  it('come whole, each with a link to itself, and counted', async () => {
    const contacts = { nodes: [{ id: contact, last_name: 'Lee' }], totalCount: 3 }
    const { ask } = before(() => ({ data: { r: { id: account, contacts } } }))

    const answer = await ask('GET', `${path}/contacts`, { query: 'page[size]=1&sort=last_name' })

    const link = `V8${path}/contacts?page[size]=1&sort=last_name`
    expect(answer.json()).toMatchObject({
      meta: { 'total-records': 3, 'total-pages': 3, 'records-on-this-page': 1 },
      data: [{ type: 'Contact', id: contact, links: { self: `V8/module/Contact/${contact}` } }],
      links: { first: null, next: link.replace('&sort', '&page[number]=1&sort') },
    })
    expect(answer.body).not.toContain('"relationships"')
  })

  it('are all answered when no size is asked for', async () => {
    const { ask, asked } = before(({ variables: { offset } }) => {
      const nodes = Array.from({ length: offset === 0 ? 200 : 5 }, (_, i) => ({ id: String(i) }))
      return { data: { r: { id: account, contacts: { nodes } } } }
    })

    const answer = await ask('GET', `${path}/contacts`)

    expect(answer.json()['meta']).toEqual({ 'total-records': 205, 'total-pages': 1, 'records-on-this-page': 205 })
    expect(asked).toHaveLength(2)
  })

  it('are said to be none', async () => {
    const none = before(() => ({ data: { r: { id: account, bugs: { nodes: [] } } } }))
    const nobody = before(() => ({ data: { r: { id: account, assigned_user_link: null } } }))

    expect((await none.ask('GET', `${path}/bugs`)).json()).toEqual({
      meta: { message: 'There is no relationship set in Account module with bugs link field' },
      data: [],
    })
    expect((await nobody.ask('GET', `${path}/assigned_user_link`)).json()['data']).toEqual([])
  })

  it('are looked for after the record, and the record before the link', async () => {
    const gone = before(() => ({ data: { r: null } }))
    const there = before(() => ({ data: { r: { id: account } } }))
    const missing = `Accounts module with id ${account} is not found`

    expect(detailOf(await gone.ask('GET', `${path}/contacts`))).toBe(missing)
    expect(detailOf(await gone.ask('GET', `${path}/nope`))).toBe(missing)
    expect(detailOf(await there.ask('GET', `${path}/Contacts`))).toBe(
      'Cannot load relationship Contacts for Account module',
    )
    expect(detailOf(await there.ask('GET', `${path}/contacts`, { query: 'fields[Contacts]=name' }))).toBe(
      'The option "fields" does not exist. Defined options are: "filter", "id", "linkFieldName", "moduleName", "page", "sort", "sourceBean".',
    )
  })
})

describe('relating', () => {
  it('takes the link that joins the two modules', async () => {
    const { ask, asked } = before(both)

    const answer = await ask('POST', path, { body: { data: { type: 'Contacts', id: contact } } })

    expect(answer.status).toBe(201)
    expect(answer.json()['meta']).toEqual({
      message: `Contact with id ${contact} has been added to Account with id ${account}`,
    })
    expect(asked[1]?.variables).toEqual({ id: account, link: 'contacts', relatedIds: [contact] })
  })

  it('saves both records again, which trims their text', async () => {
    const { ask, asked } = before(() => ({
      data: { r: { id: account, name: 'Acme ' }, s: { id: contact, last_name: 'Lee' } },
    }))

    await ask('POST', `${path}/contacts`, { body: { data: { type: 'Contacts', id: contact } } })

    expect(asked.map(({ name }) => name)).toEqual(['V8ReadTwo', 'V8RelateAccount', 'V8UpdateAccount'])
    expect(asked[2]?.variables).toEqual({ id: account, input: { name: 'Acme' } })
  })

  it('over a named link tells what was done', async () => {
    const { ask } = before(both)

    const answer = await ask('POST', `/module/ProspectLists/${account}/relationships/contacts`, {
      body: { data: { type: 'Contacts', id: contact } },
    })

    expect(answer.json()['meta']).toEqual({
      message: `Contacts record with id ${contact} has been related to Targets - Lists record with id ${account} using link contacts`,
      ...{ sourceModule: 'ProspectLists', sourceModuleLabel: 'Targets - Lists', sourceId: account },
      ...{ relatedModule: 'Contacts', relatedModuleLabel: 'Contacts', relatedId: contact },
      relationshipLink: 'contacts',
    })
  })

  it('is refused in the words of SuiteCRM', async () => {
    const relate = async (where: string, data: unknown, graph: Parameters<typeof before>[0] = both) =>
      detailOf(await before(graph).ask('POST', where, { body: { data } }))

    expect(await relate(path, { type: 'Nope', id: contact })).toBe('Module with name Nope is not found')
    expect(await relate(path, { type: 'Contacts' })).toBe('The required option "id" is missing.')
    expect(await relate(path, { type: 'Currencies', id: contact })).toBe(
      'Link field has not found in Account to determine relationship for Currency',
    )
    expect(await relate(`${path}/contacts`, { type: 'Leads', id: contact })).toBe(
      'Cannot create relationship contacts between module Account and Lead',
    )
    expect(
      await relate(path, { type: 'Contacts', id: contact }, () => ({ data: { r: { id: account }, s: null } })),
    ).toBe(`Contacts module with id ${contact} is not found`)
  })
})

it('takes records apart, and says when they were not together', async () => {
  const done = await before(both).ask('DELETE', `${path}/contacts/${contact}`)
  const not = await before(({ name }) => (name === 'V8UnrelateAccount' ? failing('NOT_RELATED') : both())).ask(
    'DELETE',
    `${path}/contacts/${contact}`,
  )

  expect(done.json()['meta']).toEqual({
    message: `Relationship has been deleted between Account with id ${account} and Contact with id ${contact}`,
  })
  expect(detailOf(not)).toBe(`Module with ${contact} id is not related to Account`)
})
