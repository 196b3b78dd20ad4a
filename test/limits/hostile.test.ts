import { getIntrospectionQuery } from 'graphql'
import { expect, it } from 'vitest'
import { servedHouse } from '../gateway/served.ts'
import { hostile } from './hostile.ts'

const house = await servedHouse()

it.each(hostile)('refuses $what with $code', async ({ code, text }) => {
  const { status, errors } = await house.graphql(text)

  expect(status).toBe(400)
  expect(errors?.map(error => error.extensions.code)).toContain(code)
})

it('refuses a page by the variable that is sent with a document it knows', async () => {
  const text = 'query ($n: Int!) { accounts(first: 100) { nodes { contacts(first: $n) { nodes { id } } } } }'

  const [small, large] = [await house.graphql(text, { n: 5 }), await house.graphql(text, { n: 500 })]

  expect(small.status).toBe(200)
  expect(large.errors?.map(error => error.extensions.code)).toEqual(['MAX_COST'])
})

it('refuses a batch, and a flood of mistakes is told in five lines', async () => {
  const batch = await house.post(JSON.stringify(Array.from({ length: 100 }, () => ({ query: '{ me { id } }' }))))
  const flood = await house.graphql(`{ me { ${Array.from({ length: 1_000 }, (_, i) => `x${i}`).join(' ')} } }`)

  expect(batch.status).toBe(400)
  expect(await batch.json()).toMatchObject({ errors: [{ extensions: { code: 'BATCHING_NOT_SUPPORTED' } }] })
  expect(flood.errors?.length).toBeLessThanOrEqual(6)
})

it('takes what clients really send: the introspection query of GraphiQL, and fragments', async () => {
  const schema = await house.graphql(getIntrospectionQuery())
  const fragments = await house.graphql(
    '{ me { ...Name reports_to_link { ...Name } } } fragment Name on User { id first_name last_name }',
  )

  expect([schema.status, fragments.status]).toEqual([200, 200])
  expect(schema.errors).toBeUndefined()
})
