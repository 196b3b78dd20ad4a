import { buildSchema, parse } from 'graphql'
import { expect, it } from 'vitest'
import { deprecationsOf } from '../../gateway/deprecations.ts'
import { servedHouse } from './served.ts'

const schema = buildSchema(/* GraphQL */ `
  type Query {
    old(kind: Kind, filter: Filter, late: Int @deprecated(reason: "Come earlier.")): Thing
      @deprecated(reason: "Use new.")
    new(kind: Kind, filter: Filter): Thing
  }
  type Thing {
    name: String
    label: String @deprecated(reason: "Use name.")
  }
  enum Kind {
    A
    B @deprecated(reason: "Use A.")
  }
  input Filter {
    name: String
    label: String @deprecated(reason: "Use name.")
  }
`)
const coordinates = (text: string) => deprecationsOf(schema, parse(text)).map(({ coordinate }) => coordinate)

it('finds what is deprecated wherever a document names it, and each once', () => {
  const text =
    '{ a: old(late: 1) { ...T } b: old { label } new(kind: B, filter: { label: "x" }) { name } } fragment T on Thing { label }'

  expect(coordinates(text).toSorted((a, b) => a.localeCompare(b))).toEqual(
    ['Query.old', 'Query.old(late:)', 'Thing.label', 'Kind.B', 'Filter.label'].toSorted((a, b) => a.localeCompare(b)),
  )
  expect(deprecationsOf(schema, parse('{ old { name } }'))).toEqual([{ coordinate: 'Query.old', reason: 'Use new.' }])
})

it('finds nothing where nothing is', () => {
  expect(coordinates('{ new(kind: A, filter: { name: "x" }) { name } }')).toEqual([])
})

it('is told with the answer, and only then', async () => {
  const house = await servedHouse()
  const extensionsOf = async (query: string) => {
    const response = await house.post(JSON.stringify({ query }))
    return ((await response.json()) as { extensions: Record<string, unknown> }).extensions
  }

  expect(await extensionsOf('{ apiClients { redirectUrl name } }')).toMatchObject({
    deprecations: [{ coordinate: 'ApiClient.redirectUrl', reason: 'Use redirectUrls.' }],
  })
  expect(await extensionsOf('{ apiClients { name } }')).not.toHaveProperty('deprecations')
})
