import Fastify from 'fastify'
import { getNamedType, isObjectType, parse, validate, type DocumentNode } from 'graphql'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Context } from '../../drizzle/context.ts'
import { compiledPlan } from '../../gateway/supergraph/compiled-plan.ts'
import { compose } from '../../gateway/supergraph/compose.ts'
import { definitionsOf } from '../../gateway/supergraph/graph.ts'
import { overHttp } from '../../gateway/supergraph/http-subgraph.ts'
import { inProcess } from '../../gateway/supergraph/in-process.ts'
import { internalAuth } from '../../gateway/supergraph/internal-auth.ts'
import { stockPlan } from '../../gateway/supergraph/stock-plan.ts'
import { subgraphDoor } from '../../gateway/supergraph/subgraph-door.ts'
import type { Subgraph, SubgraphResponse } from '../../gateway/supergraph/subgraph.ts'
import { openSupergraph, type PlannedSupergraph } from '../../gateway/supergraph/supergraph.ts'
import { supergraphFile, textOf } from '../../gateway/supergraph/supergraph-text.ts'
import { coreCatalog } from '../../schema/catalog.ts'
import { systemPrincipal } from '../../schema/principal.ts'
import { generate, type Generated, type Options } from './differential/generate.ts'
import { libraryDefinitions } from './differential/library.ts'
import { mockedSubgraph, type Trouble } from './differential/mocked.ts'

const trouble: Trouble = { nulls: 0.08, brokenPromises: 0.01, errors: 0.02 }
const auth = internalAuth('a key for this test file, long enough')
const caller = { principal: systemPrincipal, requestId: 'request-1', validation: 'strict' as const }
const ctx = { ...caller, catalog: coreCatalog, batches: new Map() } as unknown as Context
const report = () => undefined

type Definition = { readonly name: string; readonly typeDefs: DocumentNode }

/** Subgraphs over made-up records, in this process and behind HTTP. */
function subgraphsOf(definitions: readonly Definition[]) {
  const made = () => definitions.map(({ name, typeDefs }) => inProcess(name, mockedSubgraph(typeDefs, trouble), report))
  const app = Fastify()
  for (const each of made())
    subgraphDoor(app, each.name, auth, ({ principal, requestId }) =>
      Promise.resolve({ subgraph: each, ctx: { ...ctx, principal, requestId } }),
    )
  const remote: Subgraph[] = []
  beforeAll(async () => {
    const url = await app.listen({ port: 0 })
    remote.push(...definitions.map(({ name }) => overHttp(name, url, auth, report)))
  })
  afterAll(async () => {
    await Promise.all(remote.map(each => each.close()))
    await app.close()
  })
  return [made(), remote]
}

/** Each executor has subgraphs of its own: which of several errors is told depends on how often a text was run. */
const worldOf = (definitions: readonly Definition[], supergraph: PlannedSupergraph) => ({
  supergraph,
  executors: [
    { make: stockPlan, homes: subgraphsOf(definitions) },
    { make: ourPlan, homes: subgraphsOf(definitions) },
  ],
})

const ourPlan: typeof stockPlan = (supergraph, subgraphs, _report, planned) =>
  compiledPlan(supergraph, subgraphs, planned)

type World = ReturnType<typeof worldOf>

/** Runs so many generated operations by the stock executor and by ours, and tells where they differ. */
async function differences(world: World, count: number, options: Options, from: number) {
  const { supergraph } = world
  const found: unknown[] = []
  let [ran, joined, failed] = [0, 0, 0]
  for (let seed = from; ran < count; seed += 1) {
    const generated = generate(supergraph.api, seed, options)
    const document = parse(generated.text)
    if (validate(supergraph.api, document).length > 0) continue
    const plan = await planOf(world, generated.text)
    if (!plan || asksInterfaceObjects(plan)) continue
    ran += 1
    if (JSON.stringify(plan).includes('"Flatten"')) joined += 1
    const [expected, overHttp, ...ours] = await answersTo(
      world,
      { plan, document, operationName: undefined },
      generated,
    )
    if (expected?.errors.size) failed += 1
    expect(overHttp, generated.text).toEqual(expected)
    for (const [how, answer] of ours.entries()) {
      if (!isLike(answer, expected))
        found.push({ how: ['in process', 'over HTTP'][how], seed, ...generated, expected, answer })
    }
  }
  return { found, ran, joined, failed }
}

/** The planner itself fails on a few things that nobody needs. */
const planOf = ({ supergraph }: World, text: string) =>
  supergraph.plan(text).then(
    ({ plan }) => plan,
    () => undefined,
  )

/** The stock executor takes an interface's name for the type of the record then, and loses it without a word. */
const asksInterfaceObjects = (plan: object) => JSON.stringify(plan).includes('{...on Media{__typename')

type Planned = Parameters<typeof compiledPlan>[2]

function answersTo({ supergraph, executors }: World, planned: Planned, { variables }: Generated) {
  const runs = executors.flatMap(({ make, homes }) =>
    homes.map(subgraphs => make(supergraph, new Map(subgraphs.map(each => [each.name, each])), report, planned)),
  )
  return Promise.all(runs.map(async run => comparable(await run(variables, ctx))))
}

const comparable = ({ data, errors = [] }: SubgraphResponse) => ({
  data: sorted(data),
  errors: new Set(errors.map(({ path, message, extensions }) => JSON.stringify([path, message, extensions.code]))),
})

/** As text. Of fields in several places, the stock executor answers some in another order than they stand in. */
const sorted = (value: unknown): string =>
  JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1))
      : each,
  )

type Comparable = ReturnType<typeof comparable>

/**
 * Of nulls where none may be, the stock executor tells only when no subgraph has told of an error; ours tells of each that
 * no error explains.
 */
function isLike(answer: Comparable, expected: Comparable | undefined) {
  if (!expected || answer.data !== expected.data) return false
  if (![...expected.errors].every(text => answer.errors.has(text))) return false
  const more = [...answer.errors].filter(text => !expected.errors.has(text))
  return (
    more.length === 0 || (expected.errors.size > 0 && more.every(text => /"(INTERNAL|INVALID_GRAPHQL)"\]$/.test(text)))
  )
}

/** Fields that lead to what several subgraphs know, and the fields of those that others than crm add. */
function favouritesOf({ supergraph: { api } }: World, definitions: readonly Definition[]): ReadonlySet<string> {
  const added = definitions
    .slice(1)
    .flatMap(({ typeDefs }) =>
      typeDefs.definitions.flatMap(each =>
        each.kind === 'ObjectTypeDefinition' && each.directives?.some(({ name }) => name.value === 'key')
          ? (each.fields ?? []).map(field => `${each.name.value}.${field.name.value}`)
          : [],
      ),
    )
  const shared = new Set(added.map(coordinate => coordinate.split('.')[0]))
  const leading = Object.values(api.getTypeMap()).flatMap(type =>
    isObjectType(type)
      ? Object.values(type.getFields())
          .filter(field => shared.has(getNamedType(field.type).name))
          .map(field => `${type.name}.${field.name}`)
      : [],
  )
  return new Set([...added, ...leading])
}

const supergraphs = {
  library: await openSupergraph(compose(libraryDefinitions.map(textOf))),
  own: await openSupergraph(readFileSync(supergraphFile, 'utf8')),
}

describe('our executor answers as the stock executor does', () => {
  const library = worldOf(libraryDefinitions, supergraphs.library)
  const own = definitionsOf(coreCatalog).map(({ name, sdl }) => ({ name, typeDefs: parse(sdl) }))
  const ours = worldOf(own, supergraphs.own)

  it.each([
    ['what federation has', 'query', 900],
    ['changes, one after the other', 'mutation', 200],
  ] as const)('%s', async (_, kind, count) => {
    const { found, joined, failed } = await differences(library, count, { kind }, 1)

    expect(found.slice(0, 2)).toEqual([])
    expect(joined).toBeGreaterThan(count / 5)
    expect(failed).toBeGreaterThan(count / 20)
  })

  it('our own supergraph', async () => {
    const { found, joined, failed } = await differences(ours, 1_000, { favourites: favouritesOf(ours, own) }, 1)

    expect(found.slice(0, 2)).toEqual([])
    expect(joined).toBeGreaterThan(50)
    expect(failed).toBeGreaterThan(20)
  })

  it('but for records that a subgraph knows by an interface: those are what they are', async () => {
    const { supergraph, executors } = library
    const text = '{ books(first: 1) { __typename price } media { kind: __typename price ... on Book { isbn } } }'
    const { plan } = await supergraph.plan(text)
    const planned = { plan, document: parse(text), operationName: undefined }
    const [home = []] = executors[1]?.homes ?? []

    const run = compiledPlan(supergraph, new Map(home.map(each => [each.name, each])), planned)
    const { data } = await run({}, ctx)

    expect(JSON.stringify(data)).not.toContain('"Media"')
    expect(JSON.stringify(data)).toContain('"__typename":"Book","price"')
  })
}, 300_000)
