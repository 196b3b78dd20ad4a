import { describe, expect, it } from 'vitest'
import type { LegacyVersion } from '../../../rest-compat/v4_1/call.ts'
import { before, noAccess, page, sessionId, valuesOf } from './door.ts'

type Entry = { readonly id: unknown; readonly module_name: string; readonly name_value_list: object }
type Answer = { readonly entry_list: readonly Entry[]; readonly relationship_list: unknown }

const anId = 'aaaaaaaa-0000-4000-8000-00000000000a'

const entryOf = async (module: string, record: object, names: readonly string[] = []) => {
  const { ask } = before(() => ({ data: { record: { id: anId, ...record } } }))
  const { entry_list } = (await ask('get_entry', module, anId, names, [])) as Answer
  return entry_list[0]?.name_value_list ?? []
}

describe('an entry', () => {
  it('holds text only: moments in UTC, truth as 0 and 1, nothing as empty text, HTML escaped', async () => {
    const list = await entryOf('Contacts', {
      ...{ last_name: `O'Lee & "Sons" <b>`, do_not_call: true, birthdate: '2001-02-03', deleted: false },
      ...{ date_entered: '2030-03-04T10:30:00Z', department: null, jjwg_maps_lat_c: '0.00000000' },
    })

    expect(valuesOf(list)).toMatchObject({
      ...{ last_name: 'O&#039;Lee & &quot;Sons&quot; &lt;b&gt;', do_not_call: '1', birthdate: '2001-02-03' },
      ...{ date_entered: '2030-03-04 10:30:00', department: '', deleted: '0', jjwg_maps_lat_c: '0.00000000' },
    })
  })

  it('holds every field in the order of the module, names of people first', async () => {
    const names = Object.keys(await entryOf('Accounts', {}))

    expect(names.slice(0, 5)).toEqual(['assigned_user_name', 'modified_by_name', 'created_by_name', 'id', 'name'])
    expect(names).not.toContain('contacts')
  })

  it('holds the fields that were asked for, in that order, and leaves out what there is not', async () => {
    const wanted = ['website', 'nope', 'name', 'assigned_user_name', 'contacts', 'name', '__proto__']

    expect(Object.keys(await entryOf('Accounts', {}, wanted))).toEqual(['assigned_user_name', 'website', 'name'])
    expect(await entryOf('Accounts', {}, ['nope'])).toEqual([])
  })

  it('never holds a secret, under no name', async () => {
    const { ask, asked } = before(() => ({ data: { record: { id: anId, user_name: 'ada', user_hash: 'secret' } } }))

    const answer = await ask('get_entry', 'Users', anId, ['user_name', 'user_hash', 'pwd_last_changed'], [])

    expect(asked[0]?.text).not.toContain('user_hash')
    expect(JSON.stringify(answer)).not.toContain('secret')
  })

  it('that does not exist is a warning in its place', async () => {
    const { ask } = before(({ name }) => (name === 'LegacyEntry' ? { data: { record: null } } : page([{ id: anId }])))
    const warned = { id: 'gone', module_name: 'Accounts', name_value_list: expect.any(Array) as unknown }

    expect(await ask('get_entry', 'Accounts', 'gone', ['id'], [])).toEqual({
      entry_list: [
        {
          ...{ id: 'gone', module_name: 'Accounts' },
          name_value_list: [
            { name: 'warning', value: 'Access to this object is denied since it has been deleted or does not exist' },
            { name: 'deleted', value: '1' },
          ],
        },
      ],
      relationship_list: [],
    })
    expect(await ask('get_entries', 'Accounts', ['gone', anId, 'gone'], ['id'], [])).toMatchObject({
      entry_list: [warned, { id: anId, name_value_list: { id: { name: 'id', value: anId } } }, warned],
    })
  })

  it('of no module is error 20', async () => {
    const { ask } = before(() => page([]))

    for (const module of ['Nope', 'accounts', '', null, ['Accounts'], '__proto__']) {
      expect(await ask('get_entry', module, anId, [], [])).toMatchObject({ number: 20 })
    }
  })
})

describe('linked records', () => {
  const wanted = [{ name: 'contacts', value: ['id', 'last_name', 'nope', 'birthdate'] }]
  const values = { id: 'c', last_name: 'Lee', nope: '', birthdate: '2001-02-03 00:00:00' }
  const pairs = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { name, value }]))
  const record = {
    id: anId,
    l0: { nodes: [{ id: 'c', last_name: 'Lee', birthdate: '2001-02-03' }], pageInfo: { hasNextPage: false } },
  }
  const { ask } = before(({ name }) => (name === 'LegacyEntry' ? { data: { record } } : page([record])))

  it('stand in a list per record for get_entry, and as link values for the other methods', async () => {
    const one = (await ask('get_entry', 'Accounts', anId, ['id'], wanted)) as Answer
    const several = (await ask('get_entries', 'Accounts', [anId], ['id'], wanted)) as Answer
    const listed = (await ask('get_entry_list', 'Accounts', '', '', 0, ['id'], wanted, 5, 0)) as Answer

    expect(one.relationship_list).toEqual([[{ name: 'contacts', records: [pairs] }]])
    for (const { relationship_list } of [several, listed]) {
      expect(relationship_list).toEqual([{ link_list: [{ name: 'contacts', records: [{ link_value: pairs }] }] }])
    }
  })

  it('are none over a link that does not exist', async () => {
    const { relationship_list } = (await ask(
      'get_entry',
      'Accounts',
      anId,
      ['id'],
      [{ name: 'nope', value: ['id'] }],
    )) as Answer

    expect(relationship_list).toEqual([[{ name: 'nope', records: [] }]])
  })

  it('are read on where one page does not hold all', async () => {
    const more = before(({ name }) =>
      name === 'LegacyLinked'
        ? { data: { record: { link: { nodes: [{ id: 'd' }], pageInfo: { hasNextPage: false } } } } }
        : { data: { record: { id: anId, l0: { nodes: [{ id: 'c' }], pageInfo: { hasNextPage: true } } } } },
    )

    const { relationship_list } = (await more.ask(
      'get_entry',
      'Accounts',
      anId,
      ['id'],
      [{ name: 'contacts', value: ['id'] }],
    )) as Answer

    expect(relationship_list).toMatchObject([[{ records: [{ id: { value: 'c' } }, { id: { value: 'd' } }] }]])
    expect(more.asked.at(-1)?.variables).toEqual({ id: anId, offset: 1 })
  })
})

describe('a list of entries', () => {
  const listed = async (args: readonly unknown[], version: LegacyVersion = 'v4_1') => {
    const { call, asked } = before(({ variables }) => page(someOf(Number(variables['first'])), 5000))
    const answer = await call('get_entry_list', [sessionId, 'Accounts', '', '', ...args], { version })
    return { answer, asked }
  }
  const someOf = (count: number) => Array.from({ length: count }, (_, i) => ({ id: String(i) }))

  it.each([
    [[3, ['id'], [], 7, 0], { offset: 3, first: 7 }],
    [['3', ['id'], [], '7', 0], { offset: 3, first: 7 }],
    [[-1, ['id'], [], -99, 0], { offset: 0, first: 20 }],
    [['', ['id'], [], '', 0], { offset: 0, first: 20 }],
    [[null, ['id'], [], null, 0], { offset: 0, first: 20 }],
  ])('is a page as %j asks for', async (args, { offset, first }) => {
    const { answer, asked } = await listed(args)

    expect(asked[0]?.variables).toMatchObject({ offset, first, deleted: 'EXCLUDE' })
    expect(answer).toMatchObject({ result_count: first, total_count: '5000', next_offset: offset + first })
  })

  it('goes on behind the largest page of the graph', async () => {
    const { answer, asked } = await listed([0, ['id'], [], 2500, 0])

    expect(answer).toMatchObject({ result_count: 2500 })
    expect(asked.map(({ variables }) => [variables['offset'], variables['first']])).toEqual([
      ...[
        [0, 1000],
        [1000, 1000],
        [2000, 500],
      ],
    ])
  })

  it('shows deleted records beside the others since v4, and alone before', async () => {
    for (const [version, deleted] of [
      ['v4_1', 'INCLUDE'],
      ['v4', 'INCLUDE'],
      ['v3_1', 'ONLY'],
      ['v2', 'ONLY'],
    ] as const) {
      const { asked } = await listed([0, ['id'], [], 5, 1], version)
      expect(asked[0]?.variables['deleted'], version).toBe(deleted)
    }
  })

  it('counts its records since v3.1, as a number where there are none', async () => {
    const { call } = before(() => page([]))
    const args = [sessionId, 'Accounts', '', '', 0, ['id'], [], 5, 0]

    expect(await call('get_entry_list', args)).toMatchObject({ total_count: 0 })
    expect(await call('get_entry_list', args, { version: 'v3' })).not.toHaveProperty('total_count')
  })

  it('asks the graph with the same operation for the same fields', async () => {
    const { ask, asked } = before(() => page([]))
    const texts = new Set<unknown>()
    for (const query of ["name='a'", "name='b'"]) {
      await ask('get_entry_list', 'Accounts', query, '', 0, ['id', 'name'], [], 5, 0)
      texts.add(asked.at(-1)?.text)
    }

    expect(texts.size).toBe(1)
  })
})

describe('get_relationships', () => {
  const related = (graph: object | null) =>
    before(() => ({ data: { record: graph } })).ask(
      ...(['get_relationships', 'Accounts', anId, 'contacts', '', ['id', 'last_name'], [], 0] as const),
    )

  it('answers the records of a link, and refuses for a record that does not exist', async () => {
    expect(await related({ list: { nodes: [{ id: 'c', last_name: 'Lee' }] } })).toMatchObject({
      entry_list: [{ id: 'c', module_name: 'Contacts', name_value_list: { last_name: { value: 'Lee' } } }],
      relationship_list: [],
    })
    expect(await related(null)).toEqual(noAccess)
  })

  it('answers what a new record holds for each when no fields are wanted, as SuiteCRM does', async () => {
    const { ask } = before(() => ({ data: { record: { list: { nodes: [{ id: 'c' }] } } } }))

    expect(await ask('get_relationships', 'Accounts', anId, 'contacts', '', [], [], 0)).toMatchObject({
      entry_list: [{ id: null, name_value_list: { deleted: { name: 'deleted', value: 0 } } }],
    })
  })
})
