import { expect, vi } from 'vitest'
import { servedHouse } from '../gateway/served.ts'

export type Declaration = Readonly<Record<string, unknown>>

/** What a customer's page shows, as an administrator might declare it. */
export const summary: Declaration = {
  method: 'GET',
  path: '/custom/customers/{id}/summary',
  description: 'A customer with its newest contacts.',
  input: {
    query: { type: 'object', properties: { contacts: { type: 'integer', minimum: 1, maximum: 50, default: 2 } } },
  },
  operation: `query Summary($id: ID!, $contacts: Int!) {
    account(id: $id) { name phone_office people: contacts(first: $contacts) { nodes { full_name } } } }`,
  output: {
    name: '/account/name',
    phone: '/account/phone_office',
    contacts: { $each: '/account/people/nodes', $as: '/full_name' },
  },
  notFound: '/account',
}

/** One that writes. */
export const order: Declaration = {
  method: 'POST',
  path: '/custom/orders',
  input: {
    body: {
      type: 'object',
      properties: { title: { type: 'string', minLength: 1 }, priority: { type: 'string', enum: ['P1', 'P2', 'P3'] } },
      required: ['title'],
      additionalProperties: false,
    },
  },
  operation: `mutation Order($title: String!, $priority: String) {
    createCase(input: { name: $title, priority: $priority, status: "Open_New" }) { id name } }`,
  output: '/createCase',
  status: 201,
}

/** A house in which endpoints are declared and called. */
export async function declaringHouse(settings: Readonly<Record<string, string>> = {}) {
  const house = await servedHouse({ settings })

  const save = async (declaration: Declaration) =>
    house.graphql(
      'mutation ($declaration: JSON!) { saveCustomEndpoint(declaration: $declaration) { id version enabled faults } }',
      { declaration },
    )

  const call = async (path: string, { as = 'ada', base = house.url, ...init }: Call = {}) => {
    const response = await fetch(`${base}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${await house.tokenOf(as)}`, ...init.headers },
    })
    const text = await response.text()
    const body: unknown = text === '' ? undefined : JSON.parse(text)
    return { status: response.status, headers: response.headers, body }
  }

  return {
    ...house,
    save,
    call,
    post: (path: string, body: unknown, { headers, ...init }: Call = {}) =>
      call(path, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json', ...headers },
        ...init,
      }),
    /** Saves an endpoint, and waits until it is called. */
    async declared(declaration: Declaration): Promise<{ id: string; version: number }> {
      const { data, errors } = await save(declaration)
      expect(errors).toBeUndefined()
      const saved = data?.saveCustomEndpoint as { id: string; version: number }
      const method = String(declaration.method)
      const path = String(declaration.path)
      const served = async () => {
        const { body } = await call('/custom/openapi.json')
        return (body as { paths: Record<string, Record<string, unknown>> }).paths[path]?.[method.toLowerCase()]
      }
      await vi.waitFor(async () => expect(await served()).toMatchObject({ 'x-version': saved.version }), 5_000)
      return saved
    },
  }
}

type Call = {
  readonly as?: 'ada' | 'ben'
  readonly base?: string
  readonly method?: string
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
}
