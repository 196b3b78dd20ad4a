import { isSchema, type GraphQLSchema } from 'graphql'
import type { Catalog } from '../../schema/catalog.ts'
import { atOnce, inTurns, type Steps } from '../../schema/steps.ts'
import { buildingCrmSubgraph } from '../../subgraphs/crm/schema.ts'
import { crmSdl } from '../../subgraphs/crm/sdl.ts'
import { eventsSubgraph } from '../../subgraphs/events/schema.ts'
import { eventsTypeDefs } from '../../subgraphs/events/sdl.ts'
import { identitySubgraph, identityTypeDefs } from '../../subgraphs/identity/schema.ts'
import { metadataSubgraph, metadataTypeDefs } from '../../subgraphs/metadata/schema.ts'
import { opsSubgraph, opsTypeDefs } from '../../subgraphs/ops/schema.ts'
import { webhooksSubgraph, webhooksTypeDefs } from '../../subgraphs/webhooks/schema.ts'
import type { Report } from '../error-mask.ts'
import type { Denials } from '../policy/denials.ts'
import { deniedIn } from '../policy/denied.ts'
import { makePreflight } from '../policy/preflight.ts'
import { fieldLimitRules } from '../limits/field-limits.ts'
import { shielding } from '../policy/shield.ts'
import { usedBy } from '../used.ts'
import { makeExecutor, type Executor, type RunKind } from './execute.ts'
import { overHttp } from './http-subgraph.ts'
import { inProcess } from './in-process.ts'
import type { InternalAuth } from './internal-auth.ts'
import { makePrepared, type RunPrepared } from './prepared.ts'
import type { Subgraph } from './subgraph.ts'
import { makeSubscriber, type Subscriber } from './subscribe.ts'
import { openApi, openSupergraph, type PlannedSupergraph } from './supergraph.ts'
import { supergraphOf, textOf, type SubgraphDefinition, type SubgraphText } from './supergraph-text.ts'

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

type Row = {
  readonly typeDefs: (catalog: Catalog) => SubgraphDefinition['typeDefs']
  /** In steps, where it is large. */
  readonly schema: (catalog: Catalog) => GraphQLSchema | Steps<GraphQLSchema>
}

/** Our subgraphs: what each defines, and how it is made in process. One line each. */
const subgraphs = {
  crm: { typeDefs: crmSdl, schema: buildingCrmSubgraph },
  identity: { typeDefs: () => identityTypeDefs, schema: () => identitySubgraph() },
  metadata: { typeDefs: () => metadataTypeDefs, schema: () => metadataSubgraph() },
  ops: { typeDefs: () => opsTypeDefs, schema: () => opsSubgraph() },
  events: { typeDefs: eventsTypeDefs, schema: eventsSubgraph },
  webhooks: { typeDefs: () => webhooksTypeDefs, schema: () => webhooksSubgraph() },
} as const satisfies Record<string, Row>

export type SubgraphName = keyof typeof subgraphs

export const subgraphNames = Object.keys(subgraphs) as SubgraphName[]

/** What the subgraphs of a catalog are composed from. */
export const definitionsOf = (catalog: Catalog): SubgraphText[] => atOnce(definingSubgraphs(catalog))

function* definingSubgraphs(catalog: Catalog): Steps<SubgraphText[]> {
  const texts: SubgraphText[] = []
  for (const name of subgraphNames) {
    texts.push(textOf({ name, typeDefs: subgraphs[name].typeDefs(catalog) }))
    yield
  }
  return texts
}

/** One of our subgraphs in this process, with the rules of who may ask for what before its resolvers. */
export const localSubgraph = (name: SubgraphName, catalog: Catalog, report: Report): Promise<Subgraph> =>
  inTurns(localising(name, catalog, report))

function* localising(name: SubgraphName, catalog: Catalog, report: Report): Steps<Subgraph> {
  return inProcess(name, yield* guarding(name, catalog), report)
}

function* guarding(name: SubgraphName, catalog: Catalog): Steps<GraphQLSchema> {
  const row: Row = subgraphs[name]
  const made = row.schema(catalog)
  yield
  const schema = isSchema(made) ? made : yield* made
  return yield* shielding(schema, catalog, fieldLimitRules())
}

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
  if (!api) apis.set(catalog, (api = supergraphOf(definitionsOf(catalog)).then(openApi)))
  return api
}

/**
 * Composes (or finds composed) the supergraph of a catalog, and connects its subgraphs meanwhile.
 *
 * @throws Error  the definitions cannot be composed
 */
export async function openGraph(catalog: Catalog, options: GraphOptions): Promise<Graph> {
  const [supergraph, [connected, events]] = await Promise.all([
    opened(catalog, options),
    inTurns(connecting(catalog, options)),
  ])
  apis.set(catalog, Promise.resolve(supergraph.api))
  const preflight = makePreflight(supergraph.api, catalog)
  const executor = makeExecutor(supergraph, connected, options.report, {
    preflight,
    usedBy: usedBy(supergraph.api, catalog),
    onRun: options.onRun,
    onDenied: (request, ctx, answer) => options.denials?.note(ctx, deniedIn(catalog, request, answer)),
  })
  return {
    catalog,
    supergraphSdl: supergraph.sdl,
    api: supergraph.api,
    executor,
    subscribe: makeSubscriber(supergraph, events, connected, { preflight, report: options.report }),
    subgraphs: [...connected.values()],
    isApart: (options.remote?.size ?? 0) > 0,
    runPrepared: makePrepared(supergraph.api, executor),
    denials: options.denials,
    close: closing(
      supergraph.close,
      [...connected.values()].filter(({ name }) => options.remote?.has(name)),
    ),
  }
}

async function opened(catalog: Catalog, { keepIn }: GraphOptions): Promise<PlannedSupergraph> {
  const definitions = await inTurns(definingSubgraphs(catalog))
  return openSupergraph(await supergraphOf(definitions, keepIn))
}

/** Outside of the function that makes a graph: what closes it may not keep it. */
const closing = (endPlanning: () => void, subgraphs: readonly Subgraph[]) => async () => {
  endPlanning()
  await Promise.all(subgraphs.map(subgraph => subgraph.close()))
}

/** The subgraphs, and the schema of the events: they are read in this process, wherever that subgraph answers queries. */
function* connecting(catalog: Catalog, options: GraphOptions): Steps<[Map<string, Subgraph>, GraphQLSchema]> {
  const { remote, auth, report } = options
  const connected = new Map<string, Subgraph>()
  const events = yield* guarding('events', catalog)
  for (const name of subgraphNames) {
    const url = remote?.get(name)
    if (url === undefined && name === 'events') connected.set(name, inProcess(name, events, report))
    else if (url === undefined) connected.set(name, yield* localising(name, catalog, report))
    else if (auth) connected.set(name, overHttp(name, url, auth, report))
    else throw new Error(`The subgraph ${name} is remote, but there is no key to sign for it`)
    yield
  }
  return [connected, events]
}
