import { getIntrospectionQuery } from 'graphql'
import { expect, it } from 'vitest'
import { servedHouse } from '../gateway/served.ts'

const signedIn = await servedHouse()
const off = await servedHouse({ settings: { GRAPHQL_INTROSPECTION: 'off' } })
const on = await servedHouse({ settings: { GRAPHQL_INTROSPECTION: 'on', LIMIT_SIGN_IN: 'account=3' } })

const schema = '{ __schema { queryType { name } } }'

const asStranger = async ({ url }: { url: string }, query: string) => {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) })
  return { status: response.status, body: (await response.json()) as object }
}

it('shows the schema to callers with a token, and to nobody else', async () => {
  expect((await signedIn.graphql(schema)).data).toEqual({ __schema: { queryType: { name: 'Query' } } })
  expect((await asStranger(signedIn, schema)).status).toBe(401)
})

it('shows it to nobody when it is switched off, not in parts and not by suggesting names', async () => {
  const asked = [
    await off.graphql(getIntrospectionQuery()),
    await off.graphql('{ __type(name: "User") { fields { name } } }'),
    await off.graphql('{ me { id } ...A } fragment A on Query { __schema { types { name } } }'),
  ]
  const mistyped = await off.graphql('{ acount(id: "1") { id } }')

  expect(asked.map(({ status }) => status)).toEqual([400, 400, 400])
  expect(asked.map(({ errors }) => errors?.[0]?.extensions.code)).toEqual(asked.map(() => 'INTROSPECTION_DISABLED'))
  expect(mistyped.status).toBe(400)
  expect(mistyped.errors?.[0]?.message).not.toMatch(/account|did you mean/i)
  expect((await signedIn.graphql('{ acount(id: "1") { id } }')).errors?.[0]?.message).toMatch(/did you mean "account"/i)
  expect((await off.graphql('{ me { __typename } }')).data).toEqual({ me: { __typename: 'User' } })
})

it('shows it to everybody when it is switched on, and nothing beside it, and not without end', async () => {
  expect(await asStranger(on, schema)).toEqual({
    status: 200,
    body: { data: { __schema: { queryType: { name: 'Query' } } } },
  })
  expect((await asStranger(on, '{ me { id } }')).status).toBe(401)
  expect((await asStranger(on, '{ me { nothing } }')).body).toEqual((await asStranger(on, '{ me { id } }')).body)
  expect((await asStranger(on, `{ __schema { queryType { name } } me { id } }`)).status).toBe(401)
  expect((await asStranger(on, schema)).status).toBe(200)
  expect((await asStranger(on, schema)).status).toBe(200)
  expect((await asStranger(on, schema)).status).toBe(401)
})
