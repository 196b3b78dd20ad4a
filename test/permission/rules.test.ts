import { describe, expect, it } from 'vitest'
import { permissionHouse, type Person } from './house.ts'

const house = await permissionHouse()
const { sql, aPerson, aRole, aGroup, putInGroup, insert, graph, v8, legacy } = house

const [ALL, GROUP, OWNER, NONE, DISABLED] = [90, 80, 75, -99, -98]
const denied = '[SuiteCRM] [AccessDeniedException] '
const noAccess = { name: 'Access Denied', number: 40, description: 'You do not have access' }
const absent = '11111111-2222-4333-8444-555555555555'

const codes = ({ errors }: Awaited<ReturnType<typeof graph>>) => errors?.map(error => error.extensions.code)
/** A user with a role of these levels for accounts. */
async function holding(levels: Readonly<Record<string, number>>, module = 'Accounts'): Promise<Person> {
  const person = await aPerson()
  await aRole({ [module]: levels }, { users: [person.id] })
  return person
}

describe('what one may not see', () => {
  it('looks like what does not exist, at every door', async () => {
    const ann = await holding({ view: OWNER, list: OWNER })
    const hidden = await insert('accounts', { name: 'Secret', assigned_user_id: '1' })

    for (const id of [hidden, absent]) {
      expect((await graph(ann, 'query ($id: ID!) { account(id: $id) { id } }', { id })).data).toEqual({ account: null })
      const changed = await graph(ann, 'mutation ($id: ID!) { updateAccount(id: $id, input: { name: "x" }) { id } }', {
        id,
      })
      expect(changed.errors).toMatchObject([
        { message: `Accounts ${id} does not exist`, extensions: { code: 'NOT_FOUND' } },
      ])
      const answers = [
        await v8(ann, 'GET', `/module/Accounts/${id}`),
        await v8(ann, 'PATCH', '/module', { data: { type: 'Accounts', id, attributes: { name: 'x' } } }),
        await v8(ann, 'DELETE', `/module/Accounts/${id}`),
        await v8(ann, 'GET', `/module/Accounts/${id}/relationships/contacts`),
      ]
      for (const answer of answers) {
        expect(answer).toMatchObject({ status: 400, json: { errors: { detail: denied } } })
        expect(answer.text).not.toContain('Secret')
      }
      expect(await legacy(ann, 'get_entry', 'Accounts', id, [], [])).toEqual(noAccess)
      expect(await legacy(ann, 'get_entries', 'Accounts', [id], [], [])).toEqual(noAccess)
      expect(
        await legacy(ann, 'set_entry', 'Accounts', [
          { name: 'id', value: id },
          { name: 'name', value: 'x' },
        ]),
      ).toEqual(noAccess)
      expect(await legacy(ann, 'get_relationships', 'Accounts', id, 'contacts', '', ['id'], [], 0)).toEqual(noAccess)
    }
  })

  it('is told apart from what one may see and not change', async () => {
    const ann = await holding({ edit: NONE, delete: NONE })
    const id = await insert('accounts', { name: 'Open' })

    expect(
      codes(await graph(ann, 'mutation ($id: ID!) { updateAccount(id: $id, input: { name: "x" }) { id } }', { id })),
    ).toEqual(['FORBIDDEN'])
    expect(codes(await graph(ann, 'mutation ($id: ID!) { deleteAccount(id: $id) { id } }', { id }))).toEqual([
      'FORBIDDEN',
    ])
    expect(codes(await graph(ann, 'mutation { createAccount(input: { name: "x" }) { id } }'))).toEqual(['FORBIDDEN'])
  })

  it('is no longer told of by what one looked at', async () => {
    const ann = await aPerson()
    const id = await insert('accounts', { name: 'Seen once', assigned_user_id: '1' })
    await legacy(ann, 'get_entry', 'Accounts', id, ['id'], [], true)
    expect(JSON.stringify(await legacy(ann, 'get_last_viewed', ['Accounts']))).toContain('Seen once')

    await aRole({ Accounts: { view: OWNER } }, { users: [ann.id] })

    const viewed = async () => JSON.stringify(await legacy(ann, 'get_last_viewed', ['Accounts']))
    await expect.poll(viewed, { timeout: 4_000 }).not.toContain('Seen once')
  })

  it('keeps a module that is closed from everything that leads there', async () => {
    const ann = await holding({ access: DISABLED })
    const account = await insert('accounts', { name: 'Closed Inc' })
    const opportunity = await insert('opportunities', { name: 'Deal' })
    await sql`insert into accounts_opportunities ${sql({ id: crypto.randomUUID(), account_id: account, opportunity_id: opportunity, deleted: false })}`

    expect(codes(await graph(ann, '{ accounts { totalCount } }'))).toEqual(['FORBIDDEN'])
    expect(codes(await graph(ann, 'query ($id: ID!) { account(id: $id) { id } }', { id: account }))).toEqual([
      'FORBIDDEN',
    ])
    const query = 'query ($id: ID!) { opportunity(id: $id) { name account_name accounts { nodes { id } totalCount } } }'
    expect((await graph(ann, query, { id: opportunity })).data).toEqual({
      opportunity: { name: 'Deal', account_name: null, accounts: { nodes: [], totalCount: 0 } },
    })
    expect(await legacy(ann, 'search_by_module', 'Closed', ['Accounts', 'Opportunities'], 0, 20, '', ['id'])).toEqual({
      entry_list: [{ name: 'Opportunities', records: [] }],
    })
  })
})

describe('levels', () => {
  it('lets a list show no more than view does, and view no more than itself', async () => {
    const [viewer, lister] = [await holding({ view: ALL, list: OWNER }), await holding({ view: OWNER, list: ALL })]
    const id = await insert('accounts', { name: 'Listed', assigned_user_id: '1' })
    const seen = async (person: Person) => {
      const one = await graph(person, 'query ($id: ID!) { account(id: $id) { id } }', { id })
      const many = await graph(person, 'query ($id: ID!) { accounts(filter: { id: { eq: $id } }) { totalCount } }', {
        id,
      })
      return [one.data, many.data]
    }

    expect(await seen(viewer)).toEqual([{ account: { id } }, { accounts: { totalCount: 0 } }])
    expect(await seen(lister)).toEqual([{ account: null }, { accounts: { totalCount: 0 } }])
    expect(await legacy(viewer, 'get_entries', 'Accounts', [id], ['name'], [])).toMatchObject({ entry_list: [{ id }] })
  })

  it('counts who made a record as its owner while it is assigned to nobody', async () => {
    const ann = await holding({ view: OWNER })
    const [mine, passedOn] = [
      await insert('accounts', { name: 'Mine', created_by: ann.id, assigned_user_id: '' }),
      await insert('accounts', { name: 'Passed on', created_by: ann.id, assigned_user_id: '1' }),
    ]

    const { data } = await graph(ann, '{ accounts { nodes { id } } }')

    expect(data).toEqual({ accounts: { nodes: [{ id: mine }] } })
    expect((await graph(ann, 'query ($id: ID!) { account(id: $id) { id } }', { id: passedOn })).data).toEqual({
      account: null,
    })
  })

  it('takes the most generous of several roles, and one’s own before those of groups', async () => {
    const [both, grouped, own] = [await aPerson(), await aPerson(), await aPerson()]
    const group = await aGroup([both.id, grouped.id, own.id])
    await aRole({ Accounts: { list: NONE } }, { groups: [group] })
    await aRole({ Accounts: { list: OWNER } }, { users: [both.id] })
    await aRole({ Accounts: { list: GROUP } }, { users: [both.id] })
    await aRole({ Contacts: { list: NONE } }, { users: [own.id] })
    const shared = await insert('accounts', { name: 'Shared', assigned_user_id: '1' })
    await putInGroup(group, 'Accounts', shared)
    const listed = async (person: Person) =>
      (await graph(person, 'query ($id: ID!) { accounts(filter: { id: { eq: $id } }) { totalCount } }', { id: shared }))
        .data

    expect(await listed(both)).toEqual({ accounts: { totalCount: 1 } })
    expect(await listed(grouped)).toBeNull()
    expect(await listed(own)).toEqual({ accounts: { totalCount: 1 } })
  })

  it('gives a module to its administrator, whatever else a role says', async () => {
    const ann = await holding({ admin: 99, view: NONE, list: NONE, edit: NONE })
    const id = await insert('accounts', { name: 'Run by ann', assigned_user_id: '1' })

    expect(
      (await graph(ann, 'mutation ($id: ID!) { updateAccount(id: $id, input: { name: "Run" }) { name } }', { id }))
        .data,
    ).toEqual({
      updateAccount: { name: 'Run' },
    })
  })

  it('takes a role back within two seconds, also where nobody tells', async () => {
    const ann = await aPerson()
    const seen = async () => codes(await graph(ann, '{ accounts { totalCount } }')) ?? 'seen'
    expect(await seen()).toBe('seen')

    await aRole({ Accounts: { access: DISABLED } }, { users: [ann.id] })

    await expect.poll(seen, { timeout: 4_000 }).toEqual(['FORBIDDEN'])
  })
})

describe('writes', () => {
  it('refuses a deletion within a change without changing anything', async () => {
    const ann = await holding({ delete: NONE })
    const id = await insert('accounts', { name: 'Stays', description: 'as it was' })

    const byGraph = await graph(
      ann,
      'mutation ($id: ID!) { updateAccount(id: $id, input: { description: "x", deleted: true }) { id } }',
      { id },
    )
    const byV8 = await v8(ann, 'PATCH', '/module', {
      data: { type: 'Accounts', id, attributes: { description: 'x', deleted: 1 } },
    })
    const byLegacy = await legacy(ann, 'set_entry', 'Accounts', [
      { name: 'id', value: id },
      { name: 'description', value: 'x' },
      { name: 'deleted', value: 1 },
    ])

    expect(codes(byGraph)).toEqual(['FORBIDDEN'])
    expect(byV8).toMatchObject({ status: 400, json: { errors: { detail: denied } } })
    expect(byLegacy).toEqual(noAccess)
    expect(await sql`select description, deleted from accounts where id = ${id}`).toEqual([
      { description: 'as it was', deleted: false },
    ])
  })

  it('relates what one may change to what one sees, and to nothing else', async () => {
    const ann = await holding({ view: OWNER, list: OWNER })
    const [mine, hidden] = [
      await insert('accounts', { name: 'Mine', assigned_user_id: ann.id }),
      await insert('accounts', { name: 'Hidden', assigned_user_id: '1' }),
    ]
    const contact = await insert('contacts', { last_name: 'Li' })
    const relate = (account: string) =>
      graph(ann, 'mutation ($c: ID!, $a: ID!) { relateContact(id: $c, link: accounts, relatedIds: [$a]) { id } }', {
        c: contact,
        a: account,
      })

    expect(codes(await relate(hidden))).toEqual(['NOT_FOUND'])
    expect(codes(await relate(absent))).toEqual(['NOT_FOUND'])
    expect((await relate(mine)).errors).toBeUndefined()
    const fromHidden = await graph(
      ann,
      'mutation ($c: ID!, $a: ID!) { relateAccount(id: $a, link: contacts, relatedIds: [$c]) { id } }',
      { c: contact, a: hidden },
    )
    expect(codes(fromHidden)).toEqual(['NOT_FOUND'])
    const linked = await graph(
      ann,
      'mutation ($a: ID!) { createContact(input: { last_name: "x", account_id: $a }) { id } }',
      { a: hidden },
    )
    expect(codes(linked)).toEqual(['INVALID'])
  })

  it('moves no record into a group of one’s own that one may not edit', async () => {
    const ann = await holding({ edit: GROUP })
    const group = await aGroup([ann.id])
    const id = await insert('accounts', { name: 'Theirs', assigned_user_id: '1' })

    const byRecord = await graph(
      ann,
      'mutation ($a: ID!, $g: ID!) { relateAccount(id: $a, link: SecurityGroups, relatedIds: [$g]) { id } }',
      { a: id, g: group },
    )

    expect(codes(byRecord)).toEqual(['FORBIDDEN'])
  })

  it('answers a record that was just given away', async () => {
    const ann = await holding({ view: OWNER, list: OWNER, edit: OWNER })

    const made = await graph(
      ann,
      'mutation { createAccount(input: { name: "Gift", assigned_user_id: "1" }) { id name } }',
    )

    expect(made.data).toMatchObject({ createAccount: { name: 'Gift' } })
    const { id } = made.data?.createAccount as { id: string }
    expect((await graph(ann, 'query ($id: ID!) { account(id: $id) { id } }', { id })).data).toEqual({ account: null })
  })
})

describe('modules that no role guards', () => {
  it('shows clients and tokens to administrators only, and roles to who holds them', async () => {
    const ann = await aPerson()
    const role = await aRole({}, { users: [ann.id] })
    await aRole({}, {})

    expect(codes(await graph(ann, '{ oauth2Clients { nodes { id } } }'))).toEqual(['FORBIDDEN'])
    expect((await graph(ann, '{ roles { nodes { id } } }')).data).toEqual({ roles: { nodes: [{ id: role }] } })
  })

  it('shows the revisions of a document to who sees the document', async () => {
    const ann = await holding({ view: OWNER, list: OWNER }, 'Documents')
    const [mine, theirs] = [
      await insert('documents', { document_name: 'Mine', assigned_user_id: ann.id }),
      await insert('documents', { document_name: 'Theirs', assigned_user_id: '1' }),
    ]
    const revision = await insert('document_revisions', { document_id: mine, filename: 'a.txt' })
    await insert('document_revisions', { document_id: theirs, filename: 'b.txt' })

    expect((await graph(ann, '{ documentRevisions { nodes { id } } }')).data).toEqual({
      documentRevisions: { nodes: [{ id: revision }] },
    })
  })

  it('shows an address to who sees a record that has it', async () => {
    const ann = await holding({ view: OWNER, list: OWNER }, 'Contacts')
    const anAddress = async (address: string, owner: string) => {
      const id = crypto.randomUUID()
      await sql`insert into email_addresses ${sql({ id, email_address: address, email_address_caps: address.toUpperCase(), deleted: false })}`
      const contact = await insert('contacts', { last_name: 'Li', assigned_user_id: owner })
      await sql`insert into email_addr_bean_rel ${sql({ id: crypto.randomUUID(), email_address_id: id, bean_id: contact, bean_module: 'Contacts', primary_address: true, deleted: false })}`
      return id
    }
    const [mine, theirs] = [await anAddress('mine@example.com', ann.id), await anAddress('theirs@example.com', '1')]

    const { data } = await graph(
      ann,
      'query ($ids: [ID!]!) { emailAddresses(filter: { id: { in: $ids } }) { nodes { email_address } } }',
      { ids: [mine, theirs] },
    )

    expect(data).toEqual({ emailAddresses: { nodes: [{ email_address: 'mine@example.com' }] } })
  })

  it('lets everybody see themselves', async () => {
    const ann = await holding({ access: DISABLED }, 'Users')

    expect((await graph(ann, '{ me { user_name } users { nodes { id } } }')).data).toEqual({
      me: { user_name: ann.name },
      users: { nodes: [{ id: ann.id }] },
    })
  })
})
