import type { GraphQLSchema } from 'graphql'
import type { Graph } from './supergraph/graph.ts'

/** The graph that answers now. A change of metadata puts another in its place, between two requests. */
export type Graphs = {
  readonly current: Graph
  /** The graph that a request began with, for work that outlives a change. */
  of(api: GraphQLSchema): Graph
  replace(graph: Graph): void
  /** Called now and after every change. @returns ends the subscription */
  subscribe(listener: (graph: Graph) => void): () => void
}

export function holdGraphs(first: Graph): Graphs {
  let current = first
  const byApi = new WeakMap<GraphQLSchema, Graph>([[first.api, first]])
  const listeners = new Set<(graph: Graph) => void>()
  return {
    get current() {
      return current
    },
    of: api => byApi.get(api) ?? current,
    replace(graph) {
      current = graph
      byApi.set(graph.api, graph)
      for (const listener of listeners) listener(graph)
    },
    subscribe(listener) {
      listeners.add(listener)
      listener(current)
      return () => void listeners.delete(listener)
    },
  }
}

/** Something that is made of a graph once, at its first use. */
export function perGraph<Made>(make: (graph: Graph) => Promise<Made>): (graph: Graph) => Promise<Made> {
  const made = new WeakMap<Graph, Promise<Made>>()
  return graph => {
    let known = made.get(graph)
    if (!known) made.set(graph, (known = make(graph)))
    return known
  }
}
