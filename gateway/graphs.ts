import { setImmediate as nextTurn } from 'node:timers/promises'
import type { GraphQLSchema } from 'graphql'
import type { Graph } from './supergraph/graph.ts'

/** The graph that answers now. A change of metadata puts another in its place, between two requests. */
export type Graphs = {
  readonly current: Graph
  /** The graph that a request began with, for work that outlives a change. */
  of(api: GraphQLSchema): Graph
  /** Makes all that is made of a graph, then puts the graph in the place of the one before. */
  replace(graph: Graph): Promise<void>
  /** Called now and after every change. @returns ends the subscription */
  subscribe(listener: (graph: Graph) => void): () => void
  /** Something that is made of a graph once: when it takes its place, or at its first use. */
  perGraph<Made>(make: (graph: Graph) => Promise<Made>): (graph: Graph) => Promise<Made>
  close(): Promise<void>
}

/** Requests that began with a graph may run for so long. */
const retiresAfterMs = 65_000

export function holdGraphs(first: Graph): Graphs {
  let current = first
  const byApi = new WeakMap<GraphQLSchema, Graph>([[first.api, first]])
  const listeners = new Set<(graph: Graph) => void>()
  const makers: ((graph: Graph) => Promise<unknown>)[] = []
  const retired = new Map<Graph['close'], NodeJS.Timeout>()

  // Its end alone is remembered: the graph itself takes tens of megabytes, which go with its last request.
  function retire({ close }: Graph) {
    const end = () => {
      retired.delete(close)
      void close()
    }
    retired.set(close, setTimeout(end, retiresAfterMs).unref())
  }

  return {
    get current() {
      return current
    },
    of: api => byApi.get(api) ?? current,
    async replace(graph) {
      for (const make of makers) {
        await make(graph)
        await nextTurn()
      }
      retire(current)
      current = graph
      byApi.set(graph.api, graph)
      for (const listener of listeners) listener(graph)
    },
    subscribe(listener) {
      listeners.add(listener)
      listener(current)
      return () => void listeners.delete(listener)
    },
    perGraph(make) {
      const remembered = oncePerGraph(make)
      makers.push(remembered)
      return remembered
    },
    async close() {
      for (const timer of retired.values()) clearTimeout(timer)
      await Promise.all([current.close, ...retired.keys()].map(close => close()))
    },
  }
}

function oncePerGraph<Made>(make: (graph: Graph) => Promise<Made>): (graph: Graph) => Promise<Made> {
  const made = new WeakMap<Graph, Promise<Made>>()
  return graph => {
    let known = made.get(graph)
    if (!known) made.set(graph, (known = make(graph)))
    return known
  }
}
