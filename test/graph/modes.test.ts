import { makeExecutableSchema } from '@graphql-tools/schema'
import Fastify from 'fastify'
import { parse, validate } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Context } from '../../drizzle/context.ts'
import { compose } from '../../gateway/supergraph/compose.ts'
import { makeExecutor, type Executor } from '../../gateway/supergraph/execute.ts'
import { overHttp } from '../../gateway/supergraph/http-subgraph.ts'
import { inProcess } from '../../gateway/supergraph/in-process.ts'
import { internalAuth } from '../../gateway/supergraph/internal-auth.ts'
import { subgraphDoor } from '../../gateway/supergraph/subgraph-door.ts'
import type { Subgraph, SubgraphResponse } from '../../gateway/supergraph/subgraph.ts'
import { openSupergraph } from '../../gateway/supergraph/supergraph.ts'
import { composeAside, textOf } from '../../gateway/supergraph/supergraph-text.ts'
import { coreCatalog } from '../../schema/catalog.ts'
import { systemPrincipal } from '../../schema/principal.ts'
import { shopDefinitions, shopSchemas } from './shop.ts'

const reported: string[] = []
const report = (error: unknown) => void reported.push(String(error))
const auth = internalAuth('a key for this test file, long enough')
const caller = { principal: systemPrincipal, requestId: 'request-1', validation: 'strict' as const }
const ctx = { ...caller, catalog: coreCatalog, batches: new Map() } as unknown as Context

const supergraph = await openSupergraph(compose(shopDefinitions.map(textOf)))
const planOnly = {
  ...supergraph,
  plan: async (...asked: Parameters<typeof supergraph.plan>) => ({
    ...(await supergraph.plan(...asked)),
    sole: undefined,
  }),
}
const local = (): Subgraph[] => Object.entries(shopSchemas).map(([name, schema]) => inProcess(name, schema, report))
const named = (subgraphs: Subgraph[]) => new Map(subgraphs.map(each => [each.name, each]))

const app = Fastify()
for (const subgraph of local())
  subgraphDoor(app, subgraph.name, auth, ({ principal, requestId }) =>
    Promise.resolve({ subgraph, ctx: { ...ctx, principal, requestId } }),
  )
let remote: Subgraph[] = []
let url = ''

beforeAll(async () => {
  url = await app.listen({ port: 0 })
  remote = shopDefinitions.map(({ name }) => overHttp(name, url, auth, report))
})

afterAll(async () => {
  await Promise.all(remote.map(each => each.close()))
  await app.close()
})

type Case = [text: string, variables?: Record<string, unknown>]

const operations: Case[] = [
  ['{ product(id: 1) { id name price(currency: "USD") shop { id name } } }'],
  ['query ($id: ID!, $c: String) { product(id: $id) { price(currency: $c) } }', { id: '1' }],
  ['query ($n: Int = 1) { products(first: $n) { id } }'],
  ['query ($n: Int = 1) { products(first: $n) { id reviews(first: $n) { text } } }', { n: 2 }],
  [
    '{ a: product(id: 1) { x: name x: name ... on Product { id } } a: product(id: 1) { weight } b: product(id: 9) { id } }',
  ],
  ['{ anything { __typename ... on Product { name reviews { id } } ... on Shop { products { id strict } } } }'],
  ['{ named { name __typename ... on Shop { id } } }'],
  ['fragment P on Product { id ...Q } fragment Q on Product { heavy } { products { ...P } }'],
  ['{ grid }'],
  ['{ product(id: 2) { id strict } }'],
  ['{ products { id strict } }'],
  ['{ product(id: 1) { id fails } products { refuses } }'],
  ['{ broken { id } product(id: 1) { id } }'],
  ['{ brokenList { id } }'],
  ['{ products { reviews { text author } } }'],
  ['{ product(id: 2) { id reviews { author text } } }'],
  ['{ products { id worst { text } } }'],
  ['{ latest { text product { name shop { name } heavy reviews { id product { weight } } } } }'],
  ['query ($v: Input) { echo(value: $v) }', { v: { text: 'ä "\\ \u0001 𝒳', tags: ['a'] } }],
  ['query ($t: String!) { echo(value: { text: $t }) }', { t: 'x' }],
  ['query ($v: Input) { echo(value: $v) }', { v: { count: 1 } }],
  ['query ($v: Input) { echo(value: $v) }', { v: { text: 'x', other: 1 } }],
  ['query ($yes: Boolean!) { product(id: 1) { id @include(if: $yes) name @skip(if: $yes) } }', { yes: true }],
  ['query ($yes: Boolean!) { product(id: 1) { ... on Product @include(if: $yes) { name } id } }', { yes: false }],
  ['query ($yes: Boolean!) { product(id: 1) @skip(if: $yes) { id } latest @include(if: $yes) { id } }', { yes: true }],
  ['mutation { a: rename(id: 1, name: "x") { name } reset b: rename(id: 1, name: "y") { name reviews { id } } }'],
  ['{ __typename product(id: 1) { __typename kind: __typename } }'],
  ['{ shade }'],
  ['{ __proto__: product(id: 1) { constructor: name toString: id __proto__: weight } }'],
  ['{ __proto__: product(id: 1) { reviews { __proto__: text } constructor: name } }'],
  ['{ __type(name: "Product") { name } product(id: 1) { id } }'],
  ['query A { grid } query B { product(id: 1) { id } }'],
]

const run = async (executor: Executor, text: string, variables?: Record<string, unknown>) => {
  const document = parse(text)
  expect(validate(supergraph.api, document)).toEqual([])
  const operationName = text.includes('query A') ? 'B' : undefined
  return comparable(await executor.execute({ document, operationName, variables }, ctx))
}

/** As JSON, because that is what clients see; errors in one order. */
const comparable = ({ data, errors }: SubgraphResponse) => ({
  data: JSON.stringify(data),
  errors: errors?.map(error => JSON.stringify([error.path, error.message, error.extensions])).sort(),
})

describe('an operation has one answer', () => {
  it.each(operations.map(([text, variables]) => ({ text, variables })))('$text', async ({ text, variables }) => {
    const interpreted = await run(makeExecutor(supergraph, named(local()), report), text, variables)
    const executor = makeExecutor(supergraph, named(local()), report)
    for (let i = 0; i < 3; i++) await run(executor, text, variables)

    const others = {
      compiled: await run(executor, text, variables),
      planned: await run(makeExecutor(planOnly, named(local()), report), text, variables),
      overHttp: await run(makeExecutor(supergraph, named(remote), report), text, variables),
      plannedOverHttp: await run(makeExecutor(planOnly, named(remote), report), text, variables),
    }

    for (const [how, other] of Object.entries(others)) expect(other, how).toEqual(interpreted)
    expect(JSON.stringify(interpreted)).not.toMatch(/passwd|10\.0\.0\.1|secret|goods|reviews"/)
    expect(Object.getOwnPropertyNames(Object.prototype)).not.toContain('polluted')
  })
})

it('sends what one subgraph answers alone to it as written, and plans the rest', async () => {
  const sole = async (text: string) => (await supergraph.plan(text)).sole

  expect(await sole('{ product(id: 1) { id shop { name } } }')).toBe('goods')
  expect(await sole('{ product(id: 1) { id heavy } }')).toBeUndefined()
  expect(await sole('{ shade }'), 'an enumeration with values that clients may not see').toBeUndefined()
  expect(await sole('{ __schema { queryType { name } } product(id: 1) { id } }')).toBeUndefined()
})

it('runs plans by itself, and leaves what it does not know to the stock executor', async () => {
  const kinds: string[] = []
  const executor = makeExecutor(supergraph, named(local()), report, { onRun: kind => kinds.push(kind) })

  const ofSchema = '__schema { queryType { name } }'
  for (const text of ['{ grid }', '{ product(id: 1) { heavy } }', `{ ${ofSchema} }`, `{ ${ofSchema} grid }`])
    await run(executor, text)

  expect(kinds).toEqual(['sole', 'compiled', 'schema', 'stock'])
})

it.each([
  ['of no name', '{ traced }', undefined],
  ['named, and asked for by its text alone', 'query Named { traced }', undefined],
  ['asked for by its name', 'query Named { traced }', 'Named'],
])('compiles what comes again: an operation %s', async (_, text, operationName) => {
  const resolvers = { Query: { traced: () => new Error().stack?.includes('graphql/execution/execute') } }
  const schema = makeExecutableSchema({ typeDefs: 'type Query { traced: Boolean }', resolvers })
  const subgraph = inProcess('traced', schema, report)

  const isInterpreted: unknown[] = []
  for (let use = 1; use <= 4; use++)
    isInterpreted.push((await subgraph.execute({ text, operationName }, ctx)).data?.traced)

  expect(isInterpreted).toEqual([true, true, false, false])
})

it('composes the same in a worker, and says what does not fit', async () => {
  const texts = shopDefinitions.map(textOf)
  expect(await composeAside(texts)).toBe(compose(texts))
  const broken = [...texts, { name: 'third', sdl: 'type Query { product(id: ID!): Int }' }]
  await expect(composeAside(broken)).rejects.toThrow(/product/)
})

it('lets nobody ask a subgraph without a fresh signature', async () => {
  const ask = async (token?: string) => {
    const headers = { 'content-type': 'application/json', ...(token && { 'x-internal-auth': token }) }
    const response = await fetch(`${url}/subgraphs/goods`, {
      method: 'POST',
      headers,
      body: '{"query":"{ _service { sdl } }"}',
    })
    return response.status
  }
  const good = auth.sign(caller)
  const [kid = '', body = '', mac = ''] = good.split('.')
  const forged = Buffer.from(Buffer.from(body, 'base64url').toString().replace('"1"', '"2"')).toString('base64url')

  expect(await ask(good)).toBe(200)
  expect(await ask()).toBe(401)
  expect(await ask('x.y.z')).toBe(401)
  expect(await ask(`${kid}.${forged}.${mac}`)).toBe(401)
  expect(await ask(internalAuth('another key, also long enough to be one').sign(caller))).toBe(401)
  expect(await ask(internalAuth('a key for this test file, long enough', () => Date.now() - 11_000).sign(caller))).toBe(
    401,
  )
  expect(await ask(internalAuth('a key for this test file, long enough,old').sign(caller))).toBe(200)
})

it('answers UNAVAILABLE, without an address, when a subgraph is away', async () => {
  const gone = overHttp('goods', 'http://127.0.0.1:1', auth, report)
  const executor = makeExecutor(supergraph, named([gone]), report)

  const { data, errors } = await executor.execute({ document: parse('{ product(id: 1) { id } }') }, ctx)

  expect(data).toBeNull()
  expect(errors).toMatchObject([{ extensions: { code: 'UNAVAILABLE' } }])
  expect(JSON.stringify(errors)).not.toMatch(/127\.0\.0\.1|ECONN/)
  expect(reported.at(-1)).toMatch(/does not answer/)
  await gone.close()
})
