import { describe, expect, it } from 'vitest'
import { servedHouse } from '../gateway/served.ts'

describe.each([
  { how: 'in process', apart: [] },
  { how: 'over HTTP', apart: ['crm', 'identity'] },
])('the graph, $how', async ({ apart }) => {
  const { graphql, users, sql, url, tokenOf } = await servedHouse({ apart })

  const create = async (type: string, input: object) => {
    const { data, errors } = await graphql(
      `mutation ($input: ${type}Input!) { made: create${type}(input: $input) { id record_version } }`,
      { input },
    )
    expect(errors).toBeUndefined()
    return data?.made as { id: string; record_version: number }
  }
  const codes = async (query: string, variables: object = {}) =>
    (await graphql(query, variables)).errors?.map(({ extensions: { code, field } }) => [code, field])

  it('makes, changes, reads and deletes a record, and refuses who has not seen the last change', async () => {
    const { id } = await create('Account', { name: 'Acme', annual_revenue: '1', assigned_user_id: users.ben })
    const update =
      'mutation ($id: ID!, $v: Int) { updateAccount(id: $id, input: { name: "Acme Ltd" }, expectedVersion: $v) { name record_version date_modified } }'

    const changed = await graphql(update, { id, v: 1 })
    const late = await codes(update, { id, v: 1 })
    const read = await graphql(
      'query ($id: ID!) { account(id: $id) { name assigned_user_name assigned_user_link { user_name roles { id } } } }',
      { id },
    )
    const gone = await graphql('mutation ($id: ID!) { deleteAccount(id: $id) { id } }', { id })

    expect(changed.data?.updateAccount).toMatchObject({ name: 'Acme Ltd', record_version: 2 })
    expect((changed.data?.updateAccount as { date_modified: string }).date_modified).toMatch(
      /^\d{4}-\d\d-\d\dT[\d:]{8}Z$/,
    )
    expect(late).toEqual([['CONFLICT', undefined]])
    expect(read.data?.account).toMatchObject({ name: 'Acme Ltd', assigned_user_link: { user_name: 'ben', roles: [] } })
    expect(gone.data?.deleteAccount).toEqual({ id })
    expect((await graphql('query ($id: ID!) { account(id: $id) { id } }', { id })).data?.account ?? null).toBeNull()
    expect(await codes(update, { id })).toEqual([['NOT_FOUND', undefined]])
  })

  it('pages through a filtered list with the records that each is related to', async () => {
    const account = await create('Account', { name: 'Pages' })
    for (const last_name of ['Ada', 'Bob', 'Cyd']) {
      const contact = await create('Contact', { last_name })
      await graphql(
        'mutation ($id: ID!, $to: [ID!]!) { relateAccount(id: $id, link: contacts, relatedIds: $to) { relatedIds } }',
        { id: account.id, to: [contact.id] },
      )
    }
    const query = `query ($after: String, $filter: ContactFilter) {
      contacts(filter: $filter, sort: [{ field: last_name }], first: 2, after: $after) {
        nodes { last_name accounts { nodes { name } } } pageInfo { hasNextPage endCursor } totalCount
      }
    }`
    const filter = { or: [{ last_name: { in: ['ada', 'BOB'] } }, { last_name: { like: 'C%' } }] }
    type Page = { nodes: object[]; pageInfo: { hasNextPage: boolean; endCursor: string }; totalCount: number }

    const first = (await graphql(query, { filter })).data?.contacts as Page
    const second = (await graphql(query, { filter, after: first.pageInfo.endCursor })).data?.contacts as Page

    const of = { accounts: { nodes: [{ name: 'Pages' }] } }
    expect(first).toMatchObject({
      nodes: [
        { last_name: 'Ada', ...of },
        { last_name: 'Bob', ...of },
      ],
      totalCount: 3,
    })
    expect(second).toMatchObject({ nodes: [{ last_name: 'Cyd', ...of }], pageInfo: { hasNextPage: false } })
  })

  it('says with a code and a field what it refuses, and stores nothing', async () => {
    const make = 'mutation ($input: AccountInput!) { createAccount(input: $input) { id } }'

    expect(await codes(make, { input: {} })).toEqual([['INVALID', 'name']])
    expect(await codes(make, { input: { name: 'x', account_type: 'Nonsense' } })).toEqual([['INVALID', 'account_type']])
    expect(await codes('{ accounts(first: 100000) { nodes { id } } }')).toEqual([[expect.any(String), undefined]])
    expect(await codes('{ accounts(after: "nonsense") { nodes { id } } }')).toEqual([['BAD_REQUEST', undefined]])
    expect(
      await codes('query ($d: DateTime) { accounts(filter: { date_entered: { gt: $d } }) { nodes { id } } }', {
        d: 'soon',
      }),
    ).toEqual([[expect.stringMatching(/INVALID|BAD_REQUEST/), undefined]])
    expect(await sql`select name from accounts where name = 'x'`).toEqual([])
  })

  it('keeps the order of mutations, and does the later ones when an earlier one is refused', async () => {
    const { data, errors } = await graphql(`
      mutation {
        a: createAccount(input: { name: "First" }) {
          name
        }
        b: deleteAccount(id: "nobody") {
          id
        }
        c: createApiClient(input: { name: " ", grant: PASSWORD }) {
          secret
        }
        d: createAccount(input: { name: "Last" }) {
          name
        }
      }
    `)

    expect(errors?.map(error => [error.path, error.extensions.code])).toEqual([
      [['b'], 'NOT_FOUND'],
      [['c'], 'INVALID'],
    ])
    // Each of these promises a value, so the whole answer is null; what was done stays done.
    expect(data).toBeNull()
    expect(await sql`select name from accounts where name in ('First', 'Last') order by 1`).toHaveLength(2)
  })

  it('cancels the statements of a caller that has hung up, and keeps nothing of them', async () => {
    await sql`create function slow() returns trigger language plpgsql as 'begin perform pg_sleep(60); return new; end'`
    await sql`create trigger slow before insert on leads for each row execute function slow()`
    const sleeping = () =>
      sql`select pid from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'`
    const stop = new AbortController()
    const late = fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { authorization: `Bearer ${await tokenOf('ada')}`, 'content-type': 'application/json' },
      body: JSON.stringify({ query: 'mutation { createLead(input: { last_name: "Slow" }) { id } }' }),
      signal: stop.signal,
    }).catch((error: Error) => error.name)
    await expect.poll(sleeping, { timeout: 10_000 }).toHaveLength(1)

    stop.abort()

    expect(await late).toBe('AbortError')
    await expect.poll(sleeping, { timeout: 10_000 }).toHaveLength(0)
    await sql`drop trigger slow on leads`
    expect(await sql`select id from leads`).toHaveLength(0)
  })
})
