import { buildSubgraphSchema } from '@apollo/subgraph'
import Fastify from 'fastify'
import { parse } from 'graphql'
import { afterAll, describe, expect, it } from 'vitest'
import { cancellable } from '../../drizzle/cancel.ts'
import type { Context } from '../../drizzle/context.ts'
import { compose } from '../../gateway/supergraph/compose.ts'
import { textOf } from '../../gateway/supergraph/supergraph-text.ts'
import { makeExecutor } from '../../gateway/supergraph/execute.ts'
import { overHttp } from '../../gateway/supergraph/http-subgraph.ts'
import { inProcess } from '../../gateway/supergraph/in-process.ts'
import { internalAuth } from '../../gateway/supergraph/internal-auth.ts'
import { openSupergraph } from '../../gateway/supergraph/supergraph.ts'
import { subgraphDoor } from '../../gateway/supergraph/subgraph-door.ts'
import { coreCatalog } from '../../schema/catalog.ts'
import { systemPrincipal } from '../../schema/principal.ts'
import { testDatabase } from '../database.ts'

const db = await testDatabase()
const auth = internalAuth('a key for this test file, long enough')
const report = () => undefined

/** Waits in the database for longer than any test. */
const sleeping = async (mark: string, { sql }: Context) => {
  await sql.unsafe(`select pg_sleep(60) /* ${mark} */`, [], { prepare: true })
  return 'slept'
}

const sleepers = parse(
  'type Query { sleep(mark: String!): String  person: Person }  type Person @key(fields: "id") { id: ID! }',
)
const dreamers = parse('type Person @key(fields: "id") { id: ID!  dream(mark: String!): String }')
const definitions = [
  { name: 'sleepers', typeDefs: sleepers },
  { name: 'dreamers', typeDefs: dreamers },
]
const schemas = {
  sleepers: buildSubgraphSchema([
    {
      typeDefs: sleepers,
      resolvers: {
        Query: {
          sleep: (_: unknown, { mark }: { mark: string }, ctx: Context) => sleeping(mark, ctx),
          person: () => ({ id: '1' }),
        },
      },
    },
  ]),
  dreamers: buildSubgraphSchema([
    {
      typeDefs: dreamers,
      resolvers: {
        Person: {
          __resolveReference: ({ id }: { id: string }) => ({ id }),
          dream: (_: unknown, { mark }: { mark: string }, ctx: Context) => sleeping(mark, ctx),
        },
      },
    },
  ]),
}
const supergraph = await openSupergraph(compose(definitions.map(textOf)))

const contextWith = (signal: AbortSignal): Context =>
  ({
    ...{ principal: systemPrincipal, requestId: 'request-1', validation: 'strict', catalog: coreCatalog, signal },
    batches: new Map(),
    sql: cancellable(db.pool, signal),
  }) as unknown as Context

const local = Object.entries(schemas).map(([name, schema]) => inProcess(name, schema, report))
const app = Fastify()
for (const subgraph of local) {
  subgraphDoor(app, subgraph.name, auth, (_claims, { signal }) => {
    if (!signal) throw new Error('The door gives a signal')
    return Promise.resolve({ subgraph, ctx: contextWith(signal) })
  })
}
const url = await app.listen({ port: 0 })
const remote = definitions.map(({ name }) => overHttp(name, url, auth, report))
const hasty = definitions.map(({ name }) => overHttp(name, url, auth, report, { deadlineMs: 2_000 }))

afterAll(async () => {
  await Promise.all([...remote, ...hasty].map(each => each.close()))
  await app.close()
})

const running = async (mark: string) => {
  const pattern = `%pg_sleep(60) /* ${mark} */%`
  const rows = await db.pool`
    select from pg_stat_activity where query like ${pattern} and state = 'active' and pid <> pg_backend_pid()`
  return rows.length
}

const run = (subgraphs: typeof local, text: string, signal: AbortSignal) => {
  const executor = makeExecutor(supergraph, new Map(subgraphs.map(each => [each.name, each])), report)
  return executor.execute({ document: parse(text) }, contextWith(signal))
}

describe.each([
  ['in process', local],
  ['over HTTP', remote],
])('a statement of a subgraph %s', (how, subgraphs) => {
  it.each([
    ['the only one that is asked', (mark: string) => `{ sleep(mark: "${mark}") }`],
    ['that is asked after another', (mark: string) => `{ person { dream(mark: "${mark}") } }`],
  ])('ends with its caller: %s', async (place, textOf) => {
    const mark = `${how}, ${place}`
    const stop = new AbortController()
    const answer = run(subgraphs, textOf(mark), stop.signal)
    await expect.poll(() => running(mark)).toBe(1)

    stop.abort()

    expect((await answer).errors).toMatchObject([{ extensions: { code: 'UNAVAILABLE' } }])
    await expect.poll(() => running(mark)).toBe(0)
  })
})

it('ends a statement of a subgraph over HTTP when the time for it is over', async () => {
  const mark = 'the deadline'
  const answer = run(hasty, `{ sleep(mark: "${mark}") }`, new AbortController().signal)
  await expect.poll(() => running(mark)).toBe(1)

  expect((await answer).errors).toMatchObject([
    { message: 'The request took too long', extensions: { code: 'UNAVAILABLE' } },
  ])
  await expect.poll(() => running(mark)).toBe(0)
})
