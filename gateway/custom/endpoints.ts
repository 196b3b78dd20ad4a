import { LRUCache } from 'lru-cache'
import type { Pool } from '../../drizzle/client.ts'
import { compile, type Compilation } from '../../subgraphs/ops/endpoints/compile.ts'
import { storedDeclaration } from '../../subgraphs/ops/endpoints/declaration.ts'
import type { Graph } from '../supergraph/graph.ts'
import { routesOf, type FindRoute, type Stored } from './routes.ts'

/** The custom endpoints that can be called now. */
export type CustomEndpoints = {
  readonly find: FindRoute
  /** The newest version of each, by path. */
  readonly all: readonly Stored[]
  /** One version of an endpoint; undefined when it was never saved. */
  versionOf(id: string, version: number): Promise<Stored | undefined>
  compiled(graph: Graph, stored: Stored): Compilation
  close(): void
}

/** Another process may have saved one: what is saved holds everywhere within two seconds. */
const lookMs = 1_000
const versionsMax = 500

type Row = { id: string; version: number; declaration: unknown }

/**
 * Reads the endpoints now, and again whenever something has changed, which is looked for every second. While the database
 * does not answer, what was read last holds.
 */
export async function openEndpoints(sql: Pool): Promise<CustomEndpoints> {
  let state: string | undefined
  let all: readonly Stored[] = []
  let find = routesOf(all)
  const versions = new LRUCache<string, Stored>({ max: versionsMax })
  const compilations = new WeakMap<Graph, WeakMap<Stored, Compilation>>()

  async function look() {
    const [row] = await sql<{ state: string }[]>`
      select md5(coalesce(string_agg(id || ' ' || version || ' ' || enabled, ',' order by id), '')) as state from custom_endpoint`
    if (row?.state === state) return
    const rows = await sql<Row[]>`
      select e.id, e.version, v.declaration from custom_endpoint e
      join custom_endpoint_version v on v.endpoint_id = e.id and v.version = e.version
      where e.enabled order by e.path_key, e.method`
    all = rows.map(storedOf)
    find = routesOf(all)
    state = row?.state
  }
  await look()
  const timer = setInterval(() => void look().catch(() => undefined), lookMs)
  timer.unref()

  return {
    find: path => find(path),
    get all() {
      return all
    },
    async versionOf(id, version) {
      const key = `${id} ${version}`
      const known = versions.get(key)
      if (known) return known
      const [row] = await sql<Row[]>`select endpoint_id as id, version, declaration from custom_endpoint_version
        where endpoint_id = ${id} and version = ${version}`
      if (!row) return undefined
      const stored = storedOf(row)
      versions.set(key, stored)
      return stored
    },
    compiled(graph, stored) {
      let known = compilations.get(graph)
      if (!known) compilations.set(graph, (known = new WeakMap()))
      let compilation = known.get(stored)
      if (!compilation) {
        compilation = compile(stored.declaration, graph.api, name => graph.catalog.byName.has(name))
        known.set(stored, compilation)
      }
      return compilation
    },
    close: () => clearInterval(timer),
  }
}

const storedOf = ({ id, version, declaration }: Row): Stored => ({
  id,
  version,
  declaration: storedDeclaration(declaration),
})
