import { describe, expect, it } from 'vitest'
import { servedHouse } from '../gateway/served.ts'

const house = await servedHouse()
const { url, graphql, tokenOf } = house
const token = await tokenOf('ada')
await tokenOf('ben')

type Event = {
  readonly type: string
  readonly record: { readonly module: string; readonly id: string }
  readonly changes: Readonly<Record<string, { readonly old: unknown; readonly new: unknown }>>
  readonly origin: Readonly<Record<string, unknown>>
}
type Page = { readonly events: readonly Event[]; readonly cursor: string }

const ask = async (path: string, bearer: string) => {
  const response = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${bearer}` } })
  return { status: response.status, body: (await response.json()) as Page & Record<string, unknown> }
}
const feed = async (query: string, bearer: string) => (await ask(`/events?${query}`, bearer)).body.events

/** A cursor behind everything that has happened here so far, once that is settled. */
async function now(): Promise<string> {
  const { cursor } = (await ask('/events?cursor=now', token)).body
  const { data, errors } = await graphql('mutation { createAccount(input: { name: "Mark" }) { id } }')
  expect(errors).toBeUndefined()
  const { id } = data?.createAccount as { id: string }
  const marks = async () => (await ask(`/events?cursor=${cursor}&ids=${id}`, token)).body
  await expect.poll(async () => (await marks()).events).toHaveLength(1)
  return (await marks()).cursor
}

async function keyOf(who: 'ada' | 'ben', scopes: readonly string[]) {
  const query =
    'mutation ($scopes: [String!]!) { createApiKey(input: { name: "k", scopes: $scopes }) { key { id } secret } }'
  const { data, errors } = await graphql(query, { scopes }, who)
  expect(errors).toBeUndefined()
  const { key, secret } = data?.createApiKey as { key: { id: string }; secret: string }
  return { id: key.id, secret }
}

describe('what happens to the platform', () => {
  it('is told with who did it and by what, and without a secret', async () => {
    const from = await now()
    const input = { name: 'Shop', grant: 'CLIENT_CREDENTIALS', userId: house.users.ada }
    const { data, errors } = await graphql(
      'mutation ($input: NewApiClient!) { createApiClient(input: $input) { client { id } secret } }',
      { input },
    )
    expect(errors).toBeUndefined()
    const { client, secret } = data?.createApiClient as { client: { id: string }; secret: string }
    await graphql('mutation ($id: ID!) { rotateApiClientSecret(id: $id) { secret } }', { id: client.id })

    await expect.poll(() => feed(`cursor=${from}&types=identity.*`, token)).toHaveLength(2)
    const events = await feed(`cursor=${from}&types=identity.*`, token)
    expect(events).toMatchObject([
      {
        type: 'identity.client.created',
        record: { module: 'identity.client', id: client.id },
        sequence: 1,
        changes: { name: { old: null, new: 'Shop' } },
        origin: { userId: house.users.ada, door: 'graphql' },
      },
      { type: 'identity.client.secret_rotated', sequence: 2 },
    ])
    expect(JSON.stringify(events)).not.toContain(secret)
  })

  it('has an event for every entry of the audit trail that no record tells', async () => {
    const from = await now()
    await graphql('mutation { addField(module: "Accounts", input: { name: "shoe", kind: INT }) { version } }')
    await graphql('mutation { setOptionList(name: "sizes_list", options: [{ key: "s", label: "S" }]) }')
    const key = await keyOf('ada', ['records:read'])
    await graphql('mutation ($id: ID!) { rollApiKey(id: $id) { secret } }', { id: key.id })
    await graphql('mutation ($id: ID!) { revokeApiKey(id: $id) { id } }', { id: key.id })
    const told = async () => (await feed(`cursor=${from}`, token)).map(({ type }) => type)

    await expect
      .poll(told)
      .toEqual([
        'metadata.field.added',
        'metadata.list.set',
        'identity.key.created',
        'identity.key.rolled',
        'identity.key.revoked',
      ])
  })

  it('that is refused leaves none', async () => {
    const from = await now()
    const { errors } = await graphql(
      'mutation { addField(module: "Nowhere", input: { name: "shoe", kind: INT }) { version } }',
    )
    expect(errors).toHaveLength(1)
    const last = await keyOf('ada', ['records:read'])

    await expect.poll(() => feed(`cursor=${from}`, token)).toHaveLength(1)
    expect(await feed(`cursor=${from}`, token)).toMatchObject([{ record: { id: last.id } }])
  })

  it('is seen by administrators with the scope, and by whose it is', async () => {
    const from = await now()
    const own = await keyOf('ben', ['admin:read', 'records:read'])
    const others = await keyOf('ada', ['admin:read'])
    const narrow = await keyOf('ada', ['metadata:read', 'records:read'])
    const seenBy = async (bearer: string) => (await feed(`cursor=${from}`, bearer)).map(({ record }) => record.id)

    await expect.poll(() => seenBy(token)).toEqual([own.id, others.id, narrow.id])
    expect(await seenBy(others.secret)).toEqual([own.id, others.id, narrow.id])
    expect(await seenBy(own.secret)).toEqual([own.id])
    expect(await seenBy(narrow.secret)).toEqual([])
    expect(await ask('/events?types=identity.client.created', narrow.secret)).toMatchObject({
      status: 403,
      body: { error: 'FORBIDDEN' },
    })
    expect(await ask('/events?modules=identity.client', own.secret)).toMatchObject({
      status: 403,
      body: { reason: 'administrators_only' },
    })
  })
})

describe('the catalogue', () => {
  it('lists the types that the caller may hear of, and gives the schema of each', async () => {
    const { secret } = await keyOf('ada', ['records:read:Accounts'])
    const { types } = (await ask('/events/types', secret)).body as unknown as {
      types: { type: string; schema: string }[]
    }

    expect(types.map(({ type }) => type)).toEqual(
      ['created', 'updated', 'deleted', 'related', 'unrelated'].map(verb => `Accounts.${verb}`),
    )
    expect((await ask(types[0]?.schema ?? '', secret)).body).toMatchObject({
      title: 'Accounts.created',
      properties: { type: { const: 'Accounts.created' } },
      examples: [{ type: 'Accounts.created' }],
    })
    expect(await ask('/events/types/Contacts.created', secret)).toMatchObject({ status: 404 })
    expect(await ask('/events/types?types=nope', secret)).toMatchObject({ status: 400, body: { argument: 'types' } })
  })

  it('has the fields that the installation has added', async () => {
    const added = await graphql(
      'mutation { addField(module: "Contacts", input: { name: "shoe", kind: INT }) { version } }',
    )
    expect(added.errors).toBeUndefined()
    const fields = async () => {
      const { data } = await graphql(
        '{ eventTypes(types: ["Contacts.updated"]) { name module version schema example } }',
      )
      const [type] = data?.eventTypes as { schema: { properties: { changes: { properties: object } } } }[]
      return Object.keys(type?.schema.properties.changes.properties ?? {})
    }

    await expect.poll(fields, { timeout: 60_000 }).toContain('shoe_c')
    const document = (await (await fetch(`${url}/asyncapi.json`)).json()) as {
      components: { schemas: Record<string, { properties: object }> }
    }
    expect(Object.keys(document.components.schemas['Contacts.changes']?.properties ?? {})).toContain('shoe_c')
  }, 90_000)
})
