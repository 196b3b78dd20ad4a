import type { GraphQLSchema } from 'graphql'
import type { Catalog } from '../../schema/catalog.ts'
import { crmSubgraph } from '../../subgraphs/crm/schema.ts'
import { crmTypeDefs } from '../../subgraphs/crm/sdl.ts'
import { identitySubgraph, identityTypeDefs } from '../../subgraphs/identity/schema.ts'
import { opsSubgraph, opsTypeDefs } from '../../subgraphs/ops/schema.ts'
import type { Report } from '../error-mask.ts'
import type { Denials } from '../policy/denials.ts'
import { deniedIn } from '../policy/denied.ts'
import { makePreflight } from '../policy/preflight.ts'
import { fieldLimitRules } from '../limits/field-limits.ts'
import { applyShield } from '../policy/shield.ts'
import { supergraphOf, textOf, type SubgraphDefinition } from './compose.ts'
import { makeExecutor, type Executor } from './execute.ts'
import { overHttp } from './http-subgraph.ts'
import { inProcess } from './in-process.ts'
import type { InternalAuth } from './internal-auth.ts'
import { openSupergraph } from './planner.ts'
import { makePrepared, type RunPrepared } from './prepared.ts'
import type { Subgraph } from './subgraph.ts'

/** The graph of one catalog, ready to answer. A change of metadata makes a new one. */
export type Graph = {
  readonly catalog: Catalog
  readonly supergraphSdl: string
  /** What clients see. */
  readonly api: GraphQLSchema
  readonly executor: Executor
  readonly subgraphs: readonly Subgraph[]
  readonly runPrepared: RunPrepared
  /** Remembers what requests were not given. */
  readonly denials?: Denials
  close(): Promise<void>
}

/** Our subgraphs: what each defines, and how it is made in process. One line each. */
const subgraphs = {
  crm: { typeDefs: crmTypeDefs, schema: crmSubgraph },
  identity: { typeDefs: () => identityTypeDefs, schema: () => identitySubgraph() },
  ops: { typeDefs: () => opsTypeDefs, schema: () => opsSubgraph() },
} as const satisfies Record<string, { typeDefs: (catalog: Catalog) => unknown; schema: (catalog: Catalog) => unknown }>

export type SubgraphName = keyof typeof subgraphs

export const subgraphNames = Object.keys(subgraphs) as SubgraphName[]

export const definitionsOf = (catalog: Catalog): SubgraphDefinition[] =>
  subgraphNames.map(name => ({ name, typeDefs: subgraphs[name].typeDefs(catalog) }))

/** One of our subgraphs in this process, with the rules of who may ask for what before its resolvers. */
export const localSubgraph = (name: SubgraphName, catalog: Catalog, report: Report): Subgraph =>
  inProcess(name, applyShield(subgraphs[name].schema(catalog), catalog, fieldLimitRules()), report)

export type GraphOptions = {
  readonly report: Report
  /** Subgraphs that run elsewhere, by name: SUBGRAPHS. */
  readonly remote?: ReadonlyMap<string, string>
  /** Needed for those. */
  readonly auth?: InternalAuth
  /** Remembers what requests were not given. */
  readonly denials?: Denials
  /** Where composed supergraphs of customised catalogs are kept between starts. */
  readonly keepIn?: string
}

/** Composes (or finds composed) the supergraph of a catalog and connects its subgraphs. */
export async function openGraph(catalog: Catalog, options: GraphOptions): Promise<Graph> {
  const supergraphSdl = await supergraphOf(definitionsOf(catalog).map(textOf), options.keepIn)
  const supergraph = openSupergraph(supergraphSdl)
  const connected = new Map(subgraphNames.map(name => [name as string, connect(name, catalog, options)]))
  const preflight = makePreflight(supergraph.api, catalog)
  const executor = makeExecutor(supergraph, connected, options.report, {
    preflight,
    onDenied: (request, ctx, answer) => options.denials?.note(ctx, deniedIn(catalog, request, answer)),
  })
  return {
    catalog,
    supergraphSdl,
    api: supergraph.api,
    executor,
    subgraphs: [...connected.values()],
    runPrepared: makePrepared(supergraph.api, executor),
    denials: options.denials,
    async close() {
      await Promise.all([...connected.values()].map(subgraph => subgraph.close()))
    },
  }
}

function connect(name: SubgraphName, catalog: Catalog, { remote, auth, report }: GraphOptions): Subgraph {
  const url = remote?.get(name)
  if (url === undefined) return localSubgraph(name, catalog, report)
  if (!auth) throw new Error(`The subgraph ${name} is remote, but there is no key to sign for it`)
  return overHttp(name, url, auth, report)
}
