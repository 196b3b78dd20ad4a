import type { GraphQLSchema } from 'graphql'
import type { Catalog } from '../../schema/catalog.ts'
import { crmSubgraph } from '../../subgraphs/crm/schema.ts'
import { crmTypeDefs } from '../../subgraphs/crm/sdl.ts'
import { eventsSubgraph } from '../../subgraphs/events/schema.ts'
import { eventsTypeDefs } from '../../subgraphs/events/sdl.ts'
import { identitySubgraph, identityTypeDefs } from '../../subgraphs/identity/schema.ts'
import { metadataSubgraph, metadataTypeDefs } from '../../subgraphs/metadata/schema.ts'
import { opsSubgraph, opsTypeDefs } from '../../subgraphs/ops/schema.ts'
import type { Report } from '../error-mask.ts'
import type { Denials } from '../policy/denials.ts'
import { deniedIn } from '../policy/denied.ts'
import { makePreflight } from '../policy/preflight.ts'
import { fieldLimitRules } from '../limits/field-limits.ts'
import { applyShield } from '../policy/shield.ts'
import { usedBy } from '../used.ts'
import { supergraphOf, textOf, type SubgraphDefinition, type SubgraphText } from './compose.ts'
import { makeExecutor, type Executor, type RunKind } from './execute.ts'
import { overHttp } from './http-subgraph.ts'
import { inProcess } from './in-process.ts'
import type { InternalAuth } from './internal-auth.ts'
import { openApi, openingSupergraph } from './planner.ts'
import { makePrepared, type RunPrepared } from './prepared.ts'
import type { Subgraph } from './subgraph.ts'
import { makeSubscriber, type Subscriber } from './subscribe.ts'
import { inTurns, type Steps } from './turns.ts'

/** The graph of one catalog, ready to answer. A change of metadata makes a new one. */
export type Graph = {
  readonly catalog: Catalog
  readonly supergraphSdl: string
  /** What clients see. */
  readonly api: GraphQLSchema
  readonly executor: Executor
  readonly subscribe: Subscriber
  readonly subgraphs: readonly Subgraph[]
  /** Do some subgraphs run in processes of their own? Then no transaction spans them. */
  readonly isApart: boolean
  readonly runPrepared: RunPrepared
  /** Remembers what requests were not given. */
  readonly denials?: Denials
  readonly close: () => Promise<void>
}

/** Our subgraphs: what each defines, and how it is made in process. One line each. */
const subgraphs = {
  crm: { typeDefs: crmTypeDefs, schema: crmSubgraph },
  identity: { typeDefs: () => identityTypeDefs, schema: () => identitySubgraph() },
  metadata: { typeDefs: () => metadataTypeDefs, schema: () => metadataSubgraph() },
  ops: { typeDefs: () => opsTypeDefs, schema: () => opsSubgraph() },
  events: { typeDefs: eventsTypeDefs, schema: eventsSubgraph },
} as const satisfies Record<string, { typeDefs: (catalog: Catalog) => unknown; schema: (catalog: Catalog) => unknown }>

export type SubgraphName = keyof typeof subgraphs

export const subgraphNames = Object.keys(subgraphs) as SubgraphName[]

export const definitionsOf = (catalog: Catalog): SubgraphDefinition[] =>
  subgraphNames.map(name => ({ name, typeDefs: subgraphs[name].typeDefs(catalog) }))

function* definingSubgraphs(catalog: Catalog): Steps<SubgraphText[]> {
  const texts: SubgraphText[] = []
  for (const name of subgraphNames) {
    const typeDefs = subgraphs[name].typeDefs(catalog)
    yield
    texts.push(textOf({ name, typeDefs }))
    yield
  }
  return texts
}

/** One of our subgraphs in this process, with the rules of who may ask for what before its resolvers. */
export const localSubgraph = (name: SubgraphName, catalog: Catalog, report: Report): Subgraph =>
  inProcess(name, guarded(name, catalog), report)

const guarded = (name: SubgraphName, catalog: Catalog) =>
  applyShield(subgraphs[name].schema(catalog), catalog, fieldLimitRules())

export type GraphOptions = {
  readonly report: Report
  /** Subgraphs that run elsewhere, by name: SUBGRAPHS. */
  readonly remote?: ReadonlyMap<string, string>
  /** Needed for those. */
  readonly auth?: InternalAuth
  /** Remembers what requests were not given. */
  readonly denials?: Denials
  /** Is told how each operation is run. */
  readonly onRun?: (kind: RunKind) => void
  /** Where composed supergraphs of customised catalogs are kept between starts. */
  readonly keepIn?: string
}

const apis = new WeakMap<Catalog, Promise<GraphQLSchema>>()

/** What clients see of the graph of a catalog, also where that graph runs in another process. */
export function apiOf(catalog: Catalog): Promise<GraphQLSchema> {
  let api = apis.get(catalog)
  if (!api) apis.set(catalog, (api = supergraphOf(definitionsOf(catalog).map(textOf)).then(openApi)))
  return api
}

/** Composes (or finds composed) the supergraph of a catalog and connects its subgraphs. */
export async function openGraph(catalog: Catalog, options: GraphOptions): Promise<Graph> {
  const definitions = await inTurns(definingSubgraphs(catalog))
  const supergraphSdl = await supergraphOf(definitions, options.keepIn)
  const supergraph = await inTurns(openingSupergraph(supergraphSdl))
  apis.set(catalog, Promise.resolve(supergraph.api))
  const connected = await inTurns(connecting(catalog, options))
  const preflight = makePreflight(supergraph.api, catalog)
  const executor = makeExecutor(supergraph, connected, options.report, {
    preflight,
    usedBy: usedBy(supergraph.api, catalog),
    onRun: options.onRun,
    onDenied: (request, ctx, answer) => options.denials?.note(ctx, deniedIn(catalog, request, answer)),
  })
  return {
    catalog,
    supergraphSdl,
    api: supergraph.api,
    executor,
    // Events are read in this process, wherever the subgraph answers queries.
    subscribe: makeSubscriber(supergraph, guarded('events', catalog), connected, { preflight, report: options.report }),
    subgraphs: [...connected.values()],
    isApart: (options.remote?.size ?? 0) > 0,
    runPrepared: makePrepared(supergraph.api, executor),
    denials: options.denials,
    close: closing([...connected.values()].filter(({ name }) => options.remote?.has(name))),
  }
}

/** Outside of the function that makes a graph: what closes it may not keep it. */
const closing = (subgraphs: readonly Subgraph[]) => async () => {
  await Promise.all(subgraphs.map(subgraph => subgraph.close()))
}

function* connecting(catalog: Catalog, options: GraphOptions): Steps<Map<string, Subgraph>> {
  const connected = new Map<string, Subgraph>()
  for (const name of subgraphNames) {
    connected.set(name, connect(name, catalog, options))
    yield
  }
  return connected
}

function connect(name: SubgraphName, catalog: Catalog, { remote, auth, report }: GraphOptions): Subgraph {
  const url = remote?.get(name)
  if (url === undefined) return localSubgraph(name, catalog, report)
  if (!auth) throw new Error(`The subgraph ${name} is remote, but there is no key to sign for it`)
  return overHttp(name, url, auth, report)
}
