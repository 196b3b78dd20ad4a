import {
  buildSchema,
  execute,
  GraphQLScalarType,
  Kind,
  parse,
  validate,
  valueFromASTUntyped,
  type GraphQLSchema,
} from 'graphql'
import { expect, it } from 'vitest'
import type { Context } from '../../drizzle/context.ts'
import { compose } from '../../gateway/supergraph/compose.ts'
import { makeExecutor } from '../../gateway/supergraph/execute.ts'
import { inProcess } from '../../gateway/supergraph/in-process.ts'
import { withoutLiterals } from '../../gateway/supergraph/literals.ts'
import { openSupergraph } from '../../gateway/supergraph/supergraph.ts'
import { textOf } from '../../gateway/supergraph/supergraph-text.ts'
import { generate } from './differential/generate.ts'
import { shopDefinitions, shopSchemas } from './shop.ts'

/** Answers what it was given, so that what arrives can be compared. */
function echoing(): GraphQLSchema {
  const schema = buildSchema(`
    scalar Digits
    enum Shade { RED BLUE }
    input Part { name: String = "x"  share: Float  shade: Shade! = RED  parts: [Part!]  exact: Digits }
    type Query {
      told(text: String, count: Int = 3, id: ID, share: Float, flag: Boolean, shade: Shade, exact: Digits): String
      parts(one: Part, many: [Part!], grid: [[Int]], ids: [ID!]! = ["a"]): String
      self(id: ID): Query
    }
  `)
  const query = schema.getQueryType()?.getFields() ?? {}
  for (const name of ['told', 'parts'])
    Object.assign(query[name] ?? {}, { resolve: (_: unknown, args: object) => JSON.stringify(args) })
  Object.assign(query['self'] ?? {}, { resolve: () => ({}) })
  // More digits than a number of JSON can hold.
  const digits = schema.getType('Digits')
  if (digits instanceof GraphQLScalarType)
    digits.parseLiteral = node =>
      node.kind === Kind.INT || node.kind === Kind.FLOAT ? `digits ${node.value}` : valueFromASTUntyped(node)
  return schema
}

const schema = echoing()

async function told(text: string, variables: Readonly<Record<string, unknown>> = {}) {
  const { data } = await execute({ schema, document: parse(text), variableValues: variables })
  return JSON.stringify(data)
}

it.each([
  ['{ told(text: "a", count: 1) }', 2],
  ['{ told(id: 1, share: 2, flag: true, shade: BLUE) }', 4],
  ['{ told(text: null) }', 1],
  ['{ parts(one: { name: "a", parts: [{ share: 1 }] }, ids: "b") }', 2],
  ['{ parts(grid: [[1, null], null], many: { shade: BLUE }) }', 2],
  ['query ($n: Int) { told(count: $n, text: "a") }', 1],
  ['query ($s: String) { parts(one: { name: $s }) }', 0],
  ['{ told(exact: 12345678901234567890.120) }', 0],
  ['{ parts(one: { exact: 1.10 }) }', 0],
  ['{ told(count: 1) @include(if: true) }', 1],
  ['query A { told(count: 1) } query B { told(count: 2) }', 1],
  ['query ($l0: Int) { told(count: $l0, text: "a") }', 1],
  ['{ self(id: 1) { ...F } } fragment F on Query { told(text: "a") self(id: 2) { told(count: 9) } }', 4],
])('%s has %i literals that can be variables, and means the same then', async (text, count) => {
  const operationName = text.includes('query B') ? 'B' : undefined
  const { text: moved, values = {} } = withoutLiterals(schema, parse(text), operationName)

  expect(Object.keys(values)).toHaveLength(count)
  expect(validate(schema, parse(moved))).toEqual([])
  if (!operationName) expect(await told(moved, values)).toBe(await told(text))
})

it('means the same for whatever is written', async () => {
  let compared = 0
  for (let seed = 0; compared < 300; seed += 1) {
    const { text, variables } = generate(schema, seed, { depthMax: 2 })
    if (validate(schema, parse(text)).length > 0) continue
    const { text: moved, values } = withoutLiterals(schema, parse(text), undefined)
    expect(await told(moved, { ...variables, ...values }), text).toBe(await told(text, variables))
    compared += 1
  }
})

it('plans operations that differ in their values once', async () => {
  const supergraph = await openSupergraph(compose(shopDefinitions.map(textOf)))
  let plans = 0
  const counting = {
    ...supergraph,
    plan: (...asked: Parameters<typeof supergraph.plan>) => {
      plans += 1
      return supergraph.plan(...asked)
    },
  }
  const report = () => undefined
  const subgraphs = new Map(Object.entries(shopSchemas).map(([name, made]) => [name, inProcess(name, made, report)]))
  const executor = makeExecutor(counting, subgraphs, report)
  const ctx = { principal: {}, requestId: 'request' } as unknown as Context
  const ask = (id: number) => executor.execute({ document: parse(`{ product(id: ${id}) { id heavy } }`) }, ctx)

  const answers = [await ask(1), await ask(2), await ask(3)]

  expect(answers.map(({ data }) => data?.['product'])).toEqual([
    { id: '1', heavy: false },
    { id: '2', heavy: true },
    { id: '3', heavy: false },
  ])
  expect(plans).toBe(1)
})
