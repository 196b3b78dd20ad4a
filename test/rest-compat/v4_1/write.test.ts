import { describe, expect, it } from 'vitest'
import { before, failing, sessionId, valuesOf, type Graph } from './door.ts'

const anId = 'aaaaaaaa-0000-4000-8000-00000000000a'
const saved: Graph = ({ variables }) => ({ data: { record: { id: variables['id'] ?? anId } } })

/** What the graph is asked to store. */
async function storedOf(module: string, values: object) {
  const { ask, asked } = before(saved)
  const answer = (await ask('set_entry', module, values)) as { id: string; entry_list: object }
  const { name, variables } = asked.at(-1) ?? {}
  return { name, input: variables?.['input'], id: variables?.['id'], answer, echo: () => valuesOf(answer.entry_list) }
}

describe('set_entry', () => {
  it.each([
    ['a list of pairs', [{ name: 'name', value: 'Acme' }]],
    ['values by name', { name: 'Acme' }],
    ['pairs by name', { name: { name: 'name', value: 'Acme' } }],
  ])('takes %s', async (_form, values) => {
    const { name, input, answer } = await storedOf('Accounts', values)

    expect([name, input]).toEqual(['LegacyCreate', { name: 'Acme' }])
    expect(answer).toEqual({ id: anId, entry_list: { name: { name: 'name', value: 'Acme' } } })
  })

  it('changes the record with the id, or makes one with it when it is new', async () => {
    expect(await storedOf('Accounts', { id: 'x-1', name: 'Acme' })).toMatchObject({ name: 'LegacyUpdate', id: 'x-1' })
    expect(await storedOf('Accounts', { id: 'x-1', name: 'Acme', new_with_id: true })).toMatchObject({
      ...{ name: 'LegacyCreate', input: { id: 'x-1', name: 'Acme' } },
    })
  })

  it('answers the id of a record that does not exist, and stores nothing', async () => {
    const { ask } = before(asked => (asked.name === 'LegacyUpdate' ? failing('NOT_FOUND') : saved(asked)))

    expect(await ask('set_entry', 'Accounts', { id: 'gone', name: 'Acme' })).toMatchObject({ id: 'gone' })
  })

  it.each(["a'b", '../x', 'a b', 'ä'])('answers nothing for %s, which can be no id', async id => {
    const { ask, asked } = before(saved)

    expect(await ask('set_entry', 'Accounts', { id, name: 'Acme' })).toBeNull()
    expect(asked).toEqual([])
  })

  it('reads numbers, truth and moments as SuiteCRM does, and empties what it cannot read', async () => {
    const { input, echo } = await storedOf('Opportunities', {
      ...{ name: ' Big ', amount: '$1,234.50', probability: '70%', date_closed: '2030-03-04', deleted: 0 },
    })
    const contact = await storedOf('Contacts', { do_not_call: 'off', birthdate: '04.03.2030', portal_active: '1' })

    expect(input).toMatchObject({ name: 'Big', amount: 1234.5, probability: 70, date_closed: '2030-03-04' })
    expect(echo()).toMatchObject({ name: 'Big', amount: 1234.5, probability: 70, deleted: 0 })
    expect(contact.input).toMatchObject({ do_not_call: false, birthdate: null })
  })

  it('says nothing of fields that are null, unknown, secret or no values', async () => {
    const { input, echo } = await storedOf('Users', {
      ...{ user_name: 'ada', department: null, nope: 'x', user_hash: 'x', title: ['x'], __proto__: { a: 1 } },
    })

    expect(input).toEqual({ user_name: 'ada' })
    expect(echo()).not.toHaveProperty('user_hash')
  })

  it('lets clients say who wrote a record when no further than SuiteCRM does', async () => {
    const stamps = {
      ...{ date_entered: '2020-01-01 10:00:00', date_modified: '2020-01-02 10:00:00' },
      ...{ created_by: 'ada', modified_user_id: 'ada' },
    }

    const made = await storedOf('Accounts', { ...stamps, name: 'Acme' })
    const changed = await storedOf('Accounts', { ...stamps, id: anId })

    expect(Object.keys(made.input as object).sort()).toEqual(['date_entered', 'name'])
    expect(changed.input).toEqual({ created_by: 'ada' })
  })

  it('keeps scripts out of what it stores', async () => {
    const { input } = await storedOf('Accounts', { name: '<script>alert(1)</script>A&B', description: '<b>x</b>' })

    expect(JSON.stringify(input)).not.toContain('<script')
    expect(input).toMatchObject({ name: 'A&B' })
  })

  it('deletes what is given as deleted', async () => {
    expect(await storedOf('Accounts', { id: anId, deleted: 1 })).toMatchObject({ input: { deleted: true } })
  })

  it('is for administrators where SuiteCRM has it so', async () => {
    const { ask } = before(saved, { principal: { isAdmin: false } })

    expect(await ask('set_entry', 'Users', { user_name: 'mallory' })).toMatchObject({ number: 40 })
  })
})

describe('set_entries', () => {
  it('takes options by their label, and answers ids in order', async () => {
    let made = 0
    const { ask, asked } = before(() => ({ data: { record: { id: `id-${++made}` } } }))

    const answer = await ask('set_entries', 'Accounts', [
      [{ name: 'industry', value: 'Technology' }],
      { name: 'Acme', account_type: 'Customer' },
    ])

    expect(answer).toEqual({ ids: ['id-1', 'id-2'] })
    expect(asked.map(({ variables }) => variables['input'])).toEqual([
      { industry: 'Technology' },
      { name: 'Acme', account_type: 'Customer' },
    ])
  })

  it('makes the account that a contact names, or takes the one there is', async () => {
    const contact = [{ last_name: 'Lee', account_name: 'Acme' }]
    const graph =
      (known: readonly object[]): Graph =>
      ({ name }) =>
        name === 'LegacyAccountByName' ? { data: { list: { nodes: known } } } : { data: { record: { id: name } } }

    const fresh = before(graph([]))
    await fresh.ask('set_entries', 'Contacts', contact)
    const joined = before(graph([{ id: 'acme' }]))
    await joined.ask('set_entries', 'Contacts', contact)

    expect(fresh.asked.map(({ name }) => name)).toEqual(['LegacyAccountByName', 'LegacyNewAccount', 'LegacyCreate'])
    expect(fresh.asked.at(-1)?.variables).toMatchObject({ input: { account_id: 'LegacyNewAccount' } })
    expect(joined.asked.at(-1)?.variables).toMatchObject({ input: { account_id: 'acme' } })
  })
})

describe('set_relationship', () => {
  const relating = (graph: Graph) => before(graph)

  it('relates over a link with the columns that the pair has', async () => {
    const { ask, asked } = relating(() => ({ data: { record: {} } }))
    const role = [
      { name: 'contact_role', value: 'Evaluator' },
      { name: 'deleted', value: '1' },
      { name: 'contact_id', value: 'other' },
      { name: 'nope', value: 'x' },
    ]

    expect(await ask('set_relationship', 'Opportunities', 'o', 'contacts', 'c', role)).toEqual({
      ...{ created: 1, failed: 0, deleted: 0 },
    })
    expect(asked[0]).toMatchObject({
      name: 'LegacyRelate',
      variables: { id: 'o', link: 'contacts', relatedIds: ['c'], values: { contact_role: 'Evaluator' } },
    })
  })

  it('counts what cannot be related as failed, but not records that do not exist', async () => {
    const missing = relating(() => failing('NOT_FOUND'))
    const refused = relating(() => failing('FORBIDDEN'))

    expect(await missing.ask('set_relationship', 'Accounts', 'a', 'nope', ['c'])).toMatchObject({ failed: 1 })
    expect(await missing.ask('set_relationship', 'Nope', 'a', 'contacts', ['c'])).toMatchObject({ failed: 1 })
    expect(await missing.ask('set_relationship', 'Accounts', 'a', 'contacts', ['c'])).toMatchObject({ created: 1 })
    expect(await refused.ask('set_relationship', 'Accounts', 'a', 'contacts', ['c'])).toMatchObject({ failed: 1 })
  })

  it('of several keeps taking away from where it is first told so', async () => {
    const { call, asked } = relating(() => ({ data: { record: {} } }))
    const three = <T>(value: T) => [value, value, value]

    const answer = await call('set_relationships', [
      ...[sessionId, three('Accounts'), three('a'), three('contacts'), three(['c']), [], [0, 1]],
    ])

    expect(answer).toEqual({ created: 1, failed: 0, deleted: 2 })
    expect(asked.map(({ name }) => name)).toEqual(['LegacyRelate', 'LegacyUnrelate', 'LegacyUnrelate'])
    expect(await call('set_relationships', [sessionId, [], [], [], []])).toMatchObject({ number: 1001 })
  })
})
